//! Creates the timestamp authority's key and certificate chain and publishes them in Secrets.
//!
//! The timestamp authority mounts the private one, and `copysecrets` takes the public one to where
//! the TUF repository is made. Running it again changes nothing.

use std::{
    process::ExitCode,
    time::{Duration, SystemTime},
};

use anyhow::{Context as _, Result};
use certs::{Chain, Validity};
use clap::Parser;
use gate::{Entries, Pair};
use job::Refused;
use keys::{Kind, PrivateKey};
use tracing::warn;

#[derive(Parser)]
#[command(version, about)]
struct Args {
    /// Namespace of the Secrets
    #[arg(long, env = "NAMESPACE")]
    namespace: String,

    /// Secret for the private key, its password and the certificate chain
    #[arg(long, default_value = "tsa-cert-chain")]
    secret: String,

    /// Secret for the certificate chain alone
    #[arg(long, default_value = "tsa-pub-chain")]
    pubkeysecret: String,

    /// How long a new chain is valid, such as 20y or 8760h
    #[arg(long, default_value = "20y", value_parser = humantime::parse_duration)]
    validity: Duration,

    /// Organization in a new chain
    #[arg(long, default_value = "local")]
    cert_organization: String,

    #[command(flatten)]
    job: job::Options,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args: Args = job::parse();
    job::run(&args.job, || create_cert_chain(&args)).await
}

async fn create_cert_chain(args: &Args) -> Result<()> {
    let kube = gate::connect().await?;
    let mut pair = Pair::read(&kube, &args.namespace, &args.secret, &args.pubkeysecret).await?;
    let existing = pair.private_key(SIGNING_SECRET, PASSWORD, None, &[CERT_CHAIN])?;

    let mut private = Entries::new();
    let password = pair.password(PASSWORD, None);
    let key = existing.unwrap_or_else(|| {
        let key = PrivateKey::generate(Kind::EcdsaP256);
        private.insert(SIGNING_SECRET, key.to_legacy_pem(&password));
        key
    });
    let public = Entries::new().with(CERT_CHAIN, chain(args, &pair, &key)?);
    for (name, value) in public.iter().chain([(PASSWORD, password.as_slice())]) {
        if pair.private.bytes(name).is_none() {
            private.insert(name, value);
        }
    }
    pair.publish(private, public).await?;
    Ok(())
}

/// The chain for `key`: the one beside it, else the public copy, else a new one. The keys of a new
/// chain's authorities are forgotten: nothing else is ever signed with them.
fn chain(args: &Args, pair: &Pair, key: &PrivateKey) -> Result<Vec<u8>> {
    for gate in [&pair.private, &pair.public] {
        let Some(pem) = gate.bytes(CERT_CHAIN) else {
            continue;
        };
        let chain = Chain::from_pem(pem)
            .map_err(Refused::because)
            .with_context(|| format!("{gate}: {CERT_CHAIN}"))?;
        if chain.first().public_key() != key.public_key() {
            return Err(Refused::new(format!(
                "{gate}: the first certificate in {CERT_CHAIN} isn't for {SIGNING_SECRET} in {}: restore the \
                 one that is wrong from a backup",
                pair.private
            ))
            .into());
        }
        let ending = chain
            .check_validity(SystemTime::now())
            .map_err(Refused::because);
        if let Some(ending) = ending.with_context(|| format!("{gate}: {CERT_CHAIN}"))? {
            warn!(
                "{gate}: {} ends on {}",
                ending.subject(),
                humantime::format_rfc3339_seconds(ending.not_after())
            );
        }
        return Ok(pem.to_vec());
    }
    let [intermediate, root] = [(); 2].map(|()| PrivateKey::generate(Kind::EcdsaP256));
    let chain = Validity::from(SystemTime::now(), args.validity).and_then(|validity| {
        certs::timestamping_chain(key, &intermediate, &root, &args.cert_organization, validity)
    });
    Ok(chain
        .map_err(Refused::because)
        .with_context(|| format!("creating a chain for {}", pair.private))?
        .to_pem()
        .into())
}

const SIGNING_SECRET: &str = "signing-secret";
const PASSWORD: &str = "signing-secret-password";
const CERT_CHAIN: &str = "cert-chain";

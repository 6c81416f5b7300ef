//! Creates the timestamp authority's key and certificate chain and publishes them in Secrets.
//!
//! The timestamp authority mounts the private one, and `copysecrets` takes the public one to where
//! the TUF repository is made. Running it again changes nothing.

use std::{
    process::ExitCode,
    time::{Duration, SystemTime},
};

use anyhow::Result;
use certs::{Chain, Validity};
use clap::Parser;
use gate::{Entries, Pair};
use keys::{Kind, PrivateKey};

#[derive(Parser)]
#[command(version, about)]
struct Args {
    /// Namespace of the Secrets
    #[arg(long, env = "NAMESPACE", value_parser = job::name)]
    namespace: String,

    /// Secret for the private key, its password and the certificate chain
    #[arg(long, default_value = "tsa-cert-chain", value_parser = job::name)]
    secret: String,

    /// Secret for the certificate chain alone
    #[arg(long, default_value = "tsa-pub-chain", value_parser = job::name)]
    pubkeysecret: String,

    /// How long a new chain is valid, such as 20y or 8760h
    #[arg(long, default_value = "20y", value_parser = job::lifetime)]
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
    let cert_chain = pair.chain(CERT_CHAIN, &key, Chain::check_timestamping, || {
        // The keys of its authorities are forgotten: nothing else is ever signed with them.
        let [intermediate, root] = [(); 2].map(|()| PrivateKey::generate(Kind::EcdsaP256));
        let validity = Validity::from(SystemTime::now(), args.validity)?;
        certs::timestamping_chain(
            &key,
            &intermediate,
            &root,
            &args.cert_organization,
            validity,
        )
    })?;
    let public = Entries::new().with(CERT_CHAIN, cert_chain);
    private.extend(pair.missing(&public.clone().with(PASSWORD, password)));
    pair.publish(private, public).await?;
    Ok(())
}

const SIGNING_SECRET: &str = "signing-secret";
const PASSWORD: &str = "signing-secret-password";
const CERT_CHAIN: &str = "cert-chain";

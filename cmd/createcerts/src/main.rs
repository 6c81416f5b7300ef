//! Creates Fulcio's root certificate and key and publishes them in Secrets.
//!
//! Fulcio mounts the private one, and `copysecrets` takes the public one to where the TUF
//! repository is made. Running it again changes nothing.

use std::{
    process::ExitCode,
    time::{Duration, SystemTime},
};

use anyhow::{Context as _, Result};
use certs::{Chain, Subject, Validity};
use clap::Parser;
use gate::{Entries, Pair};
use job::Refused;
use keys::{Kind, PrivateKey, PublicKey};
use tracing::warn;

#[derive(Parser)]
#[command(version, about)]
struct Args {
    /// Namespace of the Secrets
    #[arg(long, env = "NAMESPACE")]
    namespace: String,

    /// Secret for the certificate, the private key and its password
    #[arg(long, default_value = "fulcio-secrets")]
    secret: String,

    /// Secret for the certificate and the public key
    #[arg(long, default_value = "fulcio-pub-key")]
    pubkeysecret: String,

    /// How long a new certificate is valid, such as 20y or 8760h
    #[arg(long, default_value = "20y", value_parser = humantime::parse_duration)]
    validity: Duration,

    /// Common name in a new certificate
    #[arg(long, default_value = "sigstore")]
    cert_common_name: String,

    /// Organization in a new certificate
    #[arg(long, default_value = "Linux Foundation")]
    cert_organization: String,

    /// Country in a new certificate, two letters
    #[arg(long, default_value = "US")]
    cert_country: String,

    /// State or province in a new certificate
    #[arg(long, default_value = "California")]
    cert_province: String,

    /// City in a new certificate
    #[arg(long, default_value = "San Francisco")]
    cert_locality: String,

    /// Street address in a new certificate
    #[arg(long, default_value = "548 Market St")]
    cert_address: String,

    /// Postal code in a new certificate
    #[arg(long, default_value = "57274")]
    cert_postal: String,

    #[command(flatten)]
    job: job::Options,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args: Args = job::parse();
    job::run(&args.job, || create_certs(&args)).await
}

async fn create_certs(args: &Args) -> Result<()> {
    let kube = gate::connect().await?;
    let mut pair = Pair::read(&kube, &args.namespace, &args.secret, &args.pubkeysecret).await?;
    let existing = pair.private_key(PRIVATE, PASSWORD, None, &[CERT, PUBLIC])?;

    let mut private = Entries::new();
    let password = pair.password(PASSWORD, None);
    let key = existing.unwrap_or_else(|| {
        let key = PrivateKey::generate(Kind::EcdsaP256);
        private.insert(PRIVATE, key.to_encrypted_pem(&password));
        key
    });
    let public = Entries::new()
        .with(CERT, certificate(args, &pair, &key)?)
        .with(PUBLIC, public_key(&pair, &key)?);
    for (name, value) in public.iter().chain([(PASSWORD, password.as_slice())]) {
        if pair.private.bytes(name).is_none() {
            private.insert(name, value);
        }
    }
    pair.publish(private, public).await?;
    Ok(())
}

/// The certificate for `key`: the one beside it, else the public copy, else a new one. It may be a
/// chain of the user's own, issuing authority first.
fn certificate(args: &Args, pair: &Pair, key: &PrivateKey) -> Result<Vec<u8>> {
    for gate in [&pair.private, &pair.public] {
        let Some(pem) = gate.bytes(CERT) else {
            continue;
        };
        let chain = Chain::from_pem(pem)
            .map_err(Refused::because)
            .with_context(|| format!("{gate}: {CERT}"))?;
        if chain.first().public_key() != key.public_key() {
            return Err(differs(gate, CERT, pair));
        }
        let ending = chain
            .check_validity(SystemTime::now())
            .map_err(Refused::because);
        if let Some(ending) = ending.with_context(|| format!("{gate}: {CERT}"))? {
            warn!(
                "{gate}: {} ends on {}",
                ending.subject(),
                humantime::format_rfc3339_seconds(ending.not_after())
            );
        }
        return Ok(pem.to_vec());
    }
    let certificate = Validity::from(SystemTime::now(), args.validity)
        .and_then(|validity| certs::root(key, &args.subject(), validity));
    Ok(certificate
        .map_err(Refused::because)
        .with_context(|| format!("creating a certificate for {}", pair.private))?
        .to_pem()
        .into())
}

/// The public half of `key`, after a look at the one that stands beside it.
fn public_key(pair: &Pair, key: &PrivateKey) -> Result<Vec<u8>> {
    let Some(pem) = pair.private.bytes(PUBLIC) else {
        return Ok(key.public_key().to_pem().into());
    };
    match PublicKey::from_pem(pem) {
        Ok(public) if public == *key.public_key() => Ok(pem.to_vec()),
        _ => Err(differs(&pair.private, PUBLIC, pair)),
    }
}

fn differs<K: gate::Object>(gate: &gate::Gate<K>, name: &str, pair: &Pair) -> anyhow::Error {
    Refused::new(format!(
        "{gate}: {name} doesn't belong to the private key in {}: restore the one that is wrong from a \
         backup, or remove {name} to have it derived from the private key",
        pair.private
    ))
    .into()
}

impl Args {
    fn subject(&self) -> Subject {
        Subject {
            country: self.cert_country.clone(),
            province: self.cert_province.clone(),
            locality: self.cert_locality.clone(),
            street: self.cert_address.clone(),
            postal_code: self.cert_postal.clone(),
            organization: self.cert_organization.clone(),
            common_name: self.cert_common_name.clone(),
        }
    }
}

const CERT: &str = "cert";
const PRIVATE: &str = "private";
const PUBLIC: &str = "public";
const PASSWORD: &str = "password";

//! Creates Fulcio's root certificate and key and publishes them in Secrets.
//!
//! Fulcio mounts the private one, and `copysecrets` takes the public one to where the TUF
//! repository is made. Running it again changes nothing.

mod issuers;

use std::{
    process::ExitCode,
    time::{Duration, SystemTime},
};

use anyhow::Result;
use certs::{Chain, Subject, Validity};
use clap::Parser;
use contract::FULCIO;
use keypair::Pair;
use keys::{Kind, PrivateKey};

#[derive(Parser)]
#[command(version, about)]
struct Args {
    /// Namespace of the Secrets
    #[arg(long, env = "NAMESPACE", value_parser = job::name)]
    namespace: String,

    /// Secret for the certificate, the private key and its password
    #[arg(long, default_value = FULCIO.private.default_name(), value_parser = job::name)]
    secret: String,

    /// Secret for the certificate and the public key
    #[arg(long, default_value = FULCIO.public.default_name(), value_parser = job::name)]
    pubkeysecret: String,

    /// Kind of a new key, such as ecdsa-p256 (docs/key-kinds.md has all)
    #[arg(long, default_value_t = Kind::EcdsaP256, value_parser = key_type)]
    key_type: Kind,

    /// Make no key: wait for yours, which you put into the Secret
    #[arg(long)]
    wait_for_key: bool,

    /// ConfigMap with Fulcio's configuration, which is refused if it takes tokens of this cluster
    /// by another name than the API server's
    #[arg(long, value_name = "CONFIGMAP", value_parser = job::name)]
    fulcio_config: Option<String>,

    /// How long a new certificate is valid, such as 20y or 8760h
    #[arg(long, default_value = "20y", value_parser = job::lifetime)]
    validity: Duration,

    /// Common name in a new certificate
    #[arg(long, default_value = "sigstore")]
    cert_common_name: String,

    /// Organization in a new certificate
    #[arg(long, default_value = "Linux Foundation")]
    cert_organization: String,

    /// Country in a new certificate, two letters
    #[arg(long, default_value = "US", value_parser = country)]
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
    let kube = gate::connect(args.job.labels(), args.job.annotations()).await?;
    if let Some(name) = &args.fulcio_config {
        issuers::check(&kube, &args.namespace, name).await?;
    }
    let (private, public) = (&args.secret, &args.pubkeysecret);
    let mut pair = Pair::read(&kube, &FULCIO, &args.namespace, private, public).await?;
    let mut halves = pair.halves(None, args.new_key(), PrivateKey::to_encrypted_pem)?;
    // A chain that exists may be the user's own, with intermediates.
    pair.add_chain(&mut halves, Chain::check_issuing, |key| {
        let validity = Validity::from(SystemTime::now(), args.validity)?;
        Chain::ordered(vec![certs::root_certificate(
            key,
            &args.subject(),
            validity,
        )?])
    })?;
    pair.publish(halves).await?;
    Ok(())
}

impl Args {
    /// The kind of a new key; nothing if none is to be made.
    fn new_key(&self) -> Option<Kind> {
        (!self.wait_for_key).then_some(self.key_type)
    }

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

fn country(text: &str) -> Result<String, &'static str> {
    match text.len() == 2 && text.bytes().all(|letter| letter.is_ascii_uppercase()) {
        true => Ok(text.into()),
        false => Err("a country has two letters (ISO 3166), such as US"),
    }
}

fn key_type(name: &str) -> Result<Kind, String> {
    keypair::offered(&FULCIO, name)
}

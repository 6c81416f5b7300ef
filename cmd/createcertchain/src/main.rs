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
use contract::TSA;
use keypair::Pair;
use keys::{Kind, PrivateKey};

#[derive(Parser)]
#[command(version, about)]
struct Args {
    /// Namespace of the Secrets
    #[arg(long, env = "NAMESPACE", value_parser = job::name)]
    namespace: String,

    /// Secret for the private key, its password and the certificate chain
    #[arg(long, default_value = TSA.private.default_name(), value_parser = job::name)]
    secret: String,

    /// Secret for the certificate chain alone
    #[arg(long, default_value = TSA.public.default_name(), value_parser = job::name)]
    pubkeysecret: String,

    /// Kind of a new key, such as ecdsa-p256 (docs/key-kinds.md has all)
    #[arg(long, default_value_t = Kind::EcdsaP256, value_parser = key_type)]
    key_type: Kind,

    /// Make no key: wait for yours, which you put into the Secret
    #[arg(long)]
    wait_for_key: bool,

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
    let kube = gate::connect(args.job.labels(), args.job.annotations()).await?;
    let (private, public) = (&args.secret, &args.pubkeysecret);
    let mut pair = Pair::read(&kube, &TSA, &args.namespace, private, public).await?;
    let mut halves = pair.halves(None, args.new_key(), PrivateKey::to_legacy_pem)?;
    pair.add_chain(&mut halves, Chain::check_timestamping, |key| {
        // The authorities' private keys are kept nowhere: they sign this one chain and nothing
        // else.
        let [intermediate, root] = [(); 2].map(|()| PrivateKey::generate(Kind::EcdsaP256));
        let validity = Validity::from(SystemTime::now(), args.validity)?;
        let organization = &args.cert_organization;
        certs::timestamping_chain(key, &intermediate, &root, organization, validity)
    })?;
    pair.publish(halves).await?;
    Ok(())
}

impl Args {
    /// The kind of a new key; nothing if none is to be made.
    fn new_key(&self) -> Option<Kind> {
        (!self.wait_for_key).then_some(self.key_type)
    }
}

fn key_type(name: &str) -> Result<Kind, String> {
    keypair::offered(&TSA, name)
}

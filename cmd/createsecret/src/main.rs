//! Creates Rekor's signing key and publishes it in Secrets.
//!
//! Rekor mounts the private one, and `copysecrets` takes the public one to where the TUF repository
//! is made. A stack's databases need passwords that nobody wrote into a manifest: with
//! `--random-keys` it makes those instead. Running it again changes nothing.

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use contract::REKOR;
use gate::Gate;
use keypair::Pair;
use keys::{Kind, PrivateKey, random_password};

#[derive(Parser)]
#[command(version, about)]
struct Args {
    /// Namespace of the Secrets
    #[arg(long, env = "NAMESPACE", value_parser = job::name)]
    namespace: String,

    /// Secret for the private key and its password
    #[arg(long, default_value = REKOR.private.default_name(), value_parser = job::name)]
    signing_secret: String,

    /// Password of the private key, instead of a random one
    #[arg(long, env = "SIGNING_SECRET_PWD", hide_env_values = true)]
    signing_secret_pwd: Option<String>,

    /// File with the password of the private key
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "signing_secret_pwd",
        value_parser = job::password_file
    )]
    signing_secret_pwd_file: Option<String>,

    /// Secret for the public key
    #[arg(long, default_value = REKOR.public.default_name(), value_parser = job::name)]
    secret: String,

    /// Kind of a new key, such as ecdsa-p256 (docs/key-kinds.md has all)
    #[arg(long, default_value_t = Kind::EcdsaP256, value_parser = key_type)]
    key_type: Kind,

    /// Make no key: wait for yours, which you put into the Secret
    #[arg(long, conflicts_with = "random_secret")]
    wait_for_key: bool,

    /// Secret for random values: no signing key is made
    #[arg(long, requires = "random_keys", value_parser = job::name)]
    random_secret: Option<String>,

    /// Entries of the Secret for random values
    #[arg(long, requires = "random_secret", value_delimiter = ',')]
    random_keys: Vec<String>,

    #[command(flatten)]
    job: job::Options,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args: Args = job::parse();
    match &args.random_secret {
        Some(secret) => job::run(&args.job, || create_random_values(&args, secret)).await,
        None => job::run(&args.job, || create_signing_key(&args)).await,
    }
}

async fn create_signing_key(args: &Args) -> Result<()> {
    let kube = gate::connect(args.job.labels(), args.job.annotations()).await?;
    let (private, public) = (&args.signing_secret, &args.secret);
    let mut pair = Pair::read(&kube, &REKOR, &args.namespace, private, public).await?;
    let halves = pair.halves(
        args.password(),
        args.new_key(),
        PrivateKey::to_encrypted_pem,
    )?;
    pair.publish(halves).await?;
    Ok(())
}

async fn create_random_values(args: &Args, secret: &str) -> Result<()> {
    let kube = gate::connect(args.job.labels(), args.job.annotations()).await?;
    let mut gate = Gate::secret(&kube, &args.namespace, secret).await?;
    let (mut missing, wanted) = (vec![], &args.random_keys);
    missing.extend(wanted.iter().filter(|entry| gate.bytes(entry).is_none()));
    if let Some(first) = wanted.first().filter(|_| missing.len() == wanted.len()) {
        keypair::refuse_foreign(&gate, first, |entry| wanted.iter().any(|own| own == entry))?;
    }
    let values = missing
        .into_iter()
        .map(|entry| (entry.clone(), random_password().into_bytes()))
        .collect();
    gate.publish(values).await?;
    Ok(())
}

impl Args {
    /// The kind of a new key; nothing if none is to be made.
    fn new_key(&self) -> Option<Kind> {
        (!self.wait_for_key).then_some(self.key_type)
    }

    /// The password that was given. (An empty one counts as none: so it is in an entry of a
    /// Secret that nobody has filled in.)
    fn password(&self) -> Option<&str> {
        let given = self
            .signing_secret_pwd_file
            .as_ref()
            .or(self.signing_secret_pwd.as_ref());
        given.map(String::as_str).filter(|given| !given.is_empty())
    }
}

fn key_type(name: &str) -> Result<Kind, String> {
    keypair::offered(&REKOR, name)
}

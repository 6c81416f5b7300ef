//! Creates Rekor's signing key and publishes it in Secrets.
//!
//! Rekor mounts the private one, and `copysecrets` takes the public one to where the TUF repository
//! is made. A stack's databases need passwords that nobody wrote into a manifest: with
//! `--random-keys` it makes those instead. Running it again changes nothing.

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use gate::{Entries, Gate, Pair};
use keys::{Kind, PrivateKey, random_password};

#[derive(Parser)]
#[command(version, about)]
struct Args {
    /// Namespace of the Secrets
    #[arg(long, env = "NAMESPACE")]
    namespace: String,

    /// Secret for the private key and its password
    #[arg(long, default_value = "rekor-signing-secret")]
    signing_secret: String,

    /// Password of the private key, instead of a random one
    #[arg(long, env = "SIGNING_SECRET_PWD", hide_env_values = true)]
    signing_secret_pwd: Option<String>,

    /// File with the password of the private key
    #[arg(long, conflicts_with = "signing_secret_pwd")]
    signing_secret_pwd_file: Option<PathBuf>,

    /// Secret for the public key
    #[arg(long, default_value = "rekor-pub-key")]
    secret: String,

    /// Secret for random values: no signing key is made
    #[arg(long, requires = "random_keys")]
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
    let kube = gate::connect().await?;
    let mut pair = Pair::read(&kube, &args.namespace, &args.signing_secret, &args.secret).await?;
    let given = args.password()?;
    let existing = pair.private_key(SIGNING_SECRET, PASSWORD, given.as_deref(), &[PUBLIC])?;

    let password = pair.password(PASSWORD, given.as_deref());
    let mut private = Entries::new();
    let key = existing.unwrap_or_else(|| {
        let key = PrivateKey::generate(Kind::EcdsaP256);
        private.insert(SIGNING_SECRET, key.to_encrypted_pem(&password));
        key
    });
    if pair.private.bytes(PASSWORD).is_none() {
        private.insert(PASSWORD, password);
    }
    pair.publish(
        private,
        Entries::new().with(PUBLIC, key.public_key().to_pem()),
    )
    .await?;
    Ok(())
}

async fn create_random_values(args: &Args, secret: &str) -> Result<()> {
    let kube = gate::connect().await?;
    let mut gate = Gate::secret(&kube, &args.namespace, secret).await?;
    let missing = args
        .random_keys
        .iter()
        .filter(|key| gate.bytes(key).is_none());
    let values = missing
        .map(|key| (key.clone(), random_password().into_bytes()))
        .collect();
    gate.publish(values).await?;
    Ok(())
}

impl Args {
    fn password(&self) -> Result<Option<String>> {
        let Some(path) = &self.signing_secret_pwd_file else {
            return Ok(self.signing_secret_pwd.clone());
        };
        let text =
            std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        let password = text.trim_end_matches(['\r', '\n']);
        ensure!(!password.is_empty(), "{} is empty", path.display());
        Ok(Some(password.into()))
    }
}

const SIGNING_SECRET: &str = "signing-secret";
const PASSWORD: &str = "signing-secret-password";
const PUBLIC: &str = "public";

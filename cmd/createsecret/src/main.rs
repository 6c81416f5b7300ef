//! Creates Rekor's signing key and publishes it in Secrets.
//!
//! Rekor mounts the private one, and `copysecrets` takes the public one to where the TUF repository
//! is made. With `--origin` it is the key of a Rekor v2, whose log begins with it: that name is
//! beside the key, and where the log begins is in a ConfigMap. A stack's databases need passwords
//! that nobody wrote into a manifest: with `--random-keys` it makes those instead. Running it again
//! changes nothing.

use std::process::ExitCode;

use address::Origin;
use anyhow::Result;
use clap::{CommandFactory as _, Parser, builder::ArgPredicate::IsPresent, error::ErrorKind};
use contract::{KeyPair, REKOR, REKOR_TILES, REKOR_TILES_LOG};
use gate::Gate;
use keypair::{Log, Pair};
use keys::{Kind, PrivateKey, random_password};

#[derive(Parser)]
#[command(version, about)]
struct Args {
    /// Namespace of the Secrets
    #[arg(long, env = "NAMESPACE", value_parser = job::name)]
    namespace: String,

    /// The key is a Rekor v2's, whose log has this name in its checkpoints: the host of its URL
    #[arg(long, value_name = "HOST", conflicts_with = "random_secret", value_parser = host)]
    origin: Option<Origin>,

    /// ConfigMap for the newest checkpoint of a log with an origin
    #[arg(
        long,
        requires = "origin",
        default_value = REKOR_TILES_LOG.default_name(),
        value_parser = job::name
    )]
    log_configmap: String,

    /// Secret for the private key and its password
    #[arg(
        long,
        default_value = REKOR.private.default_name(),
        default_value_if("origin", IsPresent, REKOR_TILES.private.default_name()),
        value_parser = job::name
    )]
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
    #[arg(
        long,
        default_value = REKOR.public.default_name(),
        default_value_if("origin", IsPresent, REKOR_TILES.public.default_name()),
        value_parser = job::name
    )]
    secret: String,

    /// Kind of a new key, such as ecdsa-p256 (docs/key-kinds.md has all)
    #[arg(
        long,
        default_value = Kind::EcdsaP256.name(),
        default_value_if("origin", IsPresent, Kind::Ed25519.name())
    )]
    key_type: String,

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
    let kind = keypair::offered(args.layout(), &args.key_type).unwrap_or_else(|reason| {
        let text = format!("invalid value for '--key-type <KEY_TYPE>': {reason}");
        Args::command()
            .error(ErrorKind::ValueValidation, text)
            .exit()
    });
    match (&args.random_secret, &args.origin) {
        (Some(secret), _) => job::run(&args.job, || create_random_values(&args, secret)).await,
        (_, Some(origin)) => job::run(&args.job, || create_log(&args, origin, kind)).await,
        (None, None) => job::run(&args.job, || create_signing_key(&args, kind)).await,
    }
}

async fn create_signing_key(args: &Args, kind: Kind) -> Result<()> {
    let kube = gate::connect(args.job.labels(), args.job.annotations()).await?;
    let (private, public) = (&args.signing_secret, &args.secret);
    let mut pair = Pair::read(&kube, &REKOR, &args.namespace, private, public).await?;
    let halves = pair.halves(
        args.password(),
        args.new_key(kind),
        PrivateKey::to_encrypted_pem,
    )?;
    pair.publish(halves).await?;
    Ok(())
}

async fn create_log(args: &Args, origin: &Origin, kind: Kind) -> Result<()> {
    let kube = gate::connect(args.job.labels(), args.job.annotations()).await?;
    let names = [&args.signing_secret, &args.secret, &args.log_configmap].map(String::as_str);
    let mut log = Log::read(&kube, &REKOR_TILES, &args.namespace, names, origin).await?;
    log.check_key().await?;
    let (password, new) = (args.password(), args.new_key(kind));
    let halves = log
        .pair
        .halves(password, new, PrivateKey::to_encrypted_pem)?;
    log.publish(halves).await?;
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
    fn layout(&self) -> &'static KeyPair {
        match self.origin {
            Some(_) => &REKOR_TILES,
            None => &REKOR,
        }
    }

    /// The kind of a new key; nothing if none is to be made.
    fn new_key(&self, kind: Kind) -> Option<Kind> {
        (!self.wait_for_key).then_some(kind)
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

/// The origin of a Rekor v2: clients compare it with the host of its URL.
fn host(text: &str) -> Result<Origin, String> {
    let origin: Origin = text
        .parse()
        .map_err(|error: address::Error| error.to_string())?;
    match origin.path() {
        "" => Ok(origin),
        _ => Err("it has a path, and a Rekor's is a host alone".into()),
    }
}

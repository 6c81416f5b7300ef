//! Copies the public keys and certificates of the stack into one namespace.
//!
//! `createtuf` makes the TUF repository from the copies. Only public keys and certificates are ever
//! copied, whatever else a source holds. Running it again changes nothing.

use std::{process::ExitCode, str::FromStr};

use anyhow::{Result, bail, ensure};
use certs::{read_bundle, write_bundle};
use clap::Parser;
use gate::{Entries, Gate, Kube};
use job::Refused;
use keys::PublicKey;
use tracing::warn;

#[derive(Parser)]
#[command(version, about)]
struct Args {
    /// Namespace of the copies
    #[arg(long, env = "NAMESPACE", value_parser = job::name)]
    namespace: String,

    /// Secret to copy, as NAMESPACE/NAME or NAMESPACE/NAME=NAME-OF-THE-COPY; may be repeated. It is waited for until it
    /// has what createtuf reads, told by the name of the copy, else by its own: `cert` for fulcio-pub-key, `cert-chain`
    /// for tsa-cert-chain and tsa-pub-chain, `public` for rekor-pub-key, ctlog-public-key and ctlog-pub-key; for other
    /// names, any of the three
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "fulcio-system/fulcio-pub-key,ctlog-system/ctlog-public-key,\
                         rekor-system/rekor-pub-key,tsa-system/tsa-pub-chain=tsa-cert-chain"
    )]
    copy: Vec<Copy>,

    /// Replace copies that differ from their sources; the log names each difference
    #[arg(long)]
    accept_changes: bool,

    #[command(flatten)]
    job: job::Options,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args: Args = job::parse();
    job::run(&args.job, || copy_secrets(&args)).await
}

/// Copies what is there, and fails on what isn't only afterwards: the first copies may be all that
/// somebody waits for. Whatever is refused is refused together, and before anything is written.
async fn copy_secrets(args: &Args) -> Result<()> {
    let kube = gate::connect().await?;
    let (mut updates, mut failures) = (Vec::new(), Vec::new());
    for copy in &args.copy {
        match copy.read(&kube, args).await {
            Ok(update) => updates.push(update),
            Err(failure) => failures.push(failure),
        }
    }
    let (mut refusals, mut changes) = (Vec::new(), Vec::new());
    for update in &updates {
        refusals.extend_from_slice(&update.unfit);
        changes.extend_from_slice(&update.changes);
    }
    if !changes.is_empty() && !args.accept_changes {
        refusals.push(format!(
            "{}: if you changed all of that, run copysecrets with --accept-changes; what you didn't change, \
             somebody else did",
            changes.join("; ")
        ));
    }
    if !refusals.is_empty() {
        return Err(Refused::new(refusals.join("; ")).into());
    }
    for update in updates {
        failures.extend(update.publish().await.err());
    }
    in_one(&failures)
}

/// Several failures as one: those that are refused, if some are.
fn in_one(failures: &[anyhow::Error]) -> Result<()> {
    let (refusals, others): (Vec<_>, Vec<_>) = failures
        .iter()
        .partition(|failure| failure.chain().any(|cause| cause.is::<Refused>()));
    let text = |failures: Vec<&anyhow::Error>| {
        let texts = failures.iter().map(|failure| {
            let mut causes: Vec<_> = failure.chain().map(ToString::to_string).collect();
            causes.dedup();
            causes.join(": ")
        });
        texts.collect::<Vec<_>>().join("; ")
    };
    ensure!(refusals.is_empty(), Refused::new(text(refusals)));
    ensure!(others.is_empty(), text(others));
    Ok(())
}

/// A Secret and what its copy is called.
#[derive(Debug, Clone)]
struct Copy {
    namespace: String,
    name: String,
    target: String,
}

impl Copy {
    /// Reads the source and its copy.
    async fn read(&self, kube: &Kube, args: &Args) -> Result<Update<impl gate::Object>> {
        let source = Gate::secret(kube, &self.namespace, &self.name).await?;
        let needed = self.needed();
        if needed.iter().all(|key| source.bytes(key).is_none()) {
            let maker = known(&self.name).map_or("somebody else", |(maker, _)| maker);
            match source.exists() {
                true => bail!(
                    "{source} has no {} yet ({maker} makes it)",
                    needed.join(" or ")
                ),
                false => bail!("{source} isn't there yet ({maker} makes it)"),
            }
        }
        let mut update = Update {
            target: Gate::secret(kube, &args.namespace, &self.target).await?,
            entries: Entries::new(),
            unfit: vec![],
            changes: vec![],
        };
        for key in PUBLIC_KEYS {
            if let Some(file) = source.bytes(key) {
                update.add(&source, key, file);
            }
        }
        Ok(update)
    }

    /// The entries of which one has to be there: half a Secret, restored or being made, would do for
    /// nobody who waits for its copy.
    fn needed(&self) -> &'static [&'static str] {
        known(&self.target)
            .or(known(&self.name))
            .map_or(&PUBLIC_KEYS, |(_, needed)| needed)
    }
}

impl FromStr for Copy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (source, target) = text
            .split_once('=')
            .map_or((text, None), |(source, target)| (source, Some(target)));
        match source.split_once('/') {
            Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() => Ok(Self {
                namespace: namespace.into(),
                name: name.into(),
                target: target.unwrap_or(name).into(),
            }),
            _ => Err("it has to be NAMESPACE/NAME or NAMESPACE/NAME=NAME-OF-THE-COPY".into()),
        }
    }
}

/// Which Job makes a Secret of this name, and what createtuf reads of it.
fn known(name: &str) -> Option<(&'static str, &'static [&'static str])> {
    match name {
        "fulcio-pub-key" => Some(("createcerts", &[CERT])),
        "ctlog-public-key" | "ctlog-pub-key" => Some(("createctconfig", &[PUBLIC])),
        "rekor-pub-key" => Some(("createsecret", &[PUBLIC])),
        "tsa-pub-chain" | "tsa-cert-chain" => Some(("createcertchain", &[CERT_CHAIN])),
        _ => None,
    }
}

/// A copy, and what is to become of it.
struct Update<K> {
    target: Gate<K>,
    entries: Entries,
    /// What of the source isn't what its name says.
    unfit: Vec<String>,
    /// Where the source differs from the copy.
    changes: Vec<String>,
}

impl<K: gate::Object> Update<K> {
    fn add(&mut self, source: &Gate<K>, key: &str, file: &[u8]) {
        let new = match Public::read(key, file) {
            Ok(new) => new,
            Err(cause) => return self.unfit.push(format!("copying {source}: {key}: {cause}")),
        };
        if let Some(old) = self.target.bytes(key) {
            let old = Public::read(key, old).map(|old| old.digests);
            let old = old.unwrap_or_else(|_| "what can't be read".into());
            if new.digests != old {
                self.changes.push(format!(
                    "{key} in {source} is no longer what {} has (SHA-256 {} instead of {old})",
                    self.target, new.digests
                ));
            }
        }
        self.entries.insert(key, new.pem);
    }

    async fn publish(mut self) -> Result<()> {
        for change in &self.changes {
            warn!("accepted: {change}");
        }
        for (key, _) in self.target.entries().iter() {
            if !PUBLIC_KEYS.contains(&key) {
                warn!(
                    "{} holds {key}, which has no business there: remove it",
                    self.target
                );
            }
        }
        Ok(self.target.publish(self.entries).await?)
    }
}

/// The key or the certificates in a PEM file.
struct Public {
    /// Written anew: nothing that stands beside them is copied.
    pem: String,
    /// The SHA-256 of each in DER.
    digests: String,
}

impl Public {
    fn read(entry: &str, file: &[u8]) -> Result<Self, Refused> {
        if entry == PUBLIC {
            let key = PublicKey::from_pem(file).map_err(Refused::because)?;
            return Ok(Self {
                pem: key.to_pem(),
                digests: hex::encode(key.log_id()),
            });
        }
        let certificates = read_bundle(file).map_err(Refused::because)?;
        let digests = certificates
            .iter()
            .map(|one| hex::encode(one.fingerprint()));
        Ok(Self {
            pem: write_bundle(&certificates),
            digests: digests.collect::<Vec<_>>().join(", "),
        })
    }
}

const CERT: &str = "cert";
const CERT_CHAIN: &str = "cert-chain";
const PUBLIC: &str = "public";
const PUBLIC_KEYS: [&str; 3] = [CERT, CERT_CHAIN, PUBLIC];

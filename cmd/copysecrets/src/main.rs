//! Copies the public keys and certificates of the stack into one namespace.
//!
//! `createtuf` makes the TUF repository from the copies. Only public keys and certificates are ever
//! copied, whatever else a source holds. Running it again changes nothing.

use std::{process::ExitCode, str::FromStr};

use anyhow::{Context as _, Result, bail, ensure};
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

    /// Replace copies that differ from their sources
    #[arg(long, num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true", action = clap::ArgAction::Set, value_parser = job::boolean)]
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
/// somebody waits for.
async fn copy_secrets(args: &Args) -> Result<()> {
    let kube = gate::connect().await?;
    let mut failures = Vec::new();
    for copy in &args.copy {
        failures.extend(copy.publish(&kube, args).await.err());
    }
    let refused = |failure: &anyhow::Error| failure.chain().any(|cause| cause.is::<Refused>());
    if let Some(refusal) = failures.iter().position(refused) {
        return Err(failures.swap_remove(refusal));
    }
    let failures: Vec<_> = failures
        .iter()
        .map(|failure| format!("{failure:#}"))
        .collect();
    ensure!(failures.is_empty(), failures.join("; "));
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
    async fn publish(&self, kube: &Kube, args: &Args) -> Result<()> {
        let source = Gate::secret(kube, &self.namespace, &self.name).await?;
        let entries = public_entries(&source).with_context(|| format!("copying {source}"))?;
        let needed = self.needed();
        if needed.iter().all(|key| entries.get(key).is_none()) {
            let maker = known(&self.name).map_or("somebody else", |(maker, _)| maker);
            match source.exists() {
                true => bail!(
                    "{source} has no {} yet ({maker} makes it)",
                    needed.join(" or ")
                ),
                false => bail!("{source} isn't there yet ({maker} makes it)"),
            }
        }
        let mut target = Gate::secret(kube, &args.namespace, &self.target).await?;
        for (key, value) in entries.iter() {
            let differs = target
                .bytes(key)
                .is_some_and(|old| public_blocks(key, old).ok().as_deref() != Some(value));
            if differs && !args.accept_changes {
                return Err(Refused::new(format!(
                    "{key} in {source} is no longer what {target} has: if you changed it, run copysecrets \
                     with --accept-changes; if not, somebody else did"
                ))
                .into());
            }
        }
        for (key, _) in target
            .entries()
            .iter()
            .filter(|(key, _)| !PUBLIC_KEYS.contains(key))
        {
            warn!("{target} holds {key}, which has no business there: remove it");
        }
        target.publish(entries).await?;
        Ok(())
    }

    /// The entries of which one has to be there: half a Secret, restored or being made, would do for
    /// nobody who waits for its copy.
    fn needed(&self) -> &'static [&'static str] {
        known(&self.target)
            .or(known(&self.name))
            .map_or(&PUBLIC_KEYS, |(_, needed)| needed)
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

/// What of a Secret is copied, if it is what its name says.
fn public_entries<K: gate::Object>(source: &Gate<K>) -> Result<Entries> {
    let mut entries = Entries::new();
    for key in PUBLIC_KEYS {
        let Some(value) = source.bytes(key) else {
            continue;
        };
        entries.insert(key, public_blocks(key, value).context(key)?);
    }
    Ok(entries)
}

/// The key or the certificates in a PEM file, written anew: nothing that stands beside them is copied.
fn public_blocks(key: &str, file: &[u8]) -> Result<Vec<u8>, Refused> {
    let pem = match key {
        PUBLIC => PublicKey::from_pem(file)
            .map(|public| public.to_pem())
            .map_err(Refused::because),
        _ => read_bundle(file)
            .map(|certificates| write_bundle(&certificates))
            .map_err(Refused::because),
    };
    pem.map(String::into_bytes)
}

const CERT: &str = "cert";
const CERT_CHAIN: &str = "cert-chain";
const PUBLIC: &str = "public";
const PUBLIC_KEYS: [&str; 3] = [CERT, CERT_CHAIN, PUBLIC];

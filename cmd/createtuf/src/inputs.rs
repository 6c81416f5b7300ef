//! What clients are to trust: from the Secrets that `copysecrets` fills, or from a folder.

use std::time::SystemTime;

use anyhow::{Context as _, Result, bail};
use certs::Chain;
use gate::Kube;
use job::Refused;
use keys::PublicKey;
use tracing::warn;
use trust::Inputs;

use crate::{args::Args, files};

/// One key or chain, on its way in.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Input {
    /// Where it is, for messages.
    pub(crate) name: String,
    /// PEM, in one file or more, each with its name.
    pub(crate) files: Vec<(String, Vec<u8>)>,
}

/// What a stack consists of; each may be there any number of times.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts<T> {
    pub(crate) fulcio: Vec<T>,
    pub(crate) rekor: Vec<T>,
    pub(crate) ctlog: Vec<T>,
    pub(crate) tsa: Vec<T>,
}

/// Reads all inputs.
///
/// # Errors
///
/// What is missing is named, all of it. [`Refused`] for what isn't a chain or a key.
pub(crate) async fn read(kube: &Kube, args: &Args) -> Result<Inputs> {
    let parts = match &args.file_dir {
        Some(folder) => files::read(folder, &args.secrets())?,
        None => secrets(kube, args).await?,
    };
    let inputs = Inputs {
        fulcio: parsed(&parts.fulcio, Input::chain)?,
        rekor: parsed(&parts.rekor, Input::key)?,
        ctlog: parsed(&parts.ctlog, Input::key)?,
        tsa: parsed(&parts.tsa, Input::chain)?,
        urls: args.urls(),
        valid_from: args.valid_from,
        metadata_targets: args.metadata_targets,
        signing_config: args.signing_config,
    };
    warn_of_expiry(&parts.fulcio, &inputs.fulcio);
    warn_of_expiry(&parts.tsa, &inputs.tsa);
    Ok(inputs)
}

/// Their own Jobs may never run again, and this one runs daily.
fn warn_of_expiry(inputs: &[Input], chains: &[Chain]) {
    for (Input { name, .. }, chain) in inputs.iter().zip(chains) {
        match chain.check_validity(SystemTime::now()) {
            Ok(None) => (),
            Ok(Some(ending)) => {
                let end = humantime::format_rfc3339_seconds(ending.not_after());
                warn!("{name}: {} expires at {end}", ending.subject());
            }
            Err(error) => warn!("{name}: {error}"),
        }
    }
}

fn parsed<T>(inputs: &[Input], parse: impl Fn(&Input) -> Result<T>) -> Result<Vec<T>> {
    inputs.iter().map(parse).collect()
}

impl Input {
    /// The chain in one file, in whose order the server sends it; the certificates of several
    /// files, ordered by who signed whom.
    fn chain(&self) -> Result<Chain> {
        if let [(name, pem)] = &self.files[..] {
            return Chain::from_pem(pem)
                .map_err(Refused::because)
                .with_context(|| name.clone());
        }
        let mut certificates = vec![];
        for (name, pem) in &self.files {
            let bundle = certs::read_bundle(pem).map_err(Refused::because);
            certificates.extend(bundle.with_context(|| name.clone())?);
        }
        Chain::ordered(certificates)
            .map_err(Refused::because)
            .with_context(|| self.name.clone())
    }

    fn key(&self) -> Result<PublicKey> {
        let (name, pem) = &self.files[0];
        PublicKey::from_pem(pem)
            .map_err(Refused::because)
            .with_context(|| name.clone())
    }
}

/// What the Secrets hold that the flags name.
async fn secrets(kube: &Kube, args: &Args) -> Result<Parts<Input>> {
    let mut source = Source {
        kube,
        args,
        missing: Vec::new(),
    };
    let names = args.secrets();
    let parts = Parts {
        fulcio: source.read(&names.fulcio, "cert").await?,
        rekor: source.read(&names.rekor, "public").await?,
        ctlog: source.read(&names.ctlog, "public").await?,
        tsa: source.read(&names.tsa, "cert-chain").await?,
    };
    if !source.missing.is_empty() {
        bail!("{} (copysecrets copies it)", source.missing.join(", "));
    }
    Ok(parts)
}

struct Source<'a> {
    kube: &'a Kube,
    args: &'a Args,
    missing: Vec<String>,
}

impl Source<'_> {
    /// What each of the Secrets holds under `key`.
    async fn read(&mut self, names: &[&str], key: &str) -> Result<Vec<Input>> {
        let mut inputs = vec![];
        for name in names {
            let gate = gate::Source::secret(self.kube, &self.args.namespace, name).await?;
            match gate.bytes(key) {
                Some(pem) => {
                    let name = format!("{gate}: {key}");
                    inputs.push(Input {
                        files: vec![(name.clone(), pem.into())],
                        name,
                    });
                }
                None if gate.exists() => self.missing.push(format!("{gate} has no {key} yet")),
                None => self.missing.push(format!("{gate} isn't there yet")),
            }
        }
        Ok(inputs)
    }
}

//! What clients are to trust, from the Secrets that `copysecrets` fills.

use anyhow::{Context as _, Result, bail};
use certs::Chain;
use gate::{Gate, Kube};
use job::Refused;
use keys::PublicKey;
use tuf::Inputs;

use crate::args::Args;

/// Reads all inputs.
///
/// # Errors
///
/// What is missing is named, all of it. [`Refused`] for what isn't a chain or a key.
pub(crate) async fn read(kube: &Kube, args: &Args) -> Result<Inputs> {
    let mut source = Source {
        kube,
        args,
        missing: Vec::new(),
    };
    let chain = |pem: &[u8]| Chain::from_pem(pem).map_err(Refused::because);
    let key = |pem: &[u8]| PublicKey::from_pem(pem).map_err(Refused::because);
    let inputs = Inputs {
        fulcio: source.read(&args.fulcio_secret, "cert", chain).await?,
        rekor: source.read(&args.rekor_secret, "public", key).await?,
        ctlog: source.read(&args.ctlog_secret, "public", key).await?,
        tsa: source.read(&args.tsa_secret, "cert-chain", chain).await?,
        urls: args.urls(),
        valid_from: args.valid_from,
        metadata_targets: args.metadata_targets,
        signing_config: args.signing_config,
    };
    if !source.missing.is_empty() {
        bail!("{} (copysecrets copies it)", source.missing.join(", "));
    }
    Ok(inputs)
}

struct Source<'a> {
    kube: &'a Kube,
    args: &'a Args,
    missing: Vec<String>,
}

impl Source<'_> {
    /// What the Secret `name` holds under `key`; nothing when the stack has none.
    async fn read<T>(
        &mut self,
        name: &str,
        key: &str,
        parse: impl Fn(&[u8]) -> Result<T, Refused>,
    ) -> Result<Vec<T>> {
        if name.is_empty() {
            return Ok(vec![]);
        }
        let gate = Gate::secret(self.kube, &self.args.namespace, name).await?;
        match gate.bytes(key) {
            Some(pem) => Ok(vec![parse(pem).with_context(|| format!("{gate}: {key}"))?]),
            None if gate.exists() => {
                self.missing.push(format!("{gate} has no {key} yet"));
                Ok(vec![])
            }
            None => {
                self.missing.push(format!("{gate} isn't there yet"));
                Ok(vec![])
            }
        }
    }
}

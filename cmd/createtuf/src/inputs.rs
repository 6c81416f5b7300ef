//! What clients are to trust: from Secrets, or from a folder.

use std::time::SystemTime;

use anyhow::Result;
use certs::Chain;
use gate::Kube;
use keys::PublicKey;
use refusal::{Object, Refusal};
use tracing::warn;
use trust::Inputs;

use crate::{args::Args, files, parts::Input, secrets};

/// Reads all inputs.
///
/// # Errors
///
/// What is missing is named, all of it. A [`Refusal`] of what isn't a chain or a key.
pub(crate) async fn read(kube: &Kube, args: &Args) -> Result<Inputs> {
    let names = args.secrets();
    let parts = match &args.file_dir {
        Some(folder) => files::read(folder, &names)?,
        None => secrets::read(kube, &args.namespace, &names).await?,
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
    let chains = parts.fulcio.iter().zip(&inputs.fulcio);
    for (input, chain) in chains.chain(parts.tsa.iter().zip(&inputs.tsa)) {
        warn_of_expiry(&input.object, chain);
    }
    Ok(inputs)
}

/// Their own Jobs may never run again, and this one runs daily.
fn warn_of_expiry(object: &Object, chain: &Chain) {
    let warning = match chain.check_validity(SystemTime::now()) {
        Ok(None) => return,
        Ok(Some(ending)) => ending.expiry(),
        Err(error) => error.to_string(),
    };
    warn!(
        %object,
        namespace = object.namespace(),
        name = object.name(),
        "{object}: {warning}"
    );
}

fn parsed<T>(
    inputs: &[Input],
    parse: impl Fn(&Input) -> Result<T, Refusal>,
) -> Result<Vec<T>, Refusal> {
    inputs.iter().map(parse).collect()
}

impl Input {
    /// The chain in one file, in whose order the server sends it; the certificates of several
    /// files, ordered by who signed whom.
    fn chain(&self) -> Result<Chain, Refusal> {
        if let [(object, pem)] = &self.files[..] {
            return Chain::from_pem(pem).map_err(|cause| unusable(object, &cause));
        }
        let mut certificates = vec![];
        for (object, pem) in &self.files {
            let bundle = certs::read_bundle(pem);
            certificates.extend(bundle.map_err(|cause| unusable(object, &cause))?);
        }
        Chain::ordered(certificates).map_err(|cause| unusable(&self.object, &cause))
    }

    fn key(&self) -> Result<PublicKey, Refusal> {
        let (object, pem) = &self.files[0];
        PublicKey::from_pem(pem).map_err(|cause| unusable(object, &cause))
    }
}

fn unusable(object: &Object, cause: &dyn std::error::Error) -> Refusal {
    Refusal::new(
        object,
        format!("can't be used ({cause})"),
        "put the right one there",
    )
}

//! What clients are to trust: from Secrets, or from a folder.

use std::time::SystemTime;

use anyhow::Result;
use certs::{Certificate, Chain};
use gate::Kube;
use keys::PublicKey;
use refusal::{Object, Refusal};
use tracing::warn;
use trust::{Inputs, TileLog};

use crate::{
    args::Args,
    files,
    logs::{CTLOG, REKOR},
    parts::Input,
    places::Places,
    secrets,
};

/// Reads all inputs.
///
/// # Errors
///
/// What is missing is named, all of it. A [`Refusal`] of what isn't a chain, a key or an address.
pub(crate) async fn read(kube: &Kube, args: &Args) -> Result<Inputs> {
    let names = args.secrets();
    let parts = match &args.file_dir {
        Some(folder) => files::read(folder, &names)?,
        None => secrets::read(kube, &args.namespace, &names).await?,
    };
    let places = Places::read(kube, args, &parts).await?;
    let inputs = Inputs {
        fulcio: parsed(&parts.fulcio, Input::chain)?,
        rekor: parsed(&parts.rekor, |input| input.plain_log(&REKOR))?,
        rekor_tiles: parsed(&parts.rekor_tiles, |input| {
            input.tile_log(&REKOR, TileLog::rekor, &places.rekor_tiles)
        })?,
        ctlog: parsed(&parts.ctlog, |input| input.plain_log(&CTLOG))?,
        ctlog_tiles: parsed(&parts.ctlog_tiles, |input| {
            input.tile_log(&CTLOG, TileLog::ctlog, &places.ctlog_tiles)
        })?,
        tsa: parsed(&parts.tsa, Input::chain)?,
        urls: places.urls,
        valid_from: args.valid_from,
        metadata_targets: args.metadata_targets,
        signing_config: args.signing_config,
    };
    let chains = parts.fulcio.iter().zip(&inputs.fulcio);
    for (input, chain) in chains.chain(parts.tsa.iter().zip(&inputs.tsa)) {
        warn_about(&input.object, chain);
    }
    Ok(inputs)
}

/// Warns of a chain that ends soon: its own Job may never run again, and this one runs daily. And
/// of clients that verify nothing under it.
fn warn_about(object: &Object, chain: &Chain) {
    let ending = match chain.check_validity(SystemTime::now()) {
        Ok(ending) => ending.map(Certificate::expiry),
        Err(error) => Some(error.to_string()),
    };
    for warning in ending.into_iter().chain(chain.unverified_by()) {
        warn!(
            %object,
            namespace = object.namespace(),
            name = object.name(),
            "{object}: {warning}"
        );
    }
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
        match &self.files[..] {
            [(object, pem)] if *object == self.object => {
                Chain::from_pem(pem).map_err(|cause| unusable(object, &cause, cause.mend()))
            }
            pieces => self.joined(pieces),
        }
    }

    /// Whoever has a file for each certificate means the root certificate to be among them.
    fn joined(&self, pieces: &[(Object, Vec<u8>)]) -> Result<Chain, Refusal> {
        let mut certificates = vec![];
        for (object, pem) in pieces {
            let bundle = certs::read_bundle(pem);
            certificates.extend(bundle.map_err(|cause| unusable(object, &cause, cause.mend()))?);
        }
        let chain = Chain::ordered(certificates);
        let chain = chain.map_err(|cause| unusable(&self.object, &cause, cause.mend()))?;
        match chain.root().is_self_signed() {
            true => Ok(chain),
            false => Err(Refusal::new(
                &self.object,
                format!(
                    "ends with {}, which isn't a root certificate",
                    chain.root().subject()
                ),
                "put the file with the root certificate beside them, or all into one file",
            )),
        }
    }

    pub(crate) fn key(&self) -> Result<PublicKey, Refusal> {
        let (object, pem) = &self.files[0];
        PublicKey::from_pem(pem).map_err(|cause| unusable(object, &cause, cause.mend()))
    }
}

/// Refuses `object` for that `cause`, which a command may mend.
fn unusable(object: &Object, cause: &dyn std::error::Error, mend: Option<&str>) -> Refusal {
    let way_out = match mend {
        Some(command) => format!("mend it ({command})"),
        None => "put the right one there".into(),
    };
    Refusal::new(object, format!("can't be used ({cause})"), way_out)
}

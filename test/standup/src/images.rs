//! What is run in the place of an image.

use anyhow::{Result, bail};
use testbed::Pod;

/// What stands in for an image's container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StandIn {
    /// One of our own binaries.
    Binary(&'static str),
    Trillian,
    Fulcio,
    /// The files of a log with tiles.
    TileLog,
    /// Nothing: only its gate is watched.
    Nothing,
}

/// The binaries of this project that have an image.
pub(crate) const OURS: [&str; 10] = [
    "copysecrets",
    "createcertchain",
    "createcerts",
    "createctconfig",
    "createlog",
    "createsecret",
    "createtree",
    "createtuf",
    "tileserver",
    "tufserver",
];

impl StandIn {
    pub(crate) fn for_image(image: &str) -> Option<Self> {
        if let Some(name) = image.strip_prefix("localhost/scaffolding/") {
            let binary = OURS.into_iter().find(|binary| *binary == name)?;
            return Some(Self::Binary(binary));
        }
        match image {
            "ghcr.io/sigstore/scaffolding/trillian_log_server" => Some(Self::Trillian),
            "ghcr.io/sigstore/rekor-tiles/posix" | "ghcr.io/transparency-dev/tesseract/posix" => {
                Some(Self::TileLog)
            }
            "ghcr.io/sigstore/fulcio" => Some(Self::Fulcio),
            "ghcr.io/sigstore/rekor/rekor-server"
            | "ghcr.io/sigstore/scaffolding/ct_server"
            | "ghcr.io/sigstore/scaffolding/trillian_log_signer"
            | "ghcr.io/sigstore/timestamp-server"
            | "docker.io/library/mariadb"
            | "docker.io/library/redis" => Some(Self::Nothing),
            _ => None,
        }
    }
}

/// Refuses pods with images for which there is nothing to run.
pub(crate) fn check(pods: &[Pod]) -> Result<()> {
    for pod in pods {
        match StandIn::for_image(pod.image()) {
            Some(StandIn::Binary(_)) => (),
            Some(_) if !pod.is_job() => (),
            _ => bail!(
                "{}: spec.template.spec.containers[0].image: nothing is known here that stands in for {}",
                pod.manifest,
                pod.image()
            ),
        }
    }
    Ok(())
}

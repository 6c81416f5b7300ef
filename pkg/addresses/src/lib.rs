//! The ConfigMap that says where clients reach a stack's servers.
//!
//! A person writes it, before the first `kubectl apply`, and each Job that has to know reads it
//! there: so nothing is said twice, and what is wrong with it is told by whichever of them comes
//! first.

mod entries;

use gate::{Kube, Source};
use refusal::{NotYet, Refusals};

pub use entries::{
    Addresses, CTLOG, CTLOG_TILES, FULCIO, ISSUER, REKOR, REKOR_TILES, TSA, TUF, Urls,
};

/// Errors of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What is there is of no use to a client, and a person must decide.
    #[error("{0}")]
    Refused(#[from] Refusals),
    /// Nobody has applied it.
    #[error(transparent)]
    NotYet(#[from] NotYet),
    /// The API server's.
    #[error(transparent)]
    Gate(#[from] gate::Error),
}

/// Reads the ConfigMap.
///
/// # Errors
///
/// That it isn't there yet; all entries that are of no use to a client; the API server's.
pub async fn read(kube: &Kube, namespace: &str, name: &str) -> Result<Addresses, Error> {
    let source = Source::config_map(kube, namespace, name).await?;
    match source.exists() {
        true => Ok(Addresses::parse(source.object(), source.entries())?),
        false => Err(NotYet::new(source.object(), MAKER).into()),
    }
}

const MAKER: &str = "kubectl apply";

//! The ConfigMap that says where clients reach a stack's servers.
//!
//! A person writes it, before the first `kubectl apply`, and each Job that has to know reads it
//! there: so nothing is said twice, and what is wrong with it is told by whichever of them comes
//! first.
//!
//! ```
//! use scaffolding_addresses::Reference;
//!
//! let reference: Reference = "tuf-system/addresses".parse().unwrap();
//! assert_eq!(reference.to_string(), "tuf-system/addresses");
//! assert!("addresses".parse::<Reference>().is_err());
//! ```

mod entries;
mod reference;

use gate::{Kube, Source};
use refusal::{NotYet, Refusals};

pub use entries::{
    Addresses, CTLOG, CTLOG_TILES, FULCIO, ISSUER, REKOR, REKOR_TILES, TSA, TUF, Urls,
};
pub use reference::Reference;

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
pub async fn read(kube: &Kube, reference: &Reference) -> Result<Addresses, Error> {
    let source = Source::config_map(kube, reference.namespace(), reference.name()).await?;
    match source.exists() {
        true => Ok(Addresses::parse(source.object(), source.entries())?),
        false => Err(NotYet::new(source.object(), MAKER).into()),
    }
}

const MAKER: &str = "kubectl apply";

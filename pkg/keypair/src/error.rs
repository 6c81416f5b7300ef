//! What can go wrong with a key pair.

use refusal::{NotYet, Object, Refusal};

/// Errors of this crate. None of them holds anything of a Secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What is there contradicts itself, and a person must decide.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The key, which its owner has yet to bring.
    #[error(transparent)]
    NotYet(#[from] NotYet),
    /// A certificate isn't valid yet, or this clock is behind.
    #[error("{0}: {1}")]
    NotYetValid(Object, certs::Error),
    /// The API server's.
    #[error(transparent)]
    Gate(#[from] gate::Error),
}

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

//! X.509 certificates (RFC 5280): Fulcio's root, the timestamping chain, and reading both.
//!
//! Pure: no clock, disk or network. What is made depends on the keys and the times given and on
//! nothing else, to the byte.

mod certificate;
mod chain;
mod error;
mod issue;

pub use certificate::{Certificate, read_bundle, write_bundle};
pub use chain::Chain;
pub use error::{Error, Result};
pub use issue::{Subject, Validity, root, timestamping_chain};

/// How many intermediate certificates a chain may have.
pub const MOST_INTERMEDIATES: usize = 10;

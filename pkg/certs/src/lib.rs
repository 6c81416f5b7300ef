//! X.509 certificates (RFC 5280): Fulcio's root, the timestamping chain, and reading both.
//!
//! Pure: no clock, disk or network. A certificate that is made here depends, to the byte, on the
//! keys and the times given and on nothing else.

mod certificate;
mod chain;
mod error;
mod issue;

pub use certificate::{Certificate, read_bundle, write_bundle};
pub use chain::Chain;
pub use error::{Error, Result};
pub use issue::{Subject, Validity, root_certificate, timestamping_chain};

/// How many intermediate certificates a chain may have.
pub const MOST_INTERMEDIATES: usize = 10;

//! When the certificates expire that clients are told to trust.

use jiff::Timestamp;
use tuf::Repository;

use crate::{authority::timestamp, merge::Trusted as _, published::Published, trusted_root};

/// A certificate of a chain that is in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiry {
    /// Whose chain it is in: `fulcio` or `tsa`.
    pub service: &'static str,
    /// Its subject.
    pub subject: String,
    /// The SHA-256 that `--withdraw` takes, in hex.
    pub sha256: String,
    /// When it expires.
    pub at: Timestamp,
}

/// The certificates of the chains in use that clients of `repository` are told to trust; none, if
/// they can't read it. A chain that was replaced has got an end, and nobody waits for that of its
/// certificates.
pub fn expiries(repository: &Repository) -> Vec<Expiry> {
    let Ok(Published { trusted_root, .. }) = Published::read(repository) else {
        return vec![];
    };
    let chains = [
        ("fulcio", trusted_root.certificate_authorities),
        ("tsa", trusted_root.timestamp_authorities),
    ];
    let chains = chains
        .iter()
        .flat_map(|(service, chains)| chains.iter().map(move |chain| (*service, chain)));
    chains
        .filter(|(_, chain)| is_in_use(chain))
        .flat_map(|(service, chain)| {
            chain.certificates().map(move |certificate| Expiry {
                service,
                subject: certificate.subject(),
                sha256: hex::encode(certificate.fingerprint()),
                at: timestamp(certificate.not_after()),
            })
        })
        .collect()
}

/// Whether clients may believe it as long as its first certificate says.
fn is_in_use(chain: &trusted_root::Authority) -> bool {
    let end = chain.valid_for.end;
    end.is_none() || end >= chain.natural_end()
}

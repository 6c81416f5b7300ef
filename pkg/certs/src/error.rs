//! What can be wrong with certificates.

/// Errors of this crate.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// It isn't PEM, or it holds something other than certificates, or none.
    #[error("not a PEM file of certificates")]
    NotPem,
    /// A PEM block or DER that isn't a certificate.
    #[error("a certificate that can't be read: {0}")]
    Unreadable(String),
    /// The certificates are no chain in the order given.
    #[error(
        "certificate {position} ({subject}) isn't signed by the one behind it: the order is leaf, intermediates, root"
    )]
    Order {
        /// Counted from 1.
        position: usize,
        /// The certificate's subject.
        subject: String,
    },
    /// The certificates, in any order, are no chain.
    #[error("the certificates form no single chain: {0} has no place in it")]
    NoChain(String),
    /// The last certificate isn't signed by itself.
    #[error("the chain has no root: {0}, its last certificate, isn't self-signed")]
    NoRoot(String),
    /// Too many certificates between the first and the root certificate.
    #[error(
        "{0} intermediate certificates, at most {most} are allowed",
        most = crate::MOST_INTERMEDIATES
    )]
    TooLong(usize),
    /// Its validity is over.
    #[error("{subject} expired at {at}")]
    Expired {
        /// The certificate's subject.
        subject: String,
        /// The last second of its validity, as in RFC 3339.
        at: String,
    },
    /// Its validity hasn't begun, or this clock is behind.
    #[error("{subject} isn't valid before {at}")]
    NotYetValid {
        /// The certificate's subject.
        subject: String,
        /// The first second of its validity, as in RFC 3339.
        at: String,
    },
    /// It can't be used for what it is there for.
    #[error("{subject} {reason}")]
    Purpose {
        /// The certificate's subject.
        subject: String,
        /// What it isn't, or lacks.
        reason: &'static str,
    },
    /// The certificate can't be made from what was given.
    #[error("a key, a subject or a time that a certificate can't be made of: {0}")]
    CannotIssue(String),
}

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

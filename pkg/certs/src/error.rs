//! What can be wrong with certificates.

use keys::Flaw;

/// Errors of this crate.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// Not PEM as the servers read it.
    #[error("not a PEM file of certificates: {0}")]
    NotPem(Flaw),
    /// A PEM block or DER that isn't a certificate, or that a server's or a client's parser
    /// refuses.
    #[error("a certificate that can't be read: {0}")]
    Unreadable(String),
    /// The certificates would be a chain in another order.
    #[error(
        "certificate {position} ({subject}) isn't signed by the one behind it: the order is leaf, \
         intermediates, root"
    )]
    Order {
        /// Counted from 1.
        position: usize,
        /// The certificate's subject.
        subject: String,
    },
    /// The certificates, in any order, are no chain.
    #[error("the certificates form no single chain: {0} has no place in it")]
    Surplus(String),
    /// A certificate that is there twice.
    #[error("{0} is there twice")]
    Twice(String),
    /// Nobody behind a certificate has the name of its issuer.
    #[error("{subject} is issued by {issuer}, whose certificate isn't behind it")]
    NoIssuer {
        /// The certificate's subject.
        subject: String,
        /// Its issuer's name.
        issuer: String,
    },
    /// Too many certificates between the first and the last.
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
    Unfit {
        /// The certificate's subject.
        subject: String,
        /// What it isn't, or lacks.
        reason: String,
    },
    /// The certificate can't be made from what was given.
    #[error("a key, a subject or a time that a certificate can't be made of: {0}")]
    CannotIssue(String),
}

impl Error {
    /// The command that mends it, if one does: the beginning of a way out.
    pub fn mend(&self) -> Option<&'static str> {
        match self {
            Self::NotPem(Flaw::Der) => Some("openssl x509 -inform der -in FILE"),
            Self::NotPem(flaw) => flaw.mend(),
            Self::Unreadable(reason) if reason.contains("PKCS7") => {
                Some("openssl pkcs7 -print_certs -in FILE")
            }
            _ => None,
        }
    }
}

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

//! What can be wrong with a key.

/// Errors of this crate. None of them holds anything of a key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The file isn't PEM.
    #[error("not a PEM file with one block")]
    NotPem,
    /// The file holds more than its one PEM block: what stands beside a public key could be a
    /// private one.
    #[error("more than its one PEM block: the rest could be another key, remove it")]
    NotAlone,
    /// The PEM block holds something other than such a key, or a damaged one.
    #[error("no {0} in the PEM block")]
    NoKey(&'static str),
    /// A key that no Sigstore server takes: only ECDSA (P-256, P-384, P-521), RSA and Ed25519 are
    /// known.
    #[error("a kind of key that isn't known here")]
    UnknownKind,
    /// Encrypted, and no password was given.
    #[error("encrypted, and its password is missing")]
    NoPassword,
    /// The password doesn't open it (or the key is damaged: the older form can't tell).
    #[error("its password doesn't open it")]
    WrongPassword,
    /// `DEK-Info` names a cipher other than AES-256-CBC.
    #[error("encrypted with {0}: only AES-256-CBC is known here")]
    UnknownCipher(String),
}

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

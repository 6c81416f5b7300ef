//! What can be wrong with a key.

use crate::Flaw;

/// Errors of this crate. None of them holds anything of a key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The file holds no PEM that its reader sees.
    #[error(transparent)]
    Flaw(#[from] Flaw),
    /// The file holds another block: which one is meant, only its owner knows.
    #[error("more than its one PEM block: the rest could be another key, remove it")]
    NotAlone,
    /// Empty lines behind the block, which ct_server refuses.
    #[error("an empty line stands behind it")]
    BlankBehind,
    /// The PEM block holds something other than such a key, or a damaged one.
    #[error("no {0} in the PEM block")]
    NoKey(&'static str),
    /// What `ssh-keygen` writes.
    #[error("in OpenSSH's own form, which isn't read here")]
    OpenSsh,
    /// The label names another container than the block holds.
    #[error("its label isn't that of what is in it")]
    Label,
    /// The newer of the two labels of cosign's keys, where the older one alone is known.
    #[error("its label says SIGSTORE, and its server knows COSIGN there")]
    NewLabel,
    /// A curve given by its numbers (RFC 3279, section 2.3.5) and not by its name.
    #[error("its curve is spelled out instead of named")]
    SpelledOut {
        /// Whether it is a public key.
        public: bool,
    },
    /// A point of an elliptic curve in its compressed or hybrid form.
    #[error("its point is compressed")]
    Compressed,
    /// A key that no Sigstore server takes: only ECDSA (P-256, P-384, P-521), RSA and Ed25519 are
    /// known.
    #[error("a kind of key that isn't known here")]
    UnknownKind,
    /// Anything but SEC1 with the curve's name and without a password, where nothing else is read.
    #[error("it isn't plain SEC1 with its curve, and its server reads nothing else")]
    NotSec1,
    /// Not encrypted, where nothing else is opened.
    #[error("it isn't encrypted with DEK-Info")]
    NotEncrypted,
    /// `Proc-Type` or `DEK-Info` isn't as its reader wants it.
    #[error("encrypted, and its headers aren't as its server reads them")]
    Headers,
    /// Encrypted, and no password was given.
    #[error("encrypted, and its password is missing")]
    NoPassword,
    /// The password doesn't open it (or the key is damaged: the older form can't tell).
    #[error("its password doesn't open it")]
    WrongPassword,
    /// Encrypted with something that its reader doesn't know.
    #[error("encrypted with {0}, which its server can't open")]
    UnknownCipher(String),
    /// Sealed as cosign does it, but with something else.
    #[error("sealed with {0}, which its server can't open")]
    UnknownSeal(String),
}

impl Error {
    /// The command that mends the file, if one does.
    pub fn mend(&self) -> Option<&'static str> {
        match self {
            Self::Flaw(flaw) => flaw.mend(),
            Self::OpenSsh => Some("ssh-keygen -p -N '' -m PEM -f FILE"),
            Self::Label => Some("openssl pkey -in FILE"),
            Self::SpelledOut { public: false } => {
                Some("openssl pkey -in FILE -ec_param_enc named_curve")
            }
            Self::SpelledOut { public: true } => {
                Some("openssl pkey -pubin -in FILE -ec_param_enc named_curve")
            }
            Self::NotSec1 => Some("openssl ec -in FILE"),
            Self::Compressed => Some("openssl pkey -pubin -in FILE -ec_conv_form uncompressed"),
            Self::NewLabel => Some("sed -i 's/ SIGSTORE / COSIGN /' FILE"),
            Self::UnknownCipher(_) => {
                Some("openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -in FILE")
            }
            Self::BlankBehind => Some("sed -i '/^$/d' FILE"),
            _ => None,
        }
    }
}

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

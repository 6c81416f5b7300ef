//! Whose reader a private key must suit: each server opens some forms of PEM and no others.

use pem::Pem;
use pkcs8::pkcs5::pbes2::{EncryptionScheme, Kdf, Pbkdf2Prf};

use crate::{Blocks, Error, Flaw, Result};

/// The code that reads a private key's file in a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Fulcio's: `UnmarshalPEMToPrivateKey` in sigstore's `pkg/cryptoutils/privatekey.go`, with
    /// `youmark/pkcs8` for PBES2. It takes the first block, whatever follows.
    Sigstore,
    /// Rekor's and the timestamp authority's: `Read` in go.step.sm/crypto's `pemutil/pem.go`, which
    /// takes a byte order mark away.
    Step,
    /// ct_server's: Trillian's `crypto/keys/pem/pem.go`. It opens nothing but the older encrypted
    /// form, whatever the label, and refuses even an empty line behind it.
    Trillian,
    /// TesseraCT's: `signerFromFlags` in its `cmd/tesseract/posix/main.go`. It takes the first
    /// block for a plain ECPrivateKey (RFC 5915) that names its curve, whatever the label.
    Tesseract,
    /// Ours, for a key that is written anew: whatever one of these opens.
    Any,
}

impl Reader {
    /// The block that it reads.
    pub(crate) fn block(self, file: &[u8]) -> Result<Pem> {
        let file = match self {
            Self::Step => file.strip_prefix(BYTE_ORDER_MARK).unwrap_or(file),
            _ => file,
        };
        let mut blocks = Blocks::of(file);
        let Some(block) = blocks.next() else {
            return Err(Flaw::of(file).unwrap_or(Flaw::NoBlock).into());
        };
        let rest = blocks.rest();
        match self {
            Self::Trillian if !rest.is_empty() && rest.trim_ascii().is_empty() => {
                Err(Error::BlankBehind)
            }
            Self::Sigstore | Self::Tesseract => Ok(block),
            _ if rest.trim_ascii().is_empty() => Ok(block),
            _ if blocks.next().is_some() => Err(Error::NotAlone),
            _ => Err(Flaw::of(file).unwrap_or(Flaw::Behind).into()),
        }
    }

    /// Whether it takes a block for one in the older encrypted form (RFC 1421).
    ///
    /// # Errors
    ///
    /// [`Error::Headers`] when the block is in that form, and this reader doesn't see it.
    pub(crate) fn sees_older_form(self, block: &Pem) -> Result<bool> {
        let is_encrypted = block.headers().get("DEK-Info").is_some();
        let says_so = block.headers().get("Proc-Type") == Some("4,ENCRYPTED");
        match self {
            Self::Step if is_encrypted != says_so => Err(Error::Headers),
            Self::Tesseract => Ok(false),
            _ if says_so && !is_encrypted => Err(Error::Headers),
            _ => Ok(is_encrypted),
        }
    }

    /// Whether it opens a key that is sealed with a cosign key's label.
    pub(crate) fn opens_sealed(self, label: &str) -> bool {
        match label {
            "ENCRYPTED COSIGN PRIVATE KEY" => self != Self::Trillian,
            "ENCRYPTED SIGSTORE PRIVATE KEY" => ![Self::Trillian, Self::Step].contains(&self),
            _ => false,
        }
    }

    /// Whether it opens PBES2 with these.
    pub(crate) fn opens_pbes2(self, kdf: &Kdf, cipher: EncryptionScheme) -> bool {
        let is_common = |prf| [Pbkdf2Prf::HmacWithSha1, Pbkdf2Prf::HmacWithSha256].contains(&prf);
        let derives = match kdf {
            Kdf::Pbkdf2(parameters) => is_common(parameters.prf),
            Kdf::Scrypt(_) => self == Self::Sigstore,
            _ => false,
        };
        let deciphers = match cipher {
            EncryptionScheme::Aes128Cbc { .. }
            | EncryptionScheme::Aes192Cbc { .. }
            | EncryptionScheme::Aes256Cbc { .. }
            | EncryptionScheme::DesEde3Cbc { .. } => true,
            EncryptionScheme::DesCbc { .. } => self == Self::Step,
            _ => false,
        };
        self == Self::Any || derives && deciphers
    }

    /// Whether it reads what a label says, and not what the block holds.
    pub(crate) fn minds_labels(self) -> bool {
        [Self::Sigstore, Self::Step].contains(&self)
    }
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

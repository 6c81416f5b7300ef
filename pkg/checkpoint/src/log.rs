//! Whose a checkpoint is.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, VerificationAlgorithm,
};
use keys::{Kind, PublicKey};
use sha2::{Digest as _, Sha256};

use crate::{Checkpoint, note::Note};

/// What a log is to everyone: a name and a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    origin: String,
    key: PublicKey,
    algorithms: &'static [Algorithm],
}

/// How a checkpoint is signed, by the type of the key in a signed note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    /// Type 0x01 (<https://c2sp.org/signed-note>): what a Rekor v2 with an Ed25519 key writes.
    Ed25519,
    /// Type 0x02, whose key ID is that of RFC 6962: a Rekor v2 with a P-256 key (`pkg/note` of
    /// rekor-tiles).
    Ecdsa,
    /// Type 0x05 (<https://c2sp.org/static-ct-api>): an RFC 6962 tree head in another form, which
    /// TesseraCT writes (`internal/ct/signatures.go`).
    TreeHead,
}

/// Why a checkpoint isn't taken: each is a predicate about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No log has such a name (<https://c2sp.org/signed-note>).
    #[error("is {0:?}, and no log has such a name")]
    Origin(String),
    /// Logs with tiles don't sign with such keys.
    #[error("is neither an Ed25519 nor a P-256 key, and no log with tiles has another")]
    KeyKind,
    /// It isn't a signed note, or its text isn't a checkpoint.
    #[error("isn't a checkpoint")]
    NotACheckpoint,
    /// It is another log's.
    #[error("is that of another log, {0:?}")]
    AnotherLog(String),
    /// None of the signatures says that it is by this key.
    #[error("is signed with another key")]
    AnotherKey,
    /// A signature says so, and isn't.
    #[error("has a signature that isn't by the log's key")]
    Signature,
}

impl Log {
    /// The log that is called `origin` and signs with `key`.
    ///
    /// # Errors
    ///
    /// [`Error::Origin`], [`Error::KeyKind`].
    pub fn new(origin: &str, key: PublicKey) -> Result<Self, Error> {
        if origin.is_empty() || origin.contains(|c: char| c.is_whitespace() || c == '+') {
            return Err(Error::Origin(origin.into()));
        }
        let algorithms: &[_] = match key.kind() {
            Some(Kind::Ed25519) => &[Algorithm::Ed25519],
            Some(Kind::EcdsaP256) => &[Algorithm::Ecdsa, Algorithm::TreeHead],
            _ => return Err(Error::KeyKind),
        };
        Ok(Self {
            origin: origin.into(),
            key,
            algorithms,
        })
    }

    /// Its name.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Reads a checkpoint, a signed note, of this log.
    ///
    /// # Errors
    ///
    /// All others.
    pub fn open(&self, note: &[u8]) -> Result<Checkpoint, Error> {
        let note = Note::read(note).ok_or(Error::NotACheckpoint)?;
        let checkpoint = Checkpoint::from_body(note.text).ok_or(Error::NotACheckpoint)?;
        if checkpoint.origin != self.origin {
            return Err(Error::AnotherLog(checkpoint.origin));
        }
        let mut seen = Err(Error::AnotherKey);
        for signature in note.signatures {
            let ours = self.algorithms.iter().find(|algorithm| {
                signature.name == self.origin && signature.key_id == self.key_id(**algorithm)
            });
            let Some(algorithm) = ours else { continue };
            if !self.verifies(*algorithm, note.text, &checkpoint, &signature.bytes) {
                return Err(Error::Signature);
            }
            seen = Ok(checkpoint.clone());
        }
        seen
    }

    /// The beginning of the digest by which a note names the key.
    fn key_id(&self, algorithm: Algorithm) -> [u8; 4] {
        let named = |kind: u8, key: &[u8]| {
            let digest = Sha256::new().chain_update(&self.origin);
            digest.chain_update([b'\n', kind]).chain_update(key)
        };
        let digest = match algorithm {
            Algorithm::Ed25519 => named(0x01, self.key.bits()).finalize(),
            Algorithm::Ecdsa => Sha256::digest(self.key.der()),
            Algorithm::TreeHead => named(0x05, &self.key.log_id()).finalize(),
        };
        *digest.first_chunk().expect("a digest has 32 bytes")
    }

    fn verifies(
        &self,
        algorithm: Algorithm,
        text: &str,
        checkpoint: &Checkpoint,
        signature: &[u8],
    ) -> bool {
        match algorithm {
            Algorithm::Ed25519 => self.signed(&ED25519, text.as_bytes(), signature),
            Algorithm::Ecdsa => self.signed(&ECDSA_P256_SHA256_ASN1, text.as_bytes(), signature),
            Algorithm::TreeHead => tree_head(checkpoint, signature).is_some_and(|(head, bytes)| {
                // An extension would be a line that nobody signed.
                checkpoint.body() == text && self.signed(&ECDSA_P256_SHA256_ASN1, &head, bytes)
            }),
        }
    }

    fn signed(
        &self,
        algorithm: &'static dyn VerificationAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        ParsedPublicKey::new(algorithm, self.key.der())
            .is_ok_and(|key| key.verify_sig(message, signature).is_ok())
    }
}

/// The tree head that was signed in the place of the text (RFC 6962, section 3.5), and the
/// signature of it: the note has the time, then a `digitally-signed` (RFC 5246, section 4.7).
fn tree_head<'a>(checkpoint: &Checkpoint, signature: &'a [u8]) -> Option<(Vec<u8>, &'a [u8])> {
    let (timestamp, signed) = signature.split_at_checked(8)?;
    let (kind, signed) = signed.split_at_checked(2)?;
    let (length, bytes) = signed.split_first_chunk()?;
    if kind != SHA256_ECDSA || usize::from(u16::from_be_bytes(*length)) != bytes.len() {
        return None;
    }
    let size = checkpoint.size.to_be_bytes();
    let head = [&[V1, TREE_HASH], timestamp, &size, &checkpoint.root].concat();
    Some((head, bytes))
}

/// RFC 5246, section 7.4.1.4.1.
const SHA256_ECDSA: &[u8] = &[4, 3];
/// RFC 6962, section 3.2.
const V1: u8 = 0;
const TREE_HASH: u8 = 1;

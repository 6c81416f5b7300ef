//! Public keys.

use aws_lc_rs::{
    rsa,
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, ED25519,
        ParsedPublicKey, VerificationAlgorithm,
    },
};
use pkcs8::{
    der::{
        Decode as _, Encode as _,
        asn1::{AnyRef, BitStringRef, UintRef},
    },
    spki::{AlgorithmIdentifierRef, ObjectIdentifier, SubjectPublicKeyInfoRef},
};
use sha2::{Digest as _, Sha256};

use crate::{Error, Reader, Result, to_pem};

/// A public key as X.509 carries it: a SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7), in the
/// one form that everybody derives the same log ID from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    der: Vec<u8>,
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo in DER, as strictly as Go's `x509.ParsePKIXPublicKey`: curves
    /// by their names, points uncompressed.
    ///
    /// # Errors
    ///
    /// [`Error::NoKey`], [`Error::SpelledOut`], [`Error::Compressed`], [`Error::UnknownKind`].
    pub fn from_der(der: &[u8]) -> Result<Self> {
        let info =
            SubjectPublicKeyInfoRef::try_from(der).map_err(|_| Error::NoKey("public key"))?;
        // A bit string in DER may end within a byte; no key does.
        let bits = info.subject_public_key.as_bytes();
        let bits = bits.ok_or(Error::NoKey("public key"))?;
        let is = |kind: &'static dyn VerificationAlgorithm| ParsedPublicKey::new(kind, der).is_ok();
        let is_known = match info.algorithm.oid {
            EC if info.algorithm.parameters_oid().is_err() => {
                return Err(Error::SpelledOut { public: true });
            }
            EC if !bits.starts_with(&[UNCOMPRESSED]) => return Err(Error::Compressed),
            EC => {
                is(&ECDSA_P256_SHA256_ASN1)
                    || is(&ECDSA_P384_SHA384_ASN1)
                    || is(&ECDSA_P521_SHA512_ASN1)
            }
            RSA_ENCRYPTION => {
                info.algorithm.parameters == Some(AnyRef::NULL)
                    && rsa::PublicKey::from_der(der).is_ok()
            }
            _ => is(&ED25519),
        };
        match is_known {
            true => Ok(Self { der: der.to_vec() }),
            false => Err(Error::UnknownKind),
        }
    }

    /// Reads a PEM file with one `PUBLIC KEY`, or one `RSA PUBLIC KEY` (PKCS#1). Text may stand
    /// around it, and [`to_pem`](Self::to_pem) leaves it away: `openssl ec -pubout -text` writes
    /// the private key there.
    ///
    /// # Errors
    ///
    /// As [`from_der`](Self::from_der); [`Error::Flaw`], [`Error::NotAlone`].
    pub fn from_pem(file: &[u8]) -> Result<Self> {
        let block = Reader::Sigstore.block(file)?;
        // Nor may another one begin: what it holds could be a private key.
        let begins = file.windows(BEGIN.len()).filter(|text| *text == BEGIN);
        if begins.count() > 1 {
            return Err(Error::NotAlone);
        }
        match block.tag() {
            "PUBLIC KEY" => Self::from_der(block.contents()),
            "RSA PUBLIC KEY" => Self::from_pkcs1(block.contents()),
            _ => Err(Error::NoKey("public key")),
        }
    }

    /// Reads an RSAPublicKey (RFC 8017, appendix A.1.1), which is two numbers. An RSAPrivateKey has
    /// more; one with the label of a public key must not pass, since it may be published.
    fn from_pkcs1(key: &[u8]) -> Result<Self> {
        Vec::<UintRef<'_>>::from_der(key)
            .ok()
            .filter(|numbers| numbers.len() == 2)
            .ok_or(Error::NoKey("public key"))?;
        let info = SubjectPublicKeyInfoRef {
            algorithm: AlgorithmIdentifierRef {
                oid: RSA_ENCRYPTION,
                parameters: Some(AnyRef::NULL),
            },
            subject_public_key: BitStringRef::from_bytes(key)
                .map_err(|_| Error::NoKey("public key"))?,
        };
        Self::from_der(&info.to_der().map_err(|_| Error::NoKey("public key"))?)
    }

    /// The SubjectPublicKeyInfo in DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// A PEM file with a `PUBLIC KEY` block.
    pub fn to_pem(&self) -> String {
        to_pem("PUBLIC KEY", &self.der)
    }

    /// The log ID of a CT log (RFC 6962, section 3.2) and of a Rekor v1 log with this key: the
    /// SHA-256 of [`der`](Self::der).
    pub fn log_id(&self) -> [u8; 32] {
        Sha256::digest(&self.der).into()
    }

    /// The bits of the key itself, without the algorithm: for ECDSA the uncompressed point.
    pub fn bits(&self) -> &[u8] {
        SubjectPublicKeyInfoRef::try_from(self.der.as_slice())
            .ok()
            .and_then(|info| info.subject_public_key.as_bytes())
            .expect("the DER was parsed when the key was read")
    }
}

/// RFC 5480, section 2.1.1.
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// RFC 3279, section 2.3.1.
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// SEC 1, section 2.3.3.
const UNCOMPRESSED: u8 = 4;
const BEGIN: &[u8] = b"-----BEGIN";

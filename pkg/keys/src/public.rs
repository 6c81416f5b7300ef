//! Public keys.

use pkcs8::{
    der::{
        Decode as _, Encode as _,
        asn1::{AnyRef, BitStringRef, UintRef},
    },
    spki::{AlgorithmIdentifierRef, ObjectIdentifier, SubjectPublicKeyInfoRef},
};
use sha2::{Digest as _, Sha256};

use crate::{Error, Result, pem_file, to_pem};

/// A public key as X.509 carries it: a SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    der: Vec<u8>,
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo in DER.
    ///
    /// # Errors
    ///
    /// [`Error::NoKey`] for anything else.
    pub fn from_der(der: &[u8]) -> Result<Self> {
        let info =
            SubjectPublicKeyInfoRef::try_from(der).map_err(|_| Error::NoKey("public key"))?;
        // A bit string in DER may end within a byte; no key does.
        info.subject_public_key
            .as_bytes()
            .ok_or(Error::NoKey("public key"))?;
        Ok(Self { der: der.to_vec() })
    }

    /// Reads a PEM file with one `PUBLIC KEY`, or one `RSA PUBLIC KEY` (PKCS#1), and nothing else:
    /// what is read here may be passed on as it is.
    ///
    /// # Errors
    ///
    /// [`Error::NotPem`], [`Error::NotAlone`], [`Error::NoKey`].
    pub fn from_pem(file: &[u8]) -> Result<Self> {
        let block = pem_file::read_bare(file)?;
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
        Ok(Self {
            der: info.to_der().map_err(|_| Error::NoKey("public key"))?,
        })
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

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

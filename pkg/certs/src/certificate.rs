//! Reading certificates.

use std::{fmt, time::SystemTime};

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1,
    ECDSA_P521_SHA256_ASN1, ECDSA_P521_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, ED25519,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    UnparsedPublicKey, VerificationAlgorithm,
};
use keys::PublicKey;
use sha2::{Digest as _, Sha256};
use x509_cert::{
    der::{Decode as _, Encode as _, oid::ObjectIdentifier},
    ext::pkix::{BasicConstraints, ExtendedKeyUsage},
};

use crate::{Error, Result};

/// One certificate.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    parsed: x509_cert::Certificate,
    public_key: PublicKey,
}

impl Certificate {
    /// Reads a certificate in DER.
    ///
    /// # Errors
    ///
    /// [`Error::Unreadable`].
    pub fn from_der(der: &[u8]) -> Result<Self> {
        let unreadable = |cause: &dyn fmt::Display| Error::Unreadable(cause.to_string());
        let parsed = x509_cert::Certificate::from_der(der).map_err(|cause| unreadable(&cause))?;
        let spki = parsed.tbs_certificate().subject_public_key_info();
        let spki = spki.to_der().map_err(|cause| unreadable(&cause))?;
        let public_key = PublicKey::from_der(&spki).map_err(|cause| unreadable(&cause))?;
        Ok(Self {
            der: der.to_vec(),
            parsed,
            public_key,
        })
    }

    /// The certificate in DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Its SHA-256, as `openssl x509 -fingerprint -sha256` shows it.
    pub fn fingerprint(&self) -> [u8; 32] {
        Sha256::digest(&self.der).into()
    }

    /// A PEM file with this certificate.
    pub fn to_pem(&self) -> String {
        keys::to_pem(TAG, &self.der)
    }

    /// The subject's name, as in RFC 4514.
    pub fn subject(&self) -> String {
        self.parsed.tbs_certificate().subject().to_string()
    }

    /// The organization in the subject's name, or nothing.
    pub fn organization(&self) -> String {
        let name = self.parsed.tbs_certificate().subject().organization();
        name.ok().flatten().map(String::from).unwrap_or_default()
    }

    /// The common name in the subject's name, or nothing.
    pub fn common_name(&self) -> String {
        let name = self.parsed.tbs_certificate().subject().common_name();
        name.ok().flatten().map(String::from).unwrap_or_default()
    }

    /// When it becomes valid.
    pub fn not_before(&self) -> SystemTime {
        self.parsed
            .tbs_certificate()
            .validity()
            .not_before
            .to_system_time()
    }

    /// The last second in which it is valid.
    pub fn not_after(&self) -> SystemTime {
        self.parsed
            .tbs_certificate()
            .validity()
            .not_after
            .to_system_time()
    }

    /// When its validity ends, as a sentence for whoever has to renew it.
    pub fn expiry(&self) -> String {
        let end = humantime::format_rfc3339_seconds(self.not_after());
        format!("{} expires at {end}", self.subject())
    }

    /// Its public key.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// Whether it may sign certificates: BasicConstraints with CA:TRUE.
    pub fn is_ca(&self) -> bool {
        let constraints = self
            .parsed
            .tbs_certificate()
            .get_extension::<BasicConstraints>();
        constraints
            .ok()
            .flatten()
            .is_some_and(|(_, constraints)| constraints.ca)
    }

    /// The purposes in its ExtendedKeyUsage, and whether that extension is critical.
    pub fn extended_key_usage(&self) -> Option<(bool, Vec<ObjectIdentifier>)> {
        let usage = self
            .parsed
            .tbs_certificate()
            .get_extension::<ExtendedKeyUsage>();
        usage
            .ok()
            .flatten()
            .map(|(critical, usage)| (critical, usage.0))
    }

    /// The error that this certificate isn't fit for its purpose.
    pub(crate) fn unfit(&self, reason: &'static str) -> Error {
        Error::Purpose {
            subject: self.subject(),
            reason,
        }
    }

    /// Whether `issuer` signed it: the names match, and the signature verifies.
    pub fn is_signed_by(&self, issuer: &Self) -> bool {
        let tbs = self.parsed.tbs_certificate();
        if tbs.issuer() != issuer.parsed.tbs_certificate().subject() {
            return false;
        }
        let (Ok(message), Some(signature)) = (tbs.to_der(), self.parsed.signature().as_bytes())
        else {
            return false;
        };
        let verifies = |algorithm: &&'static dyn VerificationAlgorithm| {
            UnparsedPublicKey::new(*algorithm, issuer.public_key.bits())
                .verify(&message, signature)
                .is_ok()
        };
        algorithms(&self.parsed.signature_algorithm().oid)
            .iter()
            .any(verifies)
    }

    /// Whether it is signed by itself, as a root certificate is.
    pub fn is_self_signed(&self) -> bool {
        self.is_signed_by(self)
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", self.subject())
    }
}

/// The algorithms that a signature's identifier may mean. One for ECDSA doesn't name the curve:
/// that is the key's, so each curve is tried, and the others don't verify.
fn algorithms(signature: &ObjectIdentifier) -> &'static [&'static dyn VerificationAlgorithm] {
    match signature.to_string().as_str() {
        "1.2.840.10045.4.3.2" => &[
            &ECDSA_P256_SHA256_ASN1,
            &ECDSA_P384_SHA256_ASN1,
            &ECDSA_P521_SHA256_ASN1,
        ],
        "1.2.840.10045.4.3.3" => &[
            &ECDSA_P256_SHA384_ASN1,
            &ECDSA_P384_SHA384_ASN1,
            &ECDSA_P521_SHA384_ASN1,
        ],
        "1.2.840.10045.4.3.4" => &[&ECDSA_P521_SHA512_ASN1],
        "1.2.840.113549.1.1.11" => &[&RSA_PKCS1_2048_8192_SHA256],
        "1.2.840.113549.1.1.12" => &[&RSA_PKCS1_2048_8192_SHA384],
        "1.2.840.113549.1.1.13" => &[&RSA_PKCS1_2048_8192_SHA512],
        "1.3.101.112" => &[&ED25519],
        _ => &[],
    }
}

/// The certificates of a PEM file, in its order. There may be text around them.
///
/// # Errors
///
/// [`Error::NotPem`] when there are none, or a block of something else, whole or not;
/// [`Error::Unreadable`].
pub fn read_bundle(file: &[u8]) -> Result<Vec<Certificate>> {
    let blocks = pem::parse_many(file).map_err(|_| Error::NotPem)?;
    if blocks.is_empty() || blocks.iter().any(|block| block.tag() != TAG) {
        return Err(Error::NotPem);
    }
    // The parser doesn't see a block that lacks its first or its last line.
    let text = String::from_utf8_lossy(file);
    if ["-----BEGIN", "-----END"]
        .iter()
        .any(|mark| text.matches(mark).count() != blocks.len())
    {
        return Err(Error::NotPem);
    }
    blocks
        .iter()
        .map(|block| Certificate::from_der(block.contents()))
        .collect()
}

/// A PEM file of `certificates`, in their order.
pub fn write_bundle<'a>(certificates: impl IntoIterator<Item = &'a Certificate>) -> String {
    certificates.into_iter().map(Certificate::to_pem).collect()
}

const TAG: &str = "CERTIFICATE";

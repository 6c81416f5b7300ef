//! Reading certificates.

use std::{fmt, time::SystemTime};

use keys::PublicKey;
use sha2::{Digest as _, Sha256};
use x509_cert::{
    Version,
    certificate::{CertificateInner, Raw},
    der::{
        self, Decode, Encode as _, ErrorKind, Header, Reader as _, SliceReader, Tag,
        asn1::{Any, ObjectIdentifier},
    },
    name::Name,
};

use crate::{
    Error, Result,
    algorithms::{self, KeyKind},
    extensions::Extensions,
};

/// One certificate.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    parsed: CertificateInner<Raw>,
    extensions: Extensions,
    public_key: PublicKey,
    key_kind: KeyKind,
}

impl Certificate {
    /// Reads a certificate in DER.
    ///
    /// What Go's parser refuses is refused (`parseCertificate` in `crypto/x509/parser.go`, Go
    /// 1.26), and what Python's does (cryptography's `load_der_x509_certificate`), which wants DER
    /// to the letter: one such certificate in `trusted_root.json`, and the client reads nothing of
    /// it.
    ///
    /// # Errors
    ///
    /// [`Error::Unreadable`].
    pub fn from_der(der: &[u8]) -> Result<Self> {
        let unreadable = |cause: &dyn fmt::Display| Error::Unreadable(cause.to_string());
        let parsed: CertificateInner<Raw> =
            Decode::from_der(der).map_err(|cause: der::Error| unreadable(&told(cause.kind())))?;
        let tbs = parsed.tbs_certificate();
        let key = tbs.subject_public_key_info();
        let key_kind = KeyKind::of(key).map_err(|cause| unreadable(&cause))?;
        if tbs
            .serial_number()
            .as_bytes()
            .first()
            .is_some_and(|first| *first > 0x7f)
        {
            return Err(unreadable(&"its serial number is negative"));
        }
        if tbs.signature() != parsed.signature_algorithm() {
            return Err(unreadable(&"it names two signature algorithms"));
        }
        if tbs.version() == Version::V2 {
            return Err(unreadable(&"it is of version 2"));
        }
        let is_der = parsed.to_der().is_ok_and(|again| again == der);
        if !is_der || !algorithms::is_der(tbs.signature()) {
            return Err(unreadable(&"it is encoded in another way than DER"));
        }
        if ![tbs.issuer(), tbs.subject()].into_iter().all(is_readable) {
            return Err(unreadable(&"its subject or its issuer isn't text"));
        }
        let extensions = Extensions::of(tbs).map_err(|cause| unreadable(&cause))?;
        let key = key.to_der().map_err(|cause| unreadable(&cause))?;
        let public_key = PublicKey::from_der(&key).map_err(|cause| unreadable(&cause))?;
        Ok(Self {
            der: der.to_vec(),
            parsed,
            extensions,
            public_key,
            key_kind,
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
        self.extensions.authority.is_some_and(|(is_ca, _)| is_ca)
    }

    /// The purposes in its ExtendedKeyUsage, and whether that extension is critical.
    pub fn extended_key_usage(&self) -> Option<(bool, Vec<ObjectIdentifier>)> {
        self.extensions.purposes.clone()
    }

    pub(crate) fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    pub(crate) fn key_kind(&self) -> KeyKind {
        self.key_kind
    }

    /// The subject's name, as far as a message has room for it.
    pub(crate) fn name(&self) -> String {
        shortened(&self.subject())
    }

    /// The error that this certificate isn't fit for its purpose.
    pub(crate) fn unfit(&self, reason: impl Into<String>) -> Error {
        Error::Unfit {
            subject: self.name(),
            reason: reason.into(),
        }
    }

    pub(crate) fn parsed(&self) -> &CertificateInner<Raw> {
        &self.parsed
    }

    /// The issuer's name, as far as a message has room for it.
    pub(crate) fn issuer(&self) -> String {
        shortened(&self.parsed.tbs_certificate().issuer().to_string())
    }

    /// Whether subject and issuer have one name.
    pub(crate) fn is_self_issued(&self) -> bool {
        self.is_issued_by(self)
    }

    /// Whether the names match.
    pub(crate) fn is_issued_by(&self, issuer: &Self) -> bool {
        let (tbs, issuer) = (
            self.parsed.tbs_certificate(),
            issuer.parsed.tbs_certificate(),
        );
        tbs.issuer() == issuer.subject()
    }

    /// Whether both are the same authority to Go, which has each once in a path
    /// (`alreadyInChain`).
    pub(crate) fn is_same_authority(&self, other: &Self) -> bool {
        let [one, two] = [self, other].map(|certificate| certificate.parsed.tbs_certificate());
        one.subject() == two.subject()
            && self.public_key == other.public_key
            && self.extensions.names == other.extensions.names
    }

    /// Checks that `issuer` may sign certificates, and that it signed this one
    /// (`CheckSignatureFrom`).
    ///
    /// # Errors
    ///
    /// [`Error::Unfit`] names the one or the other.
    pub(crate) fn check_signature(&self, issuer: &Self) -> Result<()> {
        issuer.check_signs()?;
        let signature = self.parsed.signature().as_bytes().unwrap_or_default();
        let message = signed_part(&self.der).unwrap_or_default();
        let algorithm = self.parsed.signature_algorithm();
        let key = (issuer.key_kind, issuer.public_key.bits());
        algorithms::verify(algorithm, message, signature, key).map_err(|reason| self.unfit(reason))
    }

    /// Checks that it may sign certificates, as far as it says (version 1 says nothing).
    pub(crate) fn check_signs(&self) -> Result<()> {
        let is_v3 = self.parsed.tbs_certificate().version() == Version::V3;
        if is_v3 && !self.is_ca() {
            return Err(self.unfit("is no certificate authority (BasicConstraints)"));
        }
        match &self.extensions.usage {
            Some(usage) if !usage.0.is_empty() && !usage.key_cert_sign() => {
                Err(self.unfit("may not sign certificates (KeyUsage without keyCertSign)"))
            }
            _ => Ok(()),
        }
    }

    /// Whether it may sign certificates, as Go sees it: version 1 may, since it can't say so.
    pub fn may_sign(&self) -> bool {
        self.check_signs().is_ok()
    }

    pub(crate) fn has_pss_signature(&self) -> bool {
        self.parsed.signature_algorithm().oid == algorithms::RSA_PSS
    }

    /// Whether it seems to be signed by itself with one of the hashes of SHA-2. SHA-224, and RSA of
    /// fewer than 2048 bits, aren't all verified here.
    pub(crate) fn has_sha2_signature(&self) -> bool {
        match self.check_signature(self) {
            Ok(()) => true,
            Err(_) if matches!(self.key_kind, KeyKind::Rsa(..2048, _)) => true,
            Err(_) => algorithms::SHA224.contains(&self.parsed.signature_algorithm().oid),
        }
    }

    /// Whether `issuer` signed it, and may.
    pub fn is_signed_by(&self, issuer: &Self) -> bool {
        self.is_issued_by(issuer) && self.check_signature(issuer).is_ok()
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

fn shortened(name: &str) -> String {
    let mut short: String = name.chars().take(LONGEST_NAME).collect();
    if short.len() < name.len() {
        short.push('…');
    }
    short
}

fn told(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::TrailingData { .. } => "something stands behind a part of it, so it isn't DER",
        ErrorKind::Incomplete { .. } => "it is cut off",
        _ => "it isn't a certificate in DER",
    }
}

/// The part that is signed, as it is encoded.
fn signed_part(der: &[u8]) -> der::Result<&[u8]> {
    let mut reader = SliceReader::new(der)?;
    Header::decode(&mut reader)?;
    reader.tlv_bytes()
}

/// Whether all parts of a name are text that Go reads (`parseASN1String`).
fn is_readable(name: &Name) -> bool {
    name.iter().all(|part| {
        let (tag, text) = (der::Tagged::tag(&part.value), Any::value(&part.value));
        match tag {
            Tag::Utf8String => std::str::from_utf8(text).is_ok(),
            Tag::PrintableString => text
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || b"'()+,-./ :=?*&".contains(byte)),
            Tag::Ia5String => text.is_ascii(),
            Tag::NumericString => text
                .iter()
                .all(|byte| byte.is_ascii_digit() || *byte == b' '),
            Tag::BmpString => {
                let pairs = text.chunks(2);
                let mut points =
                    pairs.map(|pair| u16::from_be_bytes([pair[0], *pair.last().unwrap_or(&0)]));
                text.len() % 2 == 0
                    && points
                        .all(|point| !matches!(point, 0xd800..=0xdfff | 0xfdd0..=0xfdef | 0xfffe..))
            }
            Tag::TeletexString => true,
            _ => false,
        }
    })
}

pub(crate) const TAG: &str = "CERTIFICATE";
const LONGEST_NAME: usize = 50;

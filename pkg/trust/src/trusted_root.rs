//! `trusted_root.json`: whose signatures clients believe, and from when to when.
//!
//! Written by the proto3 JSON rules, but with every empty string and list spelled out, since
//! sigstore-python asks for them. Read by cosign from 2.5.1 on and by every other client.

use base64ct::{Base64, Encoding as _};
use certs::Certificate;
use jiff::Timestamp;
use keys::PublicKey;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest as _, Sha256};

use crate::{Result, tile_log::Origin};

/// The file's name among the targets.
pub const TRUSTED_ROOT: &str = "trusted_root.json";

/// `TrustedRoot` of sigstore's protobuf-specs. Unknown fields are refused, as by sigstore-go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TrustedRoot {
    pub(crate) media_type: String,
    /// Rekor's keys. As the other lists and texts, left out by the Go original when it is empty.
    #[serde(default)]
    pub(crate) tlogs: Vec<Log>,
    /// Fulcio's chains.
    #[serde(default)]
    pub(crate) certificate_authorities: Vec<Authority>,
    /// The CT logs' keys.
    #[serde(default)]
    pub(crate) ctlogs: Vec<Log>,
    /// The timestamping authorities' chains.
    #[serde(default)]
    pub(crate) timestamp_authorities: Vec<Authority>,
}

/// `TransparencyLogInstance`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Log {
    #[serde(default)]
    pub(crate) base_url: String,
    pub(crate) hash_algorithm: String,
    pub(crate) public_key: LogKey,
    log_id: LogId,
    /// The ID in the signatures of checkpoints, where that is another one. As the operator, it
    /// isn't written here, and stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    checkpoint_key_id: Option<LogId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operator: Option<String>,
    /// Its origin, if it keeps its tree as tiles. The file says so only by the ID and the URL.
    #[serde(skip)]
    pub(crate) origin: Option<Origin>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LogKey {
    pub(crate) raw_bytes: Bytes,
    pub(crate) key_details: String,
    pub(crate) valid_for: Validity,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LogId {
    key_id: Bytes,
}

/// `CertificateAuthority`. The chain's last certificate is the trust anchor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Authority {
    subject: Subject,
    #[serde(default)]
    pub(crate) uri: String,
    cert_chain: CertChain,
    pub(crate) valid_for: Validity,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operator: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Subject {
    #[serde(default)]
    pub(crate) organization: String,
    #[serde(default)]
    pub(crate) common_name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CertChain {
    #[serde(deserialize_with = "one_or_more")]
    certificates: Vec<X509Certificate>,
}

/// A certificate that was parsed when it was read, and is written back byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawCertificate", into = "RawCertificate")]
struct X509Certificate(Certificate);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawCertificate {
    raw_bytes: Bytes,
}

/// A time range. Clients refuse what was signed outside of it, so a start never moves once it is
/// published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Validity {
    pub(crate) start: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) end: Option<Timestamp>,
}

/// DER, as base64 in JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl TrustedRoot {
    /// One that says of nobody that clients may trust him.
    pub(crate) fn empty() -> Self {
        Self {
            media_type: MEDIA_TYPE.into(),
            tlogs: vec![],
            certificate_authorities: vec![],
            ctlogs: vec![],
            timestamp_authorities: vec![],
        }
    }
}

impl Log {
    /// The log with that ID.
    pub(crate) fn new(
        id: [u8; 32],
        url: &str,
        key: &PublicKey,
        details: &str,
        start: Timestamp,
    ) -> Self {
        Self {
            base_url: url.into(),
            hash_algorithm: SHA2_256.into(),
            public_key: LogKey {
                raw_bytes: Bytes(key.der().into()),
                key_details: details.into(),
                valid_for: Validity { start, end: None },
            },
            log_id: LogId {
                key_id: Bytes(id.into()),
            },
            checkpoint_key_id: None,
            operator: None,
            origin: None,
        }
    }

    /// The key in DER.
    pub(crate) fn spki(&self) -> &[u8] {
        &self.public_key.raw_bytes.0
    }

    /// The log ID, in hex.
    pub(crate) fn id(&self) -> String {
        hex::encode(&self.log_id.key_id.0)
    }
}

impl Authority {
    /// One with a chain of `certificates`, of which there is at least one.
    pub(crate) fn new(
        url: &str,
        subject: Subject,
        certificates: Vec<Certificate>,
        valid_for: Validity,
    ) -> Self {
        let certificates = certificates.into_iter().map(X509Certificate).collect();
        Self {
            subject,
            uri: url.into(),
            cert_chain: CertChain { certificates },
            valid_for,
            operator: None,
        }
    }

    /// The certificates, the root certificate last.
    pub(crate) fn certificates(
        &self,
    ) -> impl DoubleEndedIterator<Item = &Certificate> + ExactSizeIterator {
        self.cert_chain
            .certificates
            .iter()
            .map(|X509Certificate(certificate)| certificate)
    }

    /// The first: a leaf or an issuing authority.
    pub(crate) fn first(&self) -> &Certificate {
        &self.cert_chain.certificates[0].0
    }
}

impl TryFrom<RawCertificate> for X509Certificate {
    type Error = String;

    fn try_from(raw: RawCertificate) -> Result<Self, String> {
        let Bytes(der) = raw.raw_bytes;
        Certificate::from_der(&der).map(Self).map_err(|cause| {
            let digest = hex::encode(Sha256::digest(der));
            format!("the certificate with the SHA-256 {digest}: {cause}")
        })
    }
}

impl From<X509Certificate> for RawCertificate {
    fn from(X509Certificate(certificate): X509Certificate) -> Self {
        Self {
            raw_bytes: Bytes(certificate.der().into()),
        }
    }
}

fn one_or_more<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<X509Certificate>, D::Error> {
    let certificates = Vec::deserialize(deserializer)?;
    match certificates.is_empty() {
        true => Err(D::Error::custom("a chain without a certificate")),
        false => Ok(certificates),
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Base64::encode_string(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Base64::decode_vec(&text)
            .map(Self)
            .map_err(D::Error::custom)
    }
}

/// The only one that sigstore-go and sigstore-python accept.
pub(crate) const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.trustedroot+json;version=0.1";

/// How logs make their trees; clients know no other way.
pub(crate) const SHA2_256: &str = "SHA2_256";

// Whose the entries of each list are.
pub(crate) const REKOR: &str = "Rekor";
pub(crate) const REKOR_TILES: &str = "Rekor v2";
pub(crate) const FULCIO: &str = "Fulcio";
pub(crate) const CTLOG: &str = "the CT log";
pub(crate) const TSA: &str = "the timestamping authority";

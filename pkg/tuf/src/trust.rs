//! `trusted_root.json`: whose signatures clients believe, and from when to when.
//!
//! Written by the proto3 JSON rules, but with every empty string and list spelled out, since
//! sigstore-python asks for them. Read by cosign from 2.5.1 on and by every other client.

use base64ct::{Base64, Encoding as _};
use jiff::Timestamp;
use keys::PublicKey;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{Error, Repository};

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

impl Repository {
    /// Whom clients are told to trust.
    ///
    /// # Errors
    ///
    /// [`Error::Repository`] when it is missing or isn't as written here: what is trusted could
    /// get lost.
    pub(crate) fn trusted_root(&self) -> crate::Result<TrustedRoot> {
        let json = self.target(TRUSTED_ROOT).ok_or_else(|| {
            let way_out = "is missing: let the Go original publish it first, with --trusted-root";
            Error::repository(TRUSTED_ROOT, way_out)
        })?;
        let unknown =
            |error| Error::repository(TRUSTED_ROOT, format!("isn't as written here: {error}"));
        serde_json::from_slice(json).map_err(unknown)
    }
}

/// `TransparencyLogInstance`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Log {
    #[serde(default)]
    pub(crate) base_url: String,
    hash_algorithm: String,
    pub(crate) public_key: LogKey,
    log_id: LogId,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LogKey {
    pub(crate) raw_bytes: Bytes,
    key_details: String,
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
    pub(crate) cert_chain: CertChain,
    pub(crate) valid_for: Validity,
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
pub(crate) struct CertChain {
    pub(crate) certificates: Vec<Certificate>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Certificate {
    pub(crate) raw_bytes: Bytes,
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
    /// Trusts nobody.
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
    /// A log whose ID is the SHA-256 of its key, as of Rekor 1 and RFC 6962.
    pub(crate) fn new(url: &str, key: &PublicKey, details: &str, start: Timestamp) -> Self {
        Self {
            base_url: url.into(),
            hash_algorithm: "SHA2_256".into(),
            public_key: LogKey {
                raw_bytes: Bytes(key.der().into()),
                key_details: details.into(),
                valid_for: Validity { start, end: None },
            },
            log_id: LogId {
                key_id: Bytes(key.log_id().into()),
            },
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
    pub(crate) fn new(
        url: &str,
        subject: Subject,
        chain: impl IntoIterator<Item = Vec<u8>>,
        valid_for: Validity,
    ) -> Self {
        let certificates = chain
            .into_iter()
            .map(|der| Certificate {
                raw_bytes: Bytes(der),
            })
            .collect();
        Self {
            subject,
            uri: url.into(),
            cert_chain: CertChain { certificates },
            valid_for,
        }
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
const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.trustedroot+json;version=0.1";

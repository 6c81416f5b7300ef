//! Keys of transparency logs, as clients are told of them.

use aws_lc_rs::{
    rsa,
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, ED25519,
        ParsedPublicKey, VerificationAlgorithm,
    },
};
use jiff::Timestamp;
use keys::PublicKey;

use crate::{
    Error, Result,
    merge::Trusted,
    trusted_root::{Log, Validity},
};

impl Log {
    /// The log of `key`.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] for a key that no client can verify with; `input` says which one.
    pub(crate) fn of_key(
        input: &str,
        key: &PublicKey,
        url: &str,
        start: Timestamp,
    ) -> Result<Self> {
        match details(key.der()) {
            Some(details) => Ok(Self::new(url, key, &details, start)),
            None => Err(Error::input(input, "is of a kind that clients don't know")),
        }
    }
}

impl Trusted for Log {
    fn is_same(&self, other: &Self) -> bool {
        self.public_key.raw_bytes == other.public_key.raw_bytes
    }

    fn description(&self) -> String {
        format!("key with the log ID {}", self.id())
    }

    fn url(&self) -> &str {
        &self.base_url
    }

    fn set_url(&mut self, url: &str) {
        self.base_url = url.into();
    }

    fn validity(&self) -> &Validity {
        &self.public_key.valid_for
    }

    fn set_end(&mut self, end: Option<Timestamp>) {
        self.public_key.valid_for.end = end;
    }

    fn natural_end(&self) -> Option<Timestamp> {
        None
    }

    fn check_new(&self, _now: Timestamp) -> Result<()> {
        Ok(())
    }
}

/// `PublicKeyDetails` of sigstore's protobuf-specs for a key that can verify something.
fn details(spki: &[u8]) -> Option<String> {
    let kinds: [(&'static dyn VerificationAlgorithm, _); 4] = [
        (&ECDSA_P256_SHA256_ASN1, "PKIX_ECDSA_P256_SHA_256"),
        (&ECDSA_P384_SHA384_ASN1, "PKIX_ECDSA_P384_SHA_384"),
        (&ECDSA_P521_SHA512_ASN1, "PKIX_ECDSA_P521_SHA_512"),
        (&ED25519, "PKIX_ED25519"),
    ];
    let kind = kinds
        .iter()
        .find(|(kind, _)| ParsedPublicKey::new(*kind, spki).is_ok());
    kind.map(|(_, name)| String::from(*name)).or_else(|| {
        match rsa::PublicKey::from_der(spki).ok()?.modulus_len() * 8 {
            bits @ (2048 | 3072 | 4096) => Some(format!("PKIX_RSA_PKCS1V15_{bits}_SHA256")),
            _ => None,
        }
    })
}

//! Which keys clients can read: sigstore-go (`pkg/root/trusted_root.go`) and sigstore-python
//! (`trust.py`) each refuse all of a `trusted_root.json` that has one key or certificate in it that
//! they can't. `test/clients` holds this and [`keys`] and [`certs`] to both.

use aws_lc_rs::{
    rsa,
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA512_ASN1,
        ED25519 as ED25519_SIGNATURE, ParsedPublicKey, VerificationAlgorithm,
    },
};
use keys::PublicKey;

/// `PublicKeyDetails` of sigstore's protobuf-specs for a key that can verify something.
pub(crate) fn details(key: &PublicKey) -> Option<String> {
    let kinds: [(&'static dyn VerificationAlgorithm, _); 4] = [
        (&ECDSA_P256_SHA256_ASN1, "PKIX_ECDSA_P256_SHA_256"),
        (&ECDSA_P384_SHA384_ASN1, "PKIX_ECDSA_P384_SHA_384"),
        (&ECDSA_P521_SHA512_ASN1, "PKIX_ECDSA_P521_SHA_512"),
        (&ED25519_SIGNATURE, ED25519),
    ];
    let kind = kinds
        .iter()
        .find(|(kind, _)| ParsedPublicKey::new(*kind, key.der()).is_ok());
    match kind {
        Some((_, name)) => Some((*name).into()),
        None => match rsa_bits(key)? {
            bits @ (2048 | 3072 | 4096) => Some(format!("PKIX_RSA_PKCS1V15_{bits}_SHA256")),
            _ => None,
        },
    }
}

/// Whether clients read the key of a log (DER) as what it is said to be: of which curve or size it
/// is, they see for themselves.
///
/// # Errors
///
/// Why they don't.
pub(crate) fn check(said: &str, der: &[u8]) -> Result<(), String> {
    let key = PublicKey::from_der(der).map_err(|error| error.to_string())?;
    let found = details(&key).unwrap_or_default();
    let is_read = match said {
        ED25519 => found == said,
        "PKIX_ECDSA_P256_SHA_256" | "PKIX_ECDSA_P384_SHA_384" | "PKIX_ECDSA_P521_SHA_512" => {
            found.starts_with("PKIX_ECDSA_")
        }
        "PKIX_RSA_PKCS1V15_2048_SHA256"
        | "PKIX_RSA_PKCS1V15_3072_SHA256"
        | "PKIX_RSA_PKCS1V15_4096_SHA256" => rsa_bits(&key).is_some(),
        _ => return Err(format!("a key of the kind {said:?}")),
    };
    match is_read {
        true => Ok(()),
        false => Err(format!("a key that isn't {said}")),
    }
}

fn rsa_bits(key: &PublicKey) -> Option<usize> {
    let key = rsa::PublicKey::from_der(key.der()).ok()?;
    Some(key.modulus_len() * 8)
}

/// What sigstore's protobuf-specs call an Ed25519 key.
pub(crate) const ED25519: &str = "PKIX_ED25519";

//! What clients can read: sigstore-go (`pkg/root/trusted_root.go`) and sigstore-python (`trust.py`)
//! each refuse all of a `trusted_root.json` that has one key or certificate in it that they can't.
//! `test/clients` holds these rules to both.

use aws_lc_rs::{
    encoding::{AsDer as _, PublicKeyX509Der},
    rsa,
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, ED25519,
        ParsedPublicKey, VerificationAlgorithm,
    },
};
use certs::Certificate;

/// The algorithms of keys that clients look into, each a SubjectPublicKeyInfo as its only form
/// begins (RFC 5480, with the uncompressed point; RFC 8410), its length and its name in
/// `PublicKeyDetails` of sigstore's protobuf-specs.
struct Kind {
    begins: &'static str,
    length: usize,
    algorithm: &'static dyn VerificationAlgorithm,
    details: &'static str,
}

const KINDS: [Kind; 4] = [
    Kind {
        begins: "3059301306072a8648ce3d020106082a8648ce3d03010703420004",
        length: 91,
        algorithm: &ECDSA_P256_SHA256_ASN1,
        details: "PKIX_ECDSA_P256_SHA_256",
    },
    Kind {
        begins: "3076301006072a8648ce3d020106052b8104002203620004",
        length: 120,
        algorithm: &ECDSA_P384_SHA384_ASN1,
        details: "PKIX_ECDSA_P384_SHA_384",
    },
    Kind {
        begins: "30819b301006072a8648ce3d020106052b810400230381860004",
        length: 158,
        algorithm: &ECDSA_P521_SHA512_ASN1,
        details: "PKIX_ECDSA_P521_SHA_512",
    },
    Kind {
        begins: "302a300506032b6570032100",
        length: 44,
        algorithm: &ED25519,
        details: "PKIX_ED25519",
    },
];

/// `PublicKeyDetails` for a key that clients read, and with which they can verify something.
pub(crate) fn details(spki: &[u8]) -> Option<String> {
    match kind(spki) {
        Some(kind) => Some(kind.details.into()),
        None => match rsa_bits(spki)? {
            bits @ (2048 | 3072 | 4096) => Some(format!("PKIX_RSA_PKCS1V15_{bits}_SHA256")),
            _ => None,
        },
    }
}

/// Whether clients read the key of a log as what it is said to be.
///
/// # Errors
///
/// Why they don't.
pub(crate) fn check_key(details: &str, spki: &[u8]) -> Result<(), String> {
    let is_read = match details {
        "PKIX_ED25519" => kind(spki).is_some_and(|kind| kind.details == details),
        // Of which curve, they see for themselves.
        _ if KINDS.iter().any(|kind| kind.details == details) => {
            kind(spki).is_some_and(|kind| kind.details != "PKIX_ED25519")
        }
        // As they see the size.
        "PKIX_RSA_PKCS1V15_2048_SHA256"
        | "PKIX_RSA_PKCS1V15_3072_SHA256"
        | "PKIX_RSA_PKCS1V15_4096_SHA256" => rsa_bits(spki).is_some(),
        _ => return Err(format!("a key of the kind {details:?}")),
    };
    match is_read {
        true => Ok(()),
        false => Err(format!("a key that is no {details} in its only form")),
    }
}

/// Whether clients read a certificate. Go looks into keys of the algorithms that it knows.
///
/// # Errors
///
/// Why they don't.
pub(crate) fn check_certificate(certificate: &Certificate) -> Result<(), String> {
    let spki = certificate.public_key().der();
    let begins = hex::encode(&spki[..spki.len().min(ALGORITHM)]);
    let is_known = KNOWN_TO_GO.iter().any(|oid| begins.contains(oid));
    match is_known && kind(spki).is_none() && rsa_bits(spki).is_none() {
        true => Err(format!(
            "the certificate with the SHA-256 {} has a key that isn't in its only form",
            hex::encode(certificate.fingerprint())
        )),
        false => Ok(()),
    }
}

fn kind(spki: &[u8]) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| {
        spki.len() == kind.length
            && hex::encode(spki).starts_with(kind.begins)
            && ParsedPublicKey::new(kind.algorithm, spki).is_ok()
    })
}

fn rsa_bits(spki: &[u8]) -> Option<usize> {
    let key = rsa::PublicKey::from_der(spki).ok()?;
    let der: PublicKeyX509Der<'_> = key.as_der().ok()?;
    (der.as_ref() == spki).then(|| key.modulus_len() * 8)
}

/// Object identifiers in DER: id-ecPublicKey, rsaEncryption, id-Ed25519.
const KNOWN_TO_GO: [&str; 3] = ["06072a8648ce3d0201", "06092a864886f70d010101", "06032b6570"];

/// Within how many bytes from its begin a key names its algorithm.
const ALGORITHM: usize = 20;

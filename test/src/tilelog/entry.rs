//! What is asked to be logged, and what is logged of it.

use base64ct::{Base64, Encoding as _};
use p256::{
    ecdsa::{Signature, VerifyingKey, signature::hazmat::PrehashVerifier as _},
    pkcs8::DecodePublicKey as _,
};
use serde_json::{Value, json};

/// The entry of a `CreateEntryRequest`, as JSON that is the same for all (RFC 8785).
///
/// # Errors
///
/// What Rekor answers of a request that isn't one, or whose signature is wrong.
pub(super) fn canonical(request: &[u8]) -> Result<String, &'static str> {
    let request: Value = serde_json::from_slice(request).unwrap_or_default();
    let asked = &request["hashedRekordRequestV002"];
    if asked.is_null() {
        return Err("invalid type, must be hashedrekord");
    }
    let (digest, signature) = (&asked["digest"], &asked["signature"]);
    let verifier = &signature["verifier"];
    let is_signed = || -> Option<bool> {
        let bytes = |value: &Value| Base64::decode_vec(value.as_str()?).ok();
        let key = bytes(&verifier["publicKey"]["rawBytes"])?;
        let key = VerifyingKey::from_public_key_der(&key).ok()?;
        let content = Signature::from_der(&bytes(&signature["content"])?).ok()?;
        Some(key.verify_prehash(&bytes(digest)?, &content).is_ok())
    };
    if verifier["keyDetails"] != "PKIX_ECDSA_P256_SHA_256" || is_signed() != Some(true) {
        return Err("invalid hashedrekord request");
    }
    // The names are in order, and there is nothing in the values that could be written otherwise.
    let entry = json!({
        "apiVersion": "0.0.2",
        "kind": "hashedrekord",
        "spec": {
            "hashedRekordV002": {
                "data": {"algorithm": "SHA2_256", "digest": digest},
                "signature": {"content": signature["content"], "verifier": verifier},
            },
        },
    });
    Ok(entry.to_string())
}

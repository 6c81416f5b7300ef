//! The first entry of a Rekor v2.
//!
//! sigstore-python doesn't read an entry whose index is 0, since JSON of protobuf leaves zeros out.
//! So that entry must be nobody's signature. It is always the same for a log: Rekor answers a
//! second one with 409, and whoever was killed in the middle of writing it may write it again.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use p256::{
    ecdsa::{Signature, SigningKey, signature::hazmat::PrehashSigner as _},
    pkcs8::EncodePublicKey as _,
};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::{Error, Server};

/// What Rekor says of the first entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is in the log.
    Written {
        /// Its place there.
        index: u64,
        /// A checkpoint of a tree that has it.
        checkpoint: String,
    },
    /// It was written before. A checkpoint will have it.
    Known,
}

/// Writes the first entry of the log that is called `origin`, and waits until it is in a
/// checkpoint.
///
/// # Errors
///
/// Each variant of [`Error`].
pub async fn first_entry(rekor: &Server, origin: &str) -> Result<Answer, Error> {
    let (status, body) = rekor.post(ENTRIES, entry(origin)).await?;
    let url = rekor.at(ENTRIES);
    match status {
        StatusCode::OK | StatusCode::CREATED => {
            let entry: Entry = serde_json::from_slice(&body).map_err(|_| Error::Other(url))?;
            Ok(Answer::Written {
                index: entry.log_index.parse().unwrap_or_default(),
                checkpoint: entry.inclusion_proof.checkpoint.envelope,
            })
        }
        StatusCode::CONFLICT => Ok(Answer::Known),
        status => Err(Error::Status { url, status }),
    }
}

/// A `CreateEntryRequest` (`api/proto/rekor/v2/entry.proto` of rekor-tiles). It says that a key
/// signed an artifact; both come from the log's name, so that anybody can tell what this entry is.
fn entry(origin: &str) -> String {
    let artifact = format!("the first entry of {origin}\n");
    let digest = Sha256::digest(&artifact);
    let key = key(&artifact);
    // RFC 6979: the same each time.
    let signature: Signature = key.sign_prehash(&digest).expect("a digest has 32 bytes");
    let public = key.verifying_key().to_public_key_der();
    let public = public.expect("a point has a DER form");
    let encode = |bytes: &[u8]| BASE64_STANDARD.encode(bytes);
    let request = json!({
        "hashedRekordRequestV002": {
            "digest": encode(&digest),
            "signature": {
                "content": encode(signature.to_der().as_bytes()),
                "verifier": {
                    "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                    "publicKey": {"rawBytes": encode(public.as_bytes())},
                },
            },
        },
    });
    request.to_string()
}

/// A key that is no secret, and that nobody trusts.
fn key(seed: &str) -> SigningKey {
    let numbers = (0_u8..).map(|salt| Sha256::new().chain_update(seed).chain_update([salt]));
    let mut keys = numbers.filter_map(|digest| SigningKey::from_slice(&digest.finalize()).ok());
    keys.next().expect("nearly every number is a key")
}

/// A `TransparencyLogEntry` (`protobuf-specs`), as far as it is read. Its JSON leaves zeros out.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(default)]
    log_index: String,
    inclusion_proof: InclusionProof,
}

#[derive(Deserialize)]
struct InclusionProof {
    checkpoint: Envelope,
}

#[derive(Deserialize)]
struct Envelope {
    envelope: String,
}

const ENTRIES: &str = "api/v2/log/entries";

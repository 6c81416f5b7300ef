//! The stand-in for a Rekor v2 answers as the real one does.
//!
//! As in `trillian.rs`: the real answers are recorded in `data/rekor-tiles.txt`, and
//! `TEST_REKOR_TILES=<host:port>` asks a real one anew. What is written there stays.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

mod golden;

use std::{
    env,
    io::{Read as _, Write as _},
    net::TcpStream,
};

use base64ct::{Base64, Encoding as _};
use p256::{
    ecdsa::{Signature, SigningKey, signature::hazmat::PrehashSigner as _},
    pkcs8::EncodePublicKey as _,
};
use serde_json::{Value, json};
use testbed::{
    TileLog,
    tilelog::{Signed, Volume},
};

#[test]
fn the_stand_in_answers_as_the_recorded_one() {
    let log = TileLog::start(Volume::new("rekor.example.com", Signed::Ed25519));
    let url = log.url();
    let answers = play(url.trim_start_matches("http://"));
    golden::compare("rekor-tiles.txt", &answers);
}

#[test]
fn a_real_rekor_still_answers_as_recorded() {
    // Without one there is nothing to ask.
    let Ok(address) = env::var("TEST_REKOR_TILES") else {
        return;
    };
    let answers = play(&address);
    match env::var_os("UPDATE") {
        None => golden::compare("rekor-tiles.txt", &answers),
        Some(_) => golden::record("rekor-tiles.txt", &answers),
    }
}

fn play(address: &str) -> Vec<(String, Value)> {
    let (one, other) = (entry(), entry());
    let mut mixed = one.clone();
    mixed["hashedRekordRequestV002"]["digest"] = other["hashedRekordRequestV002"]["digest"].clone();
    let asked = [
        ("nothing", json!({})),
        ("an entry with another's digest", mixed),
        ("an entry", one.clone()),
        ("the same entry", one),
        ("another entry", other),
    ];
    let ask = |(name, entry): (&str, Value)| (name.to_owned(), post(address, &entry));
    asked.into_iter().map(ask).collect()
}

/// A request that nobody made before.
fn entry() -> Value {
    let key = SigningKey::from_slice(&keys::random_bytes::<32>()).unwrap();
    let digest = keys::random_bytes::<32>();
    let signature: Signature = key.sign_prehash(&digest).unwrap();
    let public = key.verifying_key().to_public_key_der().unwrap();
    json!({"hashedRekordRequestV002": {
        "digest": Base64::encode_string(&digest),
        "signature": {
            "content": Base64::encode_string(signature.to_der().as_bytes()),
            "verifier": {
                "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                "publicKey": {"rawBytes": Base64::encode_string(public.as_bytes())},
            },
        },
    }})
}

/// The answer, without what differs from log to log and from time to time.
fn post(address: &str, entry: &Value) -> Value {
    let mut stream = TcpStream::connect(address).unwrap();
    let body = entry.to_string();
    let length = body.len();
    let head = format!(
        "POST /api/v2/log/entries HTTP/1.1\r\nHost: rekor\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all((head + &body).as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let has = |header: &str| head.to_ascii_lowercase().contains(header);
    let status: u16 = head.split(' ').nth(1).unwrap().parse().unwrap();
    json!({
        "status": status,
        "json": has("\r\ncontent-type: application/json\r\n"),
        "x-log-index": has("\r\nx-log-index: "),
        "body": told(serde_json::from_str(body).unwrap()),
    })
}

fn told(mut body: Value) -> Value {
    if let Some(message) = body["message"].as_str() {
        let words = message.trim_end_matches(|c: char| c.is_ascii_digit());
        body["message"] = words.into();
        return body;
    }
    let index = body["logIndex"].clone();
    let proof = body["inclusionProof"].take();
    assert_eq!(proof["logIndex"], index);
    let note = proof["checkpoint"]["envelope"].as_str().unwrap();
    let lines: Vec<_> = note.split('\n').collect();
    // The origin, the size, the root; nothing, a signature, nothing.
    assert_eq!(
        [lines[1], lines[2]],
        [&proof["treeSize"], &proof["rootHash"]]
    );
    assert_eq!((lines.len(), lines[3], lines[5]), (6, "", ""), "{note}");
    assert!(
        lines[4].starts_with(&format!("\u{2014} {} ", lines[0])),
        "{note}"
    );
    assert!(proof["hashes"].is_array());
    body["inclusionProof"] = proof.as_object().unwrap().keys().cloned().collect();
    let canonical = Base64::decode_vec(body["canonicalizedBody"].as_str().unwrap()).unwrap();
    let mut entry: Value = serde_json::from_slice(&canonical).unwrap();
    assert_eq!(
        entry.to_string().as_bytes(),
        canonical,
        "names are in order"
    );
    let rekord = &mut entry["spec"]["hashedRekordV002"];
    for field in [
        "/data/digest",
        "/signature/content",
        "/signature/verifier/publicKey/rawBytes",
    ] {
        let value = rekord.pointer_mut(field).unwrap();
        Base64::decode_vec(value.as_str().unwrap()).unwrap();
        *value = "…".into();
    }
    body["canonicalizedBody"] = entry;
    body["logIndex"] = index.is_string().into();
    body["logId"]["keyId"] = body["logId"]["keyId"].is_string().into();
    body
}

//! A log with tiles that has one entry, as files that `tileserver` serves.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair},
};
use base64ct::{Base64, Encoding as _};
use checkpoint::{Checkpoint, Log, leaf};
use contract::{CTLOG_TILES, KeyPair, ORIGIN, REKOR_TILES};
use keys::{Kind, PrivateKey};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use testbed::Kubernetes;

/// The volume of the log in that namespace, whose key is there: what its server would have written
/// with the log's first entry.
pub(crate) fn volume(kubernetes: &Kubernetes, namespace: &str) -> Result<TempDir> {
    let pairs = [REKOR_TILES, CTLOG_TILES];
    let pair = pairs
        .into_iter()
        .find(|pair| pair.private.namespace == namespace);
    let pair = pair.with_context(|| format!("no log with tiles is known in {namespace}"))?;
    let entries = kubernetes.secret(namespace, pair.private.name);
    let password = pair.password.and_then(|entry| entries.get(entry));
    let key = PrivateKey::from_pem(&entries[pair.key], password.map(Vec::as_slice))?;
    let entry = leaf(b"the first entry");
    let first = Checkpoint {
        origin: String::from_utf8(entries[ORIGIN].clone())?,
        size: 1,
        root: entry,
    };
    let note = signed(&pair, &key, &first)?;
    let log = Log::new(&first.origin, key.public_key().clone())?;
    ensure!(log.open(note.as_bytes())? == first, "another checkpoint");

    let volume = TempDir::new()?;
    let tiles = volume.path().join("tile/0/000.p");
    fs::create_dir_all(&tiles)?;
    fs::write(tiles.join("1"), entry)?;
    fs::write(volume.path().join("checkpoint"), note)?;
    Ok(volume)
}

/// A checkpoint as the log's server signs it: Rekor the text (C2SP signed-note), TesseraCT a tree
/// head in its place (C2SP static-ct-api).
fn signed(pair: &KeyPair, key: &PrivateKey, checkpoint: &Checkpoint) -> Result<String> {
    let (text, origin, public) = (checkpoint.body(), &checkpoint.origin, key.public_key());
    let named = |kind: u8, key: &[u8]| [origin.as_bytes(), &[b'\n', kind], key].concat();
    let (name, signature) = match public.kind() {
        _ if *pair == CTLOG_TILES => {
            let timestamp = [0; 8];
            let size = checkpoint.size.to_be_bytes();
            let head = [&[V1, TREE_HASH], &timestamp[..], &size, &checkpoint.root].concat();
            let signature = by_p256(key, &head)?;
            let length = u16::try_from(signature.len())?.to_be_bytes();
            let signed = [&timestamp[..], &SHA256_ECDSA, &length, &signature].concat();
            (named(0x05, &public.log_id()), signed)
        }
        Some(Kind::Ed25519) => {
            let pair = Ed25519KeyPair::from_pkcs8(key.pkcs8_der())?;
            let signature = pair.sign(text.as_bytes()).as_ref().to_vec();
            (named(0x01, public.bits()), signature)
        }
        _ => (public.der().to_vec(), by_p256(key, text.as_bytes())?),
    };
    let key_id = &Sha256::digest(name)[..4];
    let line = Base64::encode_string(&[key_id, &signature].concat());
    Ok(format!("{text}\n\u{2014} {origin} {line}\n"))
}

fn by_p256(key: &PrivateKey, message: &[u8]) -> Result<Vec<u8>> {
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.pkcs8_der())?;
    let signature = pair.sign(&SystemRandom::new(), message)?;
    Ok(signature.as_ref().to_vec())
}

/// RFC 5246, section 7.4.1.4.1.
const SHA256_ECDSA: [u8; 2] = [4, 3];
/// RFC 6962, section 3.2.
const V1: u8 = 0;
const TREE_HASH: u8 = 1;

//! Ways to sign.

use anyhow::Result;

use super::{Chain, Keys, Server};
use crate::input::Input;

/// Every way to sign with a kind of key: by the root, and the root itself.
pub(super) fn inputs(server: Server, keys: &mut Keys<'_>, inputs: &mut Vec<Input>) -> Result<()> {
    for (kind, ways) in WAYS {
        let key = keys.key(kind, 8)?;
        for way in *ways {
            for (at, place) in [(1, "by-the-root"), (2, "of-the-root")] {
                let mut chain = Chain::new(server, 3, keys)?;
                chain.certificates[2].set_key(&key);
                chain.certificates[at].way = Some(way);
                inputs.push(chain.input(&format!("signed/{place}/{kind}/{way}"), chain.file()?));
            }
        }
    }
    Ok(())
}

const WAYS: &[(&str, &[&str])] = &[
    ("p256", EC),
    ("p384", EC),
    ("p521", EC),
    ("p224", EC),
    ("rsa1024", &["rsa-sha256", "rsa-sha384", "rsa-sha512"]),
    (
        "rsa2048",
        &[
            "rsa-md5",
            "rsa-sha1",
            "rsa-sha224",
            "rsa-sha256",
            "rsa-sha384",
            "rsa-sha512",
            "pss-sha256",
            "pss-sha384",
            "pss-sha512",
            "pss-sha256-20",
        ],
    ),
    ("rsa3072", &["rsa-sha384", "pss-sha512"]),
    ("rsa4096", &["rsa-sha512", "pss-sha256"]),
    ("rsa8192", &["rsa-sha256"]),
    ("rsa3", &["rsa-sha256"]),
    ("ed25519", &["ed25519", "ed25519+null"]),
    ("ed448", &["ed448"]),
];
const EC: &[&str] = &[
    "ecdsa-sha1",
    "ecdsa-sha224",
    "ecdsa-sha256",
    "ecdsa-sha384",
    "ecdsa-sha512",
    "ecdsa-sha256+null",
];

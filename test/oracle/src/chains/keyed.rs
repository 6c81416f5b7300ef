//! Ways in which a certificate's public key is unusual or wrong.

use anyhow::Result;

use super::{
    Keys,
    certificate::Certificate,
    der::{oid, sequence},
};
use crate::openssl;

/// What an edit does.
pub(super) type Edit = Box<dyn Fn(&mut Certificate)>;

/// Kinds of keys, and encodings of one.
///
/// # Errors
///
/// OpenSSL's.
pub(super) fn edits(keys: &mut Keys<'_>) -> Result<Vec<(String, Edit)>> {
    let mut edits: Vec<(String, Edit)> = vec![];
    for kind in KINDS {
        let key = keys.key(kind, 7)?;
        edits.push((format!("key/{kind}"), Box::new(move |c| c.set_key(&key))));
    }
    for (form, options) in [
        ("compressed", "-conv_form compressed"),
        ("explicit", "-param_enc explicit"),
    ] {
        edits.push((
            format!("key/p256-{form}"),
            Box::new(move |c| {
                let args = format!("ec -outform DER -pubout {options}");
                c.public = openssl::run(&args, &c.key.private).expect("openssl writes it");
            }),
        ));
    }
    let rsa = keys.key("rsa2048", 7)?;
    edits.push((
        "key/rsa2048-without-null".into(),
        Box::new(move |c| {
            c.set_key(&rsa);
            let null = [&oid("1.2.840.113549.1.1.1")[..], &[5, 0]].concat();
            let bits = &c.public[4 + 2 + null.len()..];
            c.public = sequence([&sequence([&oid("1.2.840.113549.1.1.1")]), bits]);
        }),
    ));
    Ok(edits)
}

const KINDS: [&str; 13] = [
    "p384",
    "p521",
    "p224",
    "secp256k1",
    "rsa1024",
    "rsa2048",
    "rsa2560",
    "rsa3072",
    "rsa4096",
    "rsa8192",
    "rsa3",
    "ed25519",
    "ed448",
];

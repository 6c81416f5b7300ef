//! Public keys.

use anyhow::Result;

use super::{KINDS, P256, RSA, forms, issuing, private};
use crate::{
    input::{Input, Reader},
    openssl::{self, Keys},
};

/// The public keys of all kinds, in all containers and forms.
pub(super) fn inputs(keys: &Keys) -> Result<Vec<Input>> {
    let mut inputs = vec![];
    let mut add = |kind: &str, what: &str, file: Vec<u8>| {
        inputs.push(Input::new(
            format!("public/{kind}/{what}"),
            Reader::PublicKey,
            file,
        ));
    };
    for (kind, _) in KINDS {
        let key = private(keys, kind)?;
        let public = openssl::run("pkey -pubout", &key)?;
        add(kind, "spki", public.clone());
        if kind.starts_with("ec-") {
            for (name, form) in [
                ("compressed", "-conv_form compressed"),
                ("explicit", "-param_enc explicit"),
                ("hybrid", "-conv_form hybrid"),
            ] {
                let file = openssl::run(&format!("ec -pubout {form}"), &key)?;
                add(kind, name, file);
            }
        } else if kind.starts_with("rsa-") && kind != "rsa-pss-2048" {
            add(kind, "pkcs1", openssl::run("rsa -RSAPublicKey_out", &key)?);
        }
    }
    let key = private(keys, P256)?;
    let public = openssl::run("pkey -pubout", &key)?;
    let certificate = issuing(&key)?;
    let forms = forms::all(&public, &certificate);
    // What is empty is waited for.
    for (form, file) in forms.into_iter().filter(|(_, file)| !file.is_empty()) {
        add(P256, &format!("spki/{form}"), file);
    }
    for (kind, what, file) in mislabelled(keys, certificate)? {
        add(kind, what, file);
    }
    Ok(inputs)
}

/// What is a public key and isn't called so, and what is called so and is none.
fn mislabelled(
    keys: &Keys,
    certificate: Vec<u8>,
) -> Result<Vec<(&'static str, &'static str, Vec<u8>)>> {
    let key = private(keys, P256)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let public = text(&openssl::run("pkey -pubout", &key)?);
    let pkcs1 = text(&openssl::run(
        "rsa -RSAPublicKey_out",
        &private(keys, RSA)?,
    )?);
    let private = text(&key);
    Ok(vec![
        (
            P256,
            "labelled-pkcs1",
            public.replace("PUBLIC", "RSA PUBLIC").into(),
        ),
        (
            P256,
            "labelled-ec",
            public.replace("PUBLIC", "EC PUBLIC").into(),
        ),
        (
            RSA,
            "pkcs1-labelled-spki",
            pkcs1.replace("RSA PUBLIC", "PUBLIC").into(),
        ),
        (
            P256,
            "private-labelled-public",
            private.replace("PRIVATE", "PUBLIC").into(),
        ),
        (
            P256,
            "der",
            openssl::run("pkey -pubout -outform DER", &key)?,
        ),
        (
            P256,
            "with-private-as-text",
            openssl::run("ec -pubout -text", &key)?,
        ),
        (P256, "private", key),
        (P256, "certificate", certificate),
    ])
}

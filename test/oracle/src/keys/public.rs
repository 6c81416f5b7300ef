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
            add(
                kind,
                "compressed",
                openssl::run("ec -pubout -conv_form compressed", &key)?,
            );
            add(
                kind,
                "explicit",
                openssl::run("ec -pubout -param_enc explicit", &key)?,
            );
            add(
                kind,
                "hybrid",
                openssl::run("ec -pubout -conv_form hybrid", &key)?,
            );
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
    let pkcs1 = openssl::run("rsa -RSAPublicKey_out", &private(keys, RSA)?)?;
    let text = String::from_utf8_lossy(&public).into_owned();
    let pkcs1_text = String::from_utf8_lossy(&pkcs1).into_owned();
    add(
        P256,
        "labelled-pkcs1",
        text.replace("PUBLIC", "RSA PUBLIC").into(),
    );
    add(
        P256,
        "labelled-ec",
        text.replace("PUBLIC", "EC PUBLIC").into(),
    );
    add(
        RSA,
        "pkcs1-labelled-spki",
        pkcs1_text.replace("RSA PUBLIC", "PUBLIC").into(),
    );
    add(P256, "private", key.clone());
    add(
        P256,
        "private-labelled-public",
        String::from_utf8_lossy(&key)
            .replace("PRIVATE", "PUBLIC")
            .into(),
    );
    add(P256, "certificate", certificate);
    add(
        P256,
        "der",
        openssl::run("pkey -pubout -outform DER", &key)?,
    );
    add(
        P256,
        "with-private-as-text",
        openssl::run("ec -pubout -text", &key)?,
    );
    Ok(inputs)
}

//! What a private key may be wrapped in.

use anyhow::Result;

use super::{P256, PASSWORD};
use crate::{input::Question, openssl, oracle::Oracles};

type Files = Vec<(String, Vec<u8>)>;

/// The plain containers of a key (PKCS#8, PEM).
pub(super) fn plain(kind: &str, key: &[u8]) -> Result<Files> {
    let mut files = vec![("pkcs8".into(), key.to_vec())];
    let mut add = |name: &str, file| files.push((name.into(), file));
    if kind.starts_with("rsa-2048") {
        add("pkcs1", openssl::run("rsa -traditional", key)?);
    }
    if !kind.starts_with("ec-") {
        return Ok(files);
    }
    let sec1 = openssl::run("ec", key)?;
    add("sec1", sec1.clone());
    if ["ec-p224", "ec-secp256k1", "ec-brainpool"].contains(&kind) {
        return Ok(files);
    }
    for (name, args) in [
        ("explicit", "ec -param_enc explicit"),
        ("compressed", "ec -conv_form compressed"),
        ("no-public", "ec -no_public"),
    ] {
        let file = openssl::run(args, key)?;
        add(
            &format!("pkcs8-{name}"),
            openssl::run("pkcs8 -topk8 -nocrypt", &file)?,
        );
        add(&format!("sec1-{name}"), file);
    }
    if kind == P256 {
        let parameters = openssl::run("ecparam -name prime256v1", b"")?;
        add(
            "sec1-behind-parameters",
            [parameters, sec1.clone()].concat(),
        );
        let (sec1, pkcs8) = (text(&sec1), text(key));
        add(
            "pkcs8-labelled-sec1",
            pkcs8.replace("PRIVATE KEY", "EC PRIVATE KEY").into(),
        );
        add(
            "pkcs8-labelled-pkcs1",
            pkcs8.replace("PRIVATE KEY", "RSA PRIVATE KEY").into(),
        );
        add(
            "pkcs8-labelled-any",
            pkcs8.replace("PRIVATE KEY", "ANY PRIVATE KEY").into(),
        );
        add(
            "pkcs8-labelled-encrypted",
            pkcs8.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY").into(),
        );
        add(
            "sec1-labelled-pkcs8",
            sec1.replace("EC PRIVATE KEY", "PRIVATE KEY").into(),
        );
        add(
            "der",
            openssl::run("pkcs8 -topk8 -nocrypt -outform DER", key)?,
        );
        add("public", openssl::run("pkey -pubout", key)?);
    }
    Ok(files)
}

/// The key encrypted with every cipher.
pub(super) fn encrypted(kind: &str, key: &[u8], oracles: &mut Oracles) -> Result<Files> {
    let mut files = vec![];
    let ciphers = [
        "aes-128-cbc",
        "aes-192-cbc",
        "aes-256-cbc",
        "des-ede3-cbc",
        "camellia-256-cbc",
    ];
    let digests = [
        "hmacWithSHA1",
        "hmacWithSHA224",
        "hmacWithSHA256",
        "hmacWithSHA384",
        "hmacWithSHA512",
    ];
    for cipher in ciphers {
        for digest in digests.iter().filter(|_| kind == P256) {
            let args = format!("pkcs8 -topk8 -v2 {cipher} -v2prf {digest} -passout pass:hush-hush");
            files.push((
                format!("pbes2-{cipher}-{digest}"),
                openssl::run(&args, key)?,
            ));
        }
    }
    let traditional = if kind == P256 {
        "ec"
    } else {
        "rsa -traditional"
    };
    let traditional = openssl::run(traditional, key)?;
    for (name, args) in [
        (
            "pbes2-rounds-600000",
            "pkcs8 -topk8 -v2 aes-256-cbc -iter 600000",
        ),
        ("pbes2-rounds-1", "pkcs8 -topk8 -v2 aes-256-cbc -iter 1"),
        ("pbes2-scrypt", "pkcs8 -topk8 -v2 aes-256-cbc -scrypt"),
        ("pbes1-sha1-3des", "pkcs8 -topk8 -v1 PBE-SHA1-3DES"),
        (
            "pbes1-md5-des",
            "pkcs8 -topk8 -v1 PBE-MD5-DES -provider legacy -provider default",
        ),
    ] {
        files.push((
            name.into(),
            openssl::run(&format!("{args} -passout pass:hush-hush"), key)?,
        ));
    }
    for cipher in [
        "aes-128-cbc",
        "aes-192-cbc",
        "aes-256-cbc",
        "des-ede3-cbc",
        "des-cbc",
        "camellia-256-cbc",
    ] {
        if let Some(file) = older_form(&traditional, cipher)? {
            files.push((format!("dek-{cipher}"), file));
        }
        if let Some(file) = older_form(key, cipher)? {
            files.push((format!("dek-{cipher}-pkcs8"), file));
        }
    }
    let question = Question::new("rekor", "openssh", &[("key", key.to_vec())], None);
    files.push(("openssh".into(), oracles.ask(&question)?.output()));
    for label in ["SIGSTORE", "COSIGN"] {
        let question = Question::new("fulcio", "seal", &[("key", der(key)?)], Some(PASSWORD));
        let sealed = oracles.ask(&question)?.output();
        let label = format!("ENCRYPTED {label} PRIVATE KEY");
        files.push((
            label.to_lowercase().replace(' ', "-"),
            keys::to_pem(&label, &sealed).into(),
        ));
    }
    Ok(files)
}

/// A plain PEM file encrypted as RFC 1421 has it, under the same label; OpenSSL's commands do that
/// for some labels only. `None` for a cipher that has no such form.
pub(super) fn older_form(file: &[u8], cipher: &str) -> Result<Option<Vec<u8>>> {
    let file = text(file);
    let Some((label, body)) = file
        .strip_prefix("-----BEGIN ")
        .and_then(|rest| rest.split_once("-----\n"))
    else {
        return Ok(None);
    };
    let body = body.split("-----").next().unwrap_or_default();
    let Ok(der) = openssl::run("base64 -d", body.as_bytes()) else {
        return Ok(None);
    };
    let iv = if cipher.starts_with("des") {
        "0123456789ABCDEF"
    } else {
        "0123456789ABCDEF0123456789ABCDEF"
    };
    // EVP_BytesToKey with MD5 and one round is what `enc` does with `-md md5`, given a salt.
    let mut args = format!(
        "enc -{cipher} -md md5 -S {} -iv {iv} -pass pass:hush-hush -P",
        &iv[..16]
    );
    let legacy = " -provider legacy -provider default";
    args += legacy;
    let derived = text(&openssl::run(&args, b"")?);
    let line = derived.lines().find_map(|line| line.strip_prefix("key="));
    let secret = line.unwrap_or_default().to_owned();
    let args = format!("enc -{cipher} -K {secret} -iv {iv}{legacy}");
    let sealed = openssl::run(&args, &der)?;
    let block = keys::to_pem(label, &sealed);
    let headers = format!(
        "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: {},{iv}\n\n",
        cipher.to_uppercase()
    );
    Ok(Some(block.replacen("-----\n", &headers, 1).into()))
}

fn der(key: &[u8]) -> Result<Vec<u8>> {
    openssl::run("pkcs8 -topk8 -nocrypt -outform DER", key)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

//! What a private key may be wrapped in.

use anyhow::Result;

use super::{P256, PASSWORD};
use crate::{
    openssl,
    oracle::{Oracles, Question},
};

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
        for (name, label) in [
            ("sec1", "EC PRIVATE KEY"),
            ("pkcs1", "RSA PRIVATE KEY"),
            ("any", "ANY PRIVATE KEY"),
            ("encrypted", "ENCRYPTED PRIVATE KEY"),
        ] {
            let file = pkcs8.replace("PRIVATE KEY", label);
            add(&format!("pkcs8-labelled-{name}"), file.into());
        }
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

/// The key encrypted in every way.
pub(super) fn encrypted(kind: &str, key: &[u8], oracles: &mut Oracles) -> Result<Files> {
    let mut files = pkcs8(kind, key)?;
    files.extend(older_forms(kind, key)?);
    files.extend(sealed(key, oracles)?);
    Ok(files)
}

/// `ENCRYPTED PRIVATE KEY` (RFC 5958) with every cipher and key derivation.
fn pkcs8(kind: &str, key: &[u8]) -> Result<Files> {
    let digests = ["SHA1", "SHA224", "SHA256", "SHA384", "SHA512"];
    let mut ways = vec![];
    for cipher in MODERN {
        for digest in digests.iter().filter(|_| kind == P256) {
            ways.push((
                format!("pbes2-{cipher}-hmacWith{digest}"),
                format!("-v2 {cipher} -v2prf hmacWith{digest}"),
            ));
        }
    }
    let others = [
        ("pbes2-rounds-600000", "-v2 aes-256-cbc -iter 600000"),
        ("pbes2-rounds-1", "-v2 aes-256-cbc -iter 1"),
        ("pbes2-scrypt", "-v2 aes-256-cbc -scrypt"),
        ("pbes1-sha1-3des", "-v1 PBE-SHA1-3DES"),
        (
            "pbes1-md5-des",
            "-v1 PBE-MD5-DES -provider legacy -provider default",
        ),
    ];
    ways.extend(others.map(|(name, args)| (name.into(), args.into())));
    let file = |(name, args): (String, String)| {
        let args = format!("pkcs8 -topk8 {args} -passout pass:hush-hush");
        Ok((name, openssl::run(&args, key)?))
    };
    ways.into_iter().map(file).collect()
}

/// The headers of RFC 1421 with every cipher, around PKCS#8 and what is older.
fn older_forms(kind: &str, key: &[u8]) -> Result<Files> {
    let traditional = if kind == P256 {
        "ec"
    } else {
        "rsa -traditional"
    };
    let traditional = openssl::run(traditional, key)?;
    let mut files = vec![];
    for cipher in MODERN.into_iter().chain(["des-cbc"]) {
        if let Some(file) = older_form(&traditional, cipher)? {
            files.push((format!("dek-{cipher}"), file));
        }
        if let Some(file) = older_form(key, cipher)? {
            files.push((format!("dek-{cipher}-pkcs8"), file));
        }
    }
    Ok(files)
}

/// The forms of OpenSSH, sigstore and cosign.
fn sealed(key: &[u8], oracles: &mut Oracles) -> Result<Files> {
    let question = Question::new("rekor", "openssh", &[("key", key.to_vec())], None);
    let mut files = vec![("openssh".into(), oracles.ask(&question)?.output())];
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

const MODERN: [&str; 5] = [
    "aes-128-cbc",
    "aes-192-cbc",
    "aes-256-cbc",
    "des-ede3-cbc",
    "camellia-256-cbc",
];

//! OpenSSL reads what we write, and we read what OpenSSL writes.

#![allow(clippy::unwrap_used)] // clippy.toml allows it in tests, and not in their helpers

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use scaffolding_keys::{Error, Flaw, Kind, PrivateKey, PublicKey, to_pem};

const PASSWORD: &[u8] = b"correct horse";

/// Runs `openssl` with `input` on its standard input.
fn openssl(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("openssl is installed");
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "openssl {arguments:?}");
    output.stdout
}

fn public_key_by_openssl(private: &str, password: &str) -> String {
    String::from_utf8(openssl(
        &["pkey", "-pubout", "-passin", password],
        private.as_bytes(),
    ))
    .unwrap()
}

#[test]
fn openssl_opens_both_encrypted_forms_and_derives_the_same_public_key() {
    for kind in [
        Kind::EcdsaP256,
        Kind::EcdsaP384,
        Kind::EcdsaP521,
        Kind::Rsa4096,
    ] {
        let key = PrivateKey::generate(kind);
        for file in [key.to_encrypted_pem(PASSWORD), key.to_legacy_pem(PASSWORD)] {
            assert_eq!(
                public_key_by_openssl(&file, "pass:correct horse"),
                key.public_key().to_pem(),
                "{kind:?}"
            );
        }
    }
}

#[test]
fn the_parameters_of_pbes2_are_those_that_go_reads() {
    let file = PrivateKey::generate(Kind::EcdsaP256).to_encrypted_pem(PASSWORD);
    let text = String::from_utf8(openssl(&["asn1parse"], file.as_bytes())).unwrap();
    let lines: Vec<&str> = text
        .lines()
        .map(|line| line.split("prim: ").last().unwrap().trim())
        .collect();
    let position = |text: &str| {
        lines
            .iter()
            .position(|line| line.contains(text))
            .unwrap_or_else(|| panic!("{lines:#?}"))
    };
    let rounds = position("INTEGER           :0927C0");
    // No keyLength between the rounds and the pseudo-random function, which has explicit
    // parameters.
    assert!(lines[rounds + 2].contains(":hmacWithSHA256"), "{lines:#?}");
    assert!(lines[rounds + 3].contains("NULL"), "{lines:#?}");
    position(":aes-256-cbc");
}

#[test]
fn keys_that_openssl_made_are_read_in_every_form() {
    for algorithm in [
        &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"][..],
        &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
        &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
        &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
        &["-algorithm", "ED25519"],
    ] {
        let plain = openssl(&[&["genpkey"], algorithm].concat(), b"");
        let public = openssl(&["pkey", "-pubout"], &plain);
        let mut forms = vec![
            plain.clone(),
            openssl(
                &[
                    "pkcs8",
                    "-topk8",
                    "-v2",
                    "aes-256-cbc",
                    "-passout",
                    "pass:correct horse",
                ],
                &plain,
            ),
            openssl(
                &[
                    "pkcs8",
                    "-topk8",
                    "-scrypt",
                    "-passout",
                    "pass:correct horse",
                ],
                &plain,
            ),
        ];
        if algorithm[1] != "ED25519" {
            forms.push(openssl(&["pkey", "-traditional"], &plain));
            forms.push(openssl(
                &[
                    "pkey",
                    "-traditional",
                    "-aes256",
                    "-passout",
                    "pass:correct horse",
                ],
                &plain,
            ));
        }
        for form in forms {
            let key = PrivateKey::from_pem(&form, Some(PASSWORD)).unwrap();
            assert_eq!(
                key.public_key(),
                &PublicKey::from_pem(&public).unwrap(),
                "{algorithm:?}"
            );
        }
    }
}

#[test]
fn an_rsa_public_key_in_pkcs1_is_the_same_key() {
    let private = openssl(
        &[
            "genpkey",
            "-algorithm",
            "RSA",
            "-pkeyopt",
            "rsa_keygen_bits:2048",
        ],
        b"",
    );
    let spki = openssl(&["pkey", "-pubout"], &private);
    let pkcs1 = openssl(&["rsa", "-RSAPublicKey_out"], &private);
    assert_eq!(PublicKey::from_pem(&pkcs1), PublicKey::from_pem(&spki));

    let private = openssl(&["pkey", "-traditional"], &private);
    let renamed = String::from_utf8(private)
        .unwrap()
        .replace("PRIVATE", "PUBLIC");
    assert_eq!(
        PublicKey::from_pem(renamed.as_bytes()),
        Err(Error::NoKey("public key"))
    );
}

#[test]
fn the_log_id_is_the_sha256_of_the_public_key_in_der() {
    let key = PrivateKey::generate(Kind::EcdsaP256);
    let der = openssl(
        &["pkey", "-pubin", "-outform", "DER"],
        key.public_key().to_pem().as_bytes(),
    );
    assert_eq!(
        openssl(&["dgst", "-sha256", "-binary"], &der),
        key.public_key().log_id()
    );
}

#[test]
fn what_is_wrong_with_a_key_is_said() {
    let key = PrivateKey::generate(Kind::EcdsaP256);
    let error = |file: &str, password| {
        PrivateKey::from_pem(file.as_bytes(), password)
            .err()
            .unwrap()
    };
    for file in [key.to_encrypted_pem(PASSWORD), key.to_legacy_pem(PASSWORD)] {
        assert_eq!(error(&file, None), Error::NoPassword);
        assert_eq!(error(&file, Some(b"wrong")), Error::WrongPassword);
        assert_eq!(
            error(&file[..file.len() / 2], Some(PASSWORD)),
            Error::Flaw(Flaw::Damaged)
        );
    }
    assert_eq!(error("", None), Error::Flaw(Flaw::Empty));
    assert_eq!(
        error(&key.public_key().to_pem(), None),
        Error::NoKey("private key")
    );
}

/// OpenSSL's `ec` and `rsa` write the private key as text beside the public one.
#[test]
fn what_stands_beside_a_public_key_is_left_away() {
    let key = PrivateKey::generate(Kind::EcdsaP256);
    let public = key.public_key().to_pem();
    let plain = openssl(&["pkey"], to_pem("PRIVATE KEY", key.pkcs8_der()).as_bytes());
    let with_text = openssl(&["ec", "-pubout", "-text"], &plain);
    assert!(String::from_utf8_lossy(&with_text).contains("priv:"));
    for file in [
        String::from_utf8(with_text).unwrap(),
        format!("# Rekor\n{public}"),
        format!("{public}# Rekor\n"),
        public.replacen('\n', "\nComment: something\n\n", 1),
        format!("\n{}\r\n", public.replace('\n', "\r\n")),
    ] {
        let read = PublicKey::from_pem(file.as_bytes());
        assert_eq!(read.map(|key| key.to_pem()), Ok(public.clone()), "{file}");
    }

    let with_text = openssl(&["ec", "-text"], &plain);
    let again = PrivateKey::from_pem(&with_text, None).unwrap();
    assert_eq!(again.public_key(), key.public_key());
}

#[test]
fn of_two_blocks_nobody_knows_which_one_is_meant() {
    let key = PrivateKey::generate(Kind::EcdsaP256);
    let public = key.public_key().to_pem();
    let private = key.to_encrypted_pem(PASSWORD);
    let half = &private[..private.len() / 2];
    for second in [&private, &public, half] {
        for file in [format!("{public}{second}"), format!("{second}\n{public}")] {
            let read = PublicKey::from_pem(file.as_bytes());
            assert_eq!(read, Err(Error::NotAlone), "{file}");
        }
    }
    for second in [&private, &public] {
        for file in [format!("{private}{second}"), format!("{second}\n{private}")] {
            let read = PrivateKey::from_pem(file.as_bytes(), Some(PASSWORD));
            assert_eq!(read.err(), Some(Error::NotAlone), "{file}");
        }
    }
    // As Go, and with it the servers, do.
    let file = format!("{half}\n{private}");
    let read = PrivateKey::from_pem(file.as_bytes(), Some(PASSWORD)).unwrap();
    assert_eq!(read.public_key(), key.public_key());
}

#[test]
fn a_file_ends_with_its_block_and_one_line_feed() {
    let key = PrivateKey::generate(Kind::EcdsaP256);
    for file in [
        key.to_encrypted_pem(PASSWORD),
        key.to_legacy_pem(PASSWORD),
        key.public_key().to_pem(),
    ] {
        assert!(
            file.ends_with("-----\n") && !file.ends_with("\n\n") && !file.contains('\r'),
            "{file}"
        );
    }
}

//! What each server's reader opens, and what mends a file that it doesn't. (`test/oracle` asks the
//! servers themselves.)

#![allow(clippy::unwrap_used)] // clippy.toml allows it in tests, and not in their helpers

mod command;

use scaffolding_keys::{
    Error, PrivateKey, PublicKey,
    Reader::{self, Any, Sigstore, Step, Trillian},
};

use command::{mended, openssl, openssl_text};

const PASSWORD: &[u8] = b"correct horse";
const P256: &str = "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256";
const ALL: [Reader; 4] = [Any, Sigstore, Step, Trillian];

/// The readers that open a file with [`PASSWORD`], and find the key of `public` in it.
fn openers(file: &str, public: &str) -> Vec<Reader> {
    let opens = |reader: &Reader| match PrivateKey::read(*reader, file.as_bytes(), Some(PASSWORD)) {
        Ok(key) => {
            assert_eq!(key.public_key().to_pem(), public, "{reader:?}: {file}");
            true
        }
        Err(_) => false,
    };
    ALL.into_iter().filter(opens).collect()
}

#[test]
fn each_cipher_and_key_derivation_is_opened_by_those_whose_server_opens_it() {
    let key = openssl_text(P256, b"");
    let public = openssl_text("pkey -pubout", key.as_bytes());
    let pkcs8 = [Any, Sigstore, Step];
    for (args, expected) in [
        ("-v2 aes-128-cbc -v2prf hmacWithSHA256", &pkcs8[..]),
        ("-v2 aes-192-cbc -v2prf hmacWithSHA1", &pkcs8),
        ("-v2 aes-256-cbc -v2prf hmacWithSHA1", &pkcs8),
        ("-v2 des-ede3-cbc -v2prf hmacWithSHA256", &pkcs8),
        ("-v2 aes-256-cbc -v2prf hmacWithSHA224", &[Any]),
        ("-v2 aes-256-cbc -v2prf hmacWithSHA384", &[Any]),
        ("-v2 aes-256-cbc -v2prf hmacWithSHA512", &[Any]),
        ("-v2 aes-256-cbc -scrypt", &[Any, Sigstore]),
        ("-v1 PBE-SHA1-3DES", &[]),
        ("-v2 camellia-256-cbc", &[]),
    ] {
        let args = format!("pkcs8 -topk8 {args} -passout pass:correct_horse");
        let file = openssl_text(&args, key.as_bytes());
        assert_eq!(openers(&file, &public), expected, "{args}");
    }
    for cipher in ["aes128", "aes192", "aes256", "des3"] {
        for args in [
            format!("ec -{cipher} -passout pass:correct_horse"),
            format!("pkey -traditional -{cipher} -passout pass:correct_horse"),
        ] {
            let file = openssl_text(&args, key.as_bytes());
            assert_eq!(openers(&file, &public), ALL, "{args}");
        }
    }
    let args = "ec -camellia256 -passout pass:correct_horse";
    let file = openssl_text(args, key.as_bytes());
    assert_eq!(openers(&file, &public), [], "{args}");
}

#[test]
fn cosigns_form_is_opened_by_those_whose_server_opens_it() {
    let sigstore = include_str!("data/cosign.key");
    let public = include_str!("data/cosign.pub");
    let opened = |file: &str| openers(file, public);
    assert_eq!(opened(sigstore), [Any, Sigstore]);
    let cosign = sigstore.replace("SIGSTORE", "COSIGN");
    assert_eq!(opened(&cosign), [Any, Sigstore, Step]);
    for (password, expected) in [
        (None, Error::NoPassword),
        (Some(&b"wrong"[..]), Error::WrongPassword),
    ] {
        let error = PrivateKey::read(Sigstore, sigstore.as_bytes(), password).err();
        assert_eq!(error, Some(expected));
    }
}

#[test]
fn a_plain_key_is_read_by_its_label_and_never_by_ct_server() {
    let key = openssl_text(P256, b"");
    let public = openssl_text("pkey -pubout", key.as_bytes());
    let sec1 = openssl_text("ec", key.as_bytes());
    let label = |file: &str, from: &str, to: &str| file.replace(from, to);
    for (file, expected) in [
        (key.clone(), &[Any, Sigstore, Step][..]),
        (sec1.clone(), &[Any, Sigstore, Step]),
        (label(&key, "PRIVATE", "EC PRIVATE"), &[Any]),
        (label(&sec1, "EC PRIVATE", "PRIVATE"), &[Any]),
        (label(&sec1, "EC PRIVATE", "RSA PRIVATE"), &[Any]),
    ] {
        assert_eq!(openers(&file, &public), expected, "{file}");
    }
    let read = |reader, file: &str| PrivateKey::read(reader, file.as_bytes(), Some(PASSWORD)).err();
    assert_eq!(read(Trillian, &key), Some(Error::NotEncrypted));
    let mislabelled = label(&key, "PRIVATE", "EC PRIVATE");
    assert_eq!(read(Step, &mislabelled), Some(Error::Label));
}

#[test]
fn what_may_stand_around_a_key_differs_from_server_to_server() {
    let key = openssl_text(P256, b"");
    let public = openssl_text("pkey -pubout", key.as_bytes());
    let older = openssl_text("ec -aes256 -passout pass:correct_horse", key.as_bytes());
    let other = openssl_text(P256, b"");
    for (file, expected) in [
        (format!("{older}\n"), &[Any, Sigstore, Step][..]),
        (format!("a key\n{older}"), &ALL),
        (format!("{older}a key\n"), &[Sigstore]),
        (format!("{older}{other}"), &[Sigstore]),
        (format!("\u{feff}{older}"), &[Step]),
        (older.replace('\n', "\r\n"), &ALL),
        (
            older.replace("4,ENCRYPTED", "4, ENCRYPTED"),
            &[Any, Sigstore, Trillian],
        ),
    ] {
        assert_eq!(openers(&file, &public), expected, "{file}");
    }
}

#[test]
fn the_command_that_an_error_names_mends_the_file() {
    let key = openssl_text(P256, b"");
    let sha512 = "pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA512 -passout pass:correct_horse";
    let indented = key.lines().map(|line| format!("  {line}\n")).collect();
    let sealed = include_str!("data/cosign.key").to_owned();
    let files: Vec<(Reader, String)> = vec![
        (Step, sealed),
        (Step, openssl_text("ec -param_enc explicit", key.as_bytes())),
        (Sigstore, key.replace("PRIVATE KEY", "EC PRIVATE KEY")),
        (Sigstore, format!("\u{feff}{key}")),
        (Step, indented),
        (Step, format!("\"{key}\"")),
        (Step, key.trim_end().replace('\n', "\\n")),
        (Step, format!("{key}a key\n")),
        (Step, openssl_text("base64 -A", key.as_bytes())),
        (
            Trillian,
            openssl_text("ec -aes256 -passout pass:correct_horse", key.as_bytes()) + "\n",
        ),
        (Step, openssl_text(sha512, key.as_bytes())),
    ];
    for (reader, file) in files {
        let read = |file: &[u8]| PrivateKey::read(reader, file, Some(PASSWORD));
        let error = read(file.as_bytes()).err().unwrap();
        let command = error.mend().unwrap_or_else(|| panic!("{error:?}: {file}"));
        let mended = mended(command, file.as_bytes());
        let text = String::from_utf8_lossy(&mended);
        assert!(read(&mended).is_ok(), "{command}\n{file}\n{text}");
    }
}

#[test]
fn a_public_key_has_one_form_and_the_rest_is_refused_with_the_command_that_makes_it() {
    let key = openssl_text(P256, b"");
    let canonical = openssl_text("pkey -pubout", key.as_bytes());
    for (args, expected) in [
        ("ec -pubout -conv_form compressed", Error::Compressed),
        ("ec -pubout -conv_form hybrid", Error::Compressed),
        (
            "ec -pubout -param_enc explicit",
            Error::SpelledOut { public: true },
        ),
    ] {
        let file = openssl(args, key.as_bytes());
        let error = PublicKey::from_pem(&file).unwrap_err();
        assert_eq!(error, expected, "{args}");
        let mended = mended(error.mend().unwrap(), &file);
        assert_eq!(String::from_utf8(mended).unwrap(), canonical, "{args}");
    }
    // A private key in either form gives that one.
    let compressed = openssl("ec -conv_form compressed", key.as_bytes());
    let key = PrivateKey::read(Step, &compressed, None).unwrap();
    assert_eq!(key.public_key().to_pem(), canonical);
}

#[test]
fn kinds_that_no_server_and_client_share_are_refused_as_such() {
    for kind in [
        "-algorithm EC -pkeyopt ec_paramgen_curve:secp224r1",
        "-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1",
        "-algorithm ED448",
        "-algorithm X25519",
    ] {
        let key = openssl(&format!("genpkey {kind}"), b"");
        let private = PrivateKey::read(Step, &key, None).err();
        assert_eq!(private, Some(Error::UnknownKind), "{kind}");
        let public = PublicKey::from_pem(&openssl("pkey -pubout", &key));
        assert_eq!(public, Err(Error::UnknownKind), "{kind}");
    }
    let short = openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024", b"");
    let error = PrivateKey::read(Step, &short, None).err();
    assert_eq!(error, Some(Error::UnknownKind));
}

//! We open every key that the Go original's jobs wrote.

use scaffolding_keys::{Error, PrivateKey, PublicKey};

macro_rules! original {
    ($path:literal) => {
        include_bytes!(concat!("../../../test/data/original/", $path))
    };
}

#[test]
fn every_private_key_opens_with_its_password_and_matches_its_public_half() {
    type File = &'static [u8];
    let pairs: [(&str, File, File, File); 4] = [
        (
            "rekor",
            original!("rekor-signing-secret/signing-secret"),
            original!("rekor-signing-secret/signing-secret-password"),
            original!("rekor-pub-key/public"),
        ),
        (
            "fulcio",
            original!("fulcio-secret/private"),
            original!("fulcio-secret/password"),
            original!("fulcio-pub-key/public"),
        ),
        (
            "ctlog",
            original!("ctlog-secret/private"),
            b"test",
            original!("ctlog-public-key/public"),
        ),
        (
            "ctlog-rsa",
            original!("ctlog-rsa/private"),
            b"test",
            original!("ctlog-rsa-public/public"),
        ),
    ];
    for (name, private, password, public) in pairs {
        let key = PrivateKey::from_pem(private, Some(password))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(
            key.public_key(),
            &PublicKey::from_pem(public).unwrap(),
            "{name}"
        );
        assert_eq!(
            PrivateKey::from_pem(private, Some(b"wrong")).err(),
            Some(Error::WrongPassword),
            "{name}"
        );
    }
}

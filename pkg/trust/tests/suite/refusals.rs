//! What can't be published.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use certs::{Chain, Subject, Validity};
use keys::{Kind, PrivateKey};
use scaffolding_trust::Inputs;
use tuf::Error;

use crate::stack::{DAY, another_root, days, inputs, nothing, policy, start};

#[test]
fn a_new_certificate_that_has_expired_is_refused_by_name() {
    let mut inputs = inputs();
    inputs.fulcio.push(another_root("old", start(), DAY));
    let error = nothing()
        .next(Some(&inputs), &policy(), start() + days(2))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the certificate CN=old expired at 2026-01-02T00:00:00Z"
    );
}

#[test]
fn chains_in_the_wrong_place_are_refused() {
    let error = |change: fn(&mut Inputs)| {
        let mut inputs = inputs();
        change(&mut inputs);
        nothing()
            .next(Some(&inputs), &policy(), start())
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        error(|inputs| inputs.fulcio = inputs.tsa.clone()),
        "Fulcio's chain holds a certificate that may not sign others: CN=TSA timestamping,O=Example"
    );
    assert_eq!(
        error(|inputs| inputs.tsa = inputs.fulcio.clone()),
        "the timestamping chain has no leaf before O=Example"
    );
}

#[test]
fn a_key_that_clients_dont_know_is_refused() {
    // RSA of a size that sigstore's protobuf-specs have no name for.
    let key = openssl(&["genrsa", "2056"], b"");
    let pem = openssl(&["pkey", "-pubout"], &key);
    let mut inputs = inputs();
    inputs.rekor = vec![keys::PublicKey::from_pem(&pem).unwrap()];
    let error = nothing()
        .next(Some(&inputs), &policy(), start())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "Rekor's key is of a kind that clients don't know"
    );
}

#[test]
fn more_than_a_secret_holds_is_refused() {
    let mut inputs = inputs();
    let key = PrivateKey::generate(Kind::EcdsaP256);
    let validity = Validity {
        not_before: start().into(),
        not_after: (start() + days(1)).into(),
    };
    // Bytes that don't compress, and too many of them.
    let noise = || hex::encode(keys::random_bytes::<16384>());
    let root = || Subject {
        common_name: noise(),
        ..Subject::default()
    };
    inputs.fulcio = (0..40)
        .map(|_| {
            Chain::ordered(vec![
                certs::root_certificate(&key, &root(), validity).unwrap(),
            ])
            .unwrap()
        })
        .collect();
    let repository = nothing()
        .next(Some(&inputs), &policy(), start())
        .unwrap()
        .unwrap();
    match repository.to_archive_within(1_048_576) {
        Err(Error::TooLarge {
            size,
            limit: 1_048_576,
            targets: 47,
            fit,
        }) => {
            assert!(size > 1_048_576);
            // The keys are smaller.
            inputs.fulcio.truncate(fit - 2);
            let some = nothing().next(Some(&inputs), &policy(), start());
            let some = some.unwrap().unwrap();
            some.to_archive_within(1_048_576).unwrap();
        }
        other => panic!("{:?}", other.map(|archive| archive.len())),
    }
}

fn openssl(args: &[&str], input: &[u8]) -> Vec<u8> {
    let mut openssl = Command::new("openssl")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    openssl.stdin.take().unwrap().write_all(input).unwrap();
    openssl.wait_with_output().unwrap().stdout
}

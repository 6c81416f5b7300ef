//! OpenSSL verifies what we issue, and what is refused is refused by name.

#![allow(clippy::unwrap_used)] // clippy.toml allows it in tests, and not in their helpers

use std::{
    path::PathBuf,
    process::Command,
    time::{Duration, SystemTime},
};

use keys::{Kind, PrivateKey};
use scaffolding_certs::{
    Certificate, Chain, Error, Subject, Validity, read_bundle, root_certificate,
    timestamping_chain, write_bundle,
};

const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + 60 * YEAR
}

fn twenty_years() -> Validity {
    Validity::from(now(), 20 * YEAR).unwrap()
}

fn subject() -> Subject {
    Subject {
        country: "US".into(),
        province: "California".into(),
        locality: "San Francisco".into(),
        street: "548 Market St".into(),
        postal_code: "57274".into(),
        organization: "Linux Foundation".into(),
        common_name: "sigstore".into(),
    }
}

fn new_key() -> PrivateKey {
    PrivateKey::generate(Kind::EcdsaP256)
}

fn new_timestamping_chain() -> Chain {
    timestamping_chain(&new_key(), &new_key(), &new_key(), "local", twenty_years()).unwrap()
}

/// A file that is gone with the test's process.
fn file(name: &str, content: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("certs-{}-{name}", std::process::id()));
    std::fs::write(&path, content).unwrap();
    path
}

fn openssl(arguments: &[&str]) -> String {
    let output = Command::new("openssl")
        .args(arguments)
        .output()
        .expect("openssl is installed");
    assert!(
        output.status.success(),
        "openssl {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn openssl_sees_in_the_root_what_fulcio_asks_for() {
    let root = root_certificate(&new_key(), &subject(), twenty_years()).unwrap();
    let path = file("root.pem", &root.to_pem());
    let text = openssl(&["x509", "-noout", "-text", "-in", path.to_str().unwrap()]);
    for line in [
        "Signature Algorithm: ecdsa-with-SHA256",
        "X509v3 Basic Constraints: critical\n                CA:TRUE, pathlen:1",
        "X509v3 Key Usage: critical\n                Certificate Sign, CRL Sign",
        "X509v3 Subject Key Identifier",
        "C = US, ST = California, L = San Francisco, street = 548 Market St, postalCode = 57274, O = Linux Foundation, CN = sigstore",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("Extended Key Usage"), "{text}");
    let at = now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs()
        .to_string();
    let path = path.to_str().unwrap();
    openssl(&[
        "verify",
        "-x509_strict",
        "-check_ss_sig",
        "-attime",
        &at,
        "-CAfile",
        path,
        path,
    ]);
    std::fs::remove_file(path).unwrap();
}

#[test]
fn openssl_verifies_the_timestamping_chain_for_its_purpose() {
    let chain = new_timestamping_chain();
    let [leaf, intermediate, root] =
        ["leaf", "intermediate", "root"].map(|name| name.to_owned() + ".pem");
    let [leaf, intermediate, root] = [(leaf, 0), (intermediate, 1), (root, 2)]
        .map(|(name, at)| file(&name, &chain.certificates()[at].to_pem()));
    let at = now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs()
        .to_string();
    openssl(&[
        "verify",
        "-x509_strict",
        "-purpose",
        "timestampsign",
        "-attime",
        &at,
        "-CAfile",
        root.to_str().unwrap(),
        "-untrusted",
        intermediate.to_str().unwrap(),
        leaf.to_str().unwrap(),
    ]);
    let text = openssl(&["x509", "-noout", "-text", "-in", leaf.to_str().unwrap()]);
    assert!(
        text.contains("X509v3 Extended Key Usage: critical\n                Time Stamping\n"),
        "{text}"
    );
    for path in [leaf, intermediate, root] {
        std::fs::remove_file(path).unwrap();
    }
}

/// A key that OpenSSL made, as people bring one.
fn key_made_by_openssl(algorithm: &str, option: &str) -> PrivateKey {
    let mut arguments = vec!["genpkey", "-algorithm", algorithm];
    if !option.is_empty() {
        arguments.extend(["-pkeyopt", option]);
    }
    PrivateKey::from_pem(openssl(&arguments).as_bytes(), None).unwrap()
}

#[test]
fn openssl_verifies_what_a_key_of_any_kind_issued() {
    for (algorithm, option, signature) in [
        ("EC", "ec_paramgen_curve:P-256", "ecdsa-with-SHA256"),
        ("EC", "ec_paramgen_curve:P-384", "ecdsa-with-SHA384"),
        ("EC", "ec_paramgen_curve:P-521", "ecdsa-with-SHA512"),
        ("RSA", "rsa_keygen_bits:2048", "sha256WithRSAEncryption"),
        ("RSA", "rsa_keygen_bits:3072", "sha256WithRSAEncryption"),
        ("RSA", "rsa_keygen_bits:4096", "sha256WithRSAEncryption"),
        ("ED25519", "", "ED25519"),
    ] {
        let key = key_made_by_openssl(algorithm, option);
        let root = root_certificate(&key, &subject(), twenty_years()).unwrap();
        assert_eq!(root.public_key(), key.public_key(), "{option}");
        let timestamping =
            timestamping_chain(&key, &new_key(), &key, "local", twenty_years()).unwrap();
        timestamping.check_timestamping().unwrap();
        for (certificate, name) in [(&root, "root"), (timestamping.root(), "tsa")] {
            let path = file(
                &format!("{name}-{algorithm}-{}", &option.len()),
                &certificate.to_pem(),
            );
            let path = path.to_str().unwrap();
            let text = openssl(&["x509", "-noout", "-text", "-in", path]);
            let line = format!("Signature Algorithm: {signature}");
            assert!(text.contains(&line), "{line}\n{text}");
            let options = ["-x509_strict", "-check_ss_sig", "-no_check_time"];
            openssl(&[&["verify"], &options[..], &["-CAfile", path, path]].concat());
            std::fs::remove_file(path).unwrap();
        }
    }
}

#[test]
fn a_certificate_is_read_as_it_was_made() {
    let key = new_key();
    let made = root_certificate(&key, &subject(), twenty_years()).unwrap();
    let [read] =
        <[Certificate; 1]>::try_from(read_bundle(made.to_pem().as_bytes()).unwrap()).unwrap();
    assert_eq!(read, made);
    assert_eq!(read.public_key(), key.public_key());
    assert_eq!(
        (read.organization().as_str(), read.common_name().as_str()),
        ("Linux Foundation", "sigstore")
    );
    assert_eq!(read.not_before(), now() - Duration::from_secs(300));
    assert_eq!(read.not_after(), now() + 20 * YEAR);
    assert!(read.is_ca() && read.is_self_signed());
}

#[test]
fn a_chain_is_read_in_its_order_only_and_ordered_from_any() {
    let chain = new_timestamping_chain();
    assert_eq!(Chain::from_pem(chain.to_pem().as_bytes()).unwrap(), chain);
    let mut reversed = chain.certificates().to_vec();
    reversed.reverse();
    assert!(matches!(
        Chain::from_pem(write_bundle(&reversed).as_bytes()),
        Err(Error::Order { position: 1, .. })
    ));
    assert_eq!(Chain::ordered(reversed).unwrap(), chain);
}

#[test]
fn a_chain_may_end_below_its_root_and_has_no_stranger() {
    let chain = new_timestamping_chain();
    let without_root = &chain.certificates()[..2];
    let read = Chain::from_pem(write_bundle(without_root).as_bytes()).unwrap();
    assert_eq!(read.certificates(), without_root);
    let gap = [chain.first().clone(), chain.root().clone()];
    assert_eq!(
        Chain::from_pem(write_bundle(&gap).as_bytes())
            .unwrap_err()
            .to_string(),
        "CN=TSA timestamping,O=local is issued by CN=TSA intermediate,O=local, whose certificate \
         isn't behind it"
    );
    let stranger = root_certificate(&new_key(), &subject(), twenty_years()).unwrap();
    let strange = [&[stranger], chain.certificates()].concat();
    // A message has no room for more of its name.
    let name = "CN=sigstore,O=Linux Foundation,POSTALCODE=57274,ST…".into();
    assert_eq!(Chain::ordered(strange), Err(Error::Surplus(name)));
}

#[test]
fn a_chain_is_for_one_purpose() {
    let issuing = Chain::ordered(vec![
        root_certificate(&new_key(), &subject(), twenty_years()).unwrap(),
    ])
    .unwrap();
    let timestamping = new_timestamping_chain();
    let authorities = Chain::ordered(timestamping.certificates()[1..].to_vec()).unwrap();
    assert_eq!(issuing.check_issuing(), Ok(()));
    assert_eq!(timestamping.check_timestamping(), Ok(()));
    for wrong in [
        issuing.check_timestamping(),
        timestamping.check_issuing(),
        authorities.check_issuing(),
        authorities.check_timestamping(),
    ] {
        assert!(matches!(wrong, Err(Error::Unfit { .. })), "{wrong:?}");
    }
}

#[test]
fn the_fingerprint_is_the_one_that_openssl_shows() {
    let root = root_certificate(&new_key(), &subject(), twenty_years()).unwrap();
    let path = file("fingerprint.pem", &root.to_pem());
    let options = ["-noout", "-fingerprint", "-sha256", "-in"];
    let shown = openssl(&[&["x509"], &options[..], &[path.to_str().unwrap()]].concat());
    let fingerprint = root.fingerprint().map(|byte| format!("{byte:02X}"));
    let (_, shown) = shown.trim_end().split_once('=').unwrap();
    assert_eq!(shown, fingerprint.join(":"));
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_certificate_with_the_same_name_but_another_key_is_no_issuer() {
    let [one, other] =
        [(); 2].map(|()| root_certificate(&new_key(), &subject(), twenty_years()).unwrap());
    assert!(!one.is_signed_by(&other));
}

#[test]
fn what_is_not_only_certificates_is_no_bundle() {
    let key = new_key();
    let pem = root_certificate(&key, &subject(), twenty_years())
        .unwrap()
        .to_pem();
    for file in [
        "".into(),
        "hello".into(),
        format!("{pem}{}", key.public_key().to_pem()),
        pem.replace("MII", "!!!"),
        format!("{pem}{}", &pem[..200]),
        format!("{pem}{}", &pem[200..]),
    ] {
        let error = read_bundle(file.as_bytes()).unwrap_err();
        let named = matches!(error, Error::NotPem(_) | Error::Unreadable(_));
        assert!(named, "{error}: {file}");
    }
}

#[test]
fn a_time_outside_the_validity_names_the_certificate() {
    let chain = new_timestamping_chain();
    assert_eq!(chain.check_validity(now()), Ok(None));
    assert_eq!(
        chain.check_validity(now() + 19 * YEAR + YEAR / 2),
        Ok(Some(chain.first()))
    );
    assert!(matches!(
        chain.check_validity(now() + 21 * YEAR),
        Err(Error::Expired { .. })
    ));
    let early = chain.check_validity(now() - YEAR).unwrap_err().to_string();
    assert_eq!(
        early,
        "CN=TSA timestamping,O=local isn't valid before 2029-12-16T23:55:00Z"
    );
}

#[test]
fn openssl_made_chains_are_read_with_every_kind_of_key() {
    for (name, key) in [
        ("p384", "ec:P-384"),
        ("p521", "ec:P-521"),
        ("rsa", "rsa:2048"),
        ("ed25519", "ed25519"),
    ] {
        let path = file(name, "");
        let path = path.to_str().unwrap();
        let (algorithm, option) = key.split_once(':').unwrap_or((key, ""));
        let curve = format!("ec_paramgen_curve:{option}");
        let new_key = match algorithm {
            "ec" => vec!["-newkey", "ec", "-pkeyopt", &curve],
            _ => vec!["-newkey", key],
        };
        let pem = openssl(
            &[
                &[
                    "req", "-x509", "-nodes", "-subj", "/CN=x", "-days", "1", "-keyout", path,
                ][..],
                &new_key,
            ]
            .concat(),
        );
        let chain = Chain::from_pem(pem.as_bytes()).unwrap();
        assert_eq!(chain.root().common_name(), "x", "{name}");
        std::fs::remove_file(path).unwrap();
    }
}

//! What is in a repository, byte for byte.

use std::collections::BTreeMap;

use scaffolding_trust::{SIGNING_CONFIG, TRUSTED_ROOT};
use sha2::{Digest as _, Sha256};

use crate::stack::{inputs, json, nothing, policy, published, start, trusted_root};

#[test]
fn files_have_the_names_that_clients_ask_for() {
    let repository = published().repository.unwrap();
    let (targets, metadata): (Vec<_>, Vec<_>) = repository
        .files()
        .keys()
        .partition(|path| path.starts_with("targets/"));
    assert_eq!(
        metadata,
        [
            "1.root.json",
            "1.snapshot.json",
            "1.targets.json",
            "root.json",
            "snapshot.json",
            "targets.json",
            "timestamp.json"
        ]
    );
    let mut names: Vec<_> = targets
        .iter()
        .map(|path| path.split_once('.').unwrap().1)
        .collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "ctfe.pub",
            "fulcio_v1.crt.pem",
            "rekor.pub",
            "signing_config.v0.2.json",
            "trusted_root.json",
            "tsa_intermediate_0.crt.pem",
            "tsa_leaf.crt.pem",
            "tsa_root.crt.pem"
        ]
    );
    assert_eq!(repository.root(), repository.files()["1.root.json"]);
}

#[test]
fn the_two_documents_are_as_recorded() {
    let repository = published().repository.unwrap();
    for (name, recorded) in [
        (TRUSTED_ROOT, include_str!("../data/trusted_root.json")),
        (
            SIGNING_CONFIG,
            include_str!("../data/signing_config.v0.2.json"),
        ),
    ] {
        let written = String::from_utf8(repository.target(name).unwrap().to_vec()).unwrap();
        assert_eq!(written, recorded, "{name}");
    }
}

#[test]
fn equal_arguments_give_equal_bytes() {
    let state = nothing();
    let make = || {
        state
            .next(Some(&inputs()), &policy(), start())
            .unwrap()
            .unwrap()
    };
    let first = make();
    for _ in 0..10 {
        assert!(make().files() == first.files());
    }
    assert_eq!(first.to_archive().unwrap(), make().to_archive().unwrap());
}

#[test]
fn metadata_is_what_every_client_accepts() {
    let mut state = nothing();
    let now = "2026-01-01T00:00:00.123456789Z".parse().unwrap();
    state.repository = state.next(Some(&inputs()), &policy(), now).unwrap();
    let repository = state.repository.unwrap();
    let files = repository.files();

    for (role, expires) in [
        ("root", "2035-12-30T00:00:00Z"),
        ("snapshot", "2027-01-01T00:00:00Z"),
        ("targets", "2027-01-01T00:00:00Z"),
        ("timestamp", "2026-06-30T00:00:00Z"),
    ] {
        let signed = &json(&files[&format!("{role}.json")])["signed"];
        assert_eq!(signed["_type"], role);
        assert_eq!(signed["spec_version"], "1.0.0");
        assert_eq!(signed["expires"], expires, "whole seconds");
        assert_eq!(signed.get("delegations"), None);
    }
    for (above, below) in [
        ("timestamp.json", "snapshot.json"),
        ("snapshot.json", "targets.json"),
    ] {
        let described = &json(&files[above])["signed"]["meta"][below];
        assert_eq!(described["length"], files[below].len());
        assert_eq!(described["hashes"]["sha256"], digest(&files[below]));
        assert_eq!(
            described["hashes"].as_object().unwrap().len(),
            1,
            "one kind of digest"
        );
    }
    let targets = json(&files["targets.json"]);
    for (name, target) in targets["signed"]["targets"].as_object().unwrap() {
        let digest = target["hashes"]["sha256"].as_str().unwrap();
        assert_eq!(
            target["hashes"].as_object().unwrap().len(),
            1,
            "one kind of digest"
        );
        let bytes = &files[&format!("targets/{digest}.{name}")];
        assert_eq!(
            (self::digest(bytes).as_str(), target["length"].as_u64()),
            (digest, Some(bytes.len() as u64))
        );
    }
    let root = json(repository.root());
    for (id, key) in root["signed"]["keys"].as_object().unwrap() {
        // Canonical JSON of an object without control characters: sorted, without blanks.
        assert_eq!(*id, digest(key.to_string().as_bytes()));
        assert_eq!(
            (&key["keytype"], &key["scheme"]),
            (&"ed25519".into(), &"ed25519".into())
        );
    }
}

#[test]
fn metadata_targets_say_what_they_are_for() {
    let repository = published().repository.unwrap();
    let targets = json(&repository.files()["targets.json"]);
    let custom: BTreeMap<_, _> = targets["signed"]["targets"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, target)| {
            (
                name.as_str(),
                target.get("custom").map(|custom| &custom["sigstore"]),
            )
        })
        .collect();
    for (name, usage, uri) in [
        (
            "fulcio_v1.crt.pem",
            "Fulcio",
            "http://fulcio.fulcio-system.svc",
        ),
        (
            "ctfe.pub",
            "CTFE",
            "http://ctlog.ctlog-system.svc/sigstorescaffolding",
        ),
        ("rekor.pub", "Rekor", "http://rekor.rekor-system.svc"),
        (
            "tsa_leaf.crt.pem",
            "TSA",
            "http://tsa.tsa-system.svc/api/v1/timestamp",
        ),
        (
            "tsa_intermediate_0.crt.pem",
            "TSA",
            "http://tsa.tsa-system.svc/api/v1/timestamp",
        ),
        (
            "tsa_root.crt.pem",
            "TSA",
            "http://tsa.tsa-system.svc/api/v1/timestamp",
        ),
    ] {
        let expected = serde_json::json!({"usage": usage, "status": "Active", "uri": uri});
        assert_eq!(custom[name], Some(&expected), "{name}");
    }
    assert_eq!((custom[TRUSTED_ROOT], custom[SIGNING_CONFIG]), (None, None));
}

#[test]
fn metadata_targets_and_the_signing_config_can_be_left_out() {
    let mut inputs = inputs();
    inputs.metadata_targets = false;
    inputs.signing_config = false;
    let repository = nothing()
        .next(Some(&inputs), &policy(), start())
        .unwrap()
        .unwrap();
    let targets = json(&repository.files()["targets.json"]);
    let names: Vec<_> = targets["signed"]["targets"]
        .as_object()
        .unwrap()
        .keys()
        .collect();
    assert_eq!(names, [TRUSTED_ROOT]);
}

#[test]
fn a_stack_without_a_timestamping_authority_has_empty_lists_for_it() {
    let mut inputs = inputs();
    inputs.tsa.clear();
    let repository = nothing()
        .next(Some(&inputs), &policy(), start())
        .unwrap()
        .unwrap();
    let signing = json(repository.target(SIGNING_CONFIG).unwrap());
    assert_eq!(
        trusted_root(&repository)["timestampAuthorities"],
        serde_json::json!([])
    );
    assert_eq!(signing["tsaUrls"], serde_json::json!([]));
}

#[test]
fn every_kind_of_key_has_its_details() {
    use keys::{Kind, PrivateKey};
    let mut inputs = inputs();
    let kinds = [
        (Kind::EcdsaP256, "PKIX_ECDSA_P256_SHA_256"),
        (Kind::EcdsaP384, "PKIX_ECDSA_P384_SHA_384"),
        (Kind::EcdsaP521, "PKIX_ECDSA_P521_SHA_512"),
        (Kind::Rsa4096, "PKIX_RSA_PKCS1V15_4096_SHA256"),
    ];
    inputs.rekor = kinds
        .iter()
        .map(|(kind, _)| PrivateKey::generate(*kind).public_key().clone())
        .collect();
    // RFC 8410, section 10.1
    let ed25519 = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
    inputs
        .rekor
        .push(keys::PublicKey::from_pem(ed25519.as_bytes()).unwrap());
    let repository = nothing()
        .next(Some(&inputs), &policy(), start())
        .unwrap()
        .unwrap();
    let written: Vec<_> = trusted_root(&repository)["tlogs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|log| log["publicKey"]["keyDetails"].as_str().unwrap().to_owned())
        .collect();
    let expected: Vec<_> = kinds
        .iter()
        .map(|(_, details)| *details)
        .chain(["PKIX_ED25519"])
        .collect();
    assert_eq!(written, expected);
    let names: Vec<_> = repository
        .files()
        .keys()
        .filter_map(|path| path.split_once(".rekor"))
        .map(|(_, rest)| rest)
        .collect();
    assert_eq!(names.len(), 5, "{names:?}");
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

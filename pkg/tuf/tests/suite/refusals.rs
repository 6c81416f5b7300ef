//! What can't be continued or published.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use certs::{Chain, Subject, Validity};
use keys::{Kind, PrivateKey};
use scaffolding_tuf::{Error, Files, Keys, Repository, State, Versions};

use crate::stack::{DAY, another_root, days, inputs, nothing, policy, published, start};

fn refusal(state: &State) -> String {
    state
        .next(Some(&inputs()), &policy(), start())
        .unwrap_err()
        .to_string()
}

fn without(mut files: Files, path: &str) -> Files {
    files.remove(path).unwrap();
    files
}

#[test]
fn keys_that_have_published_something_dont_start_again() {
    let state = State {
        repository: None,
        ..published()
    };
    assert_eq!(
        refusal(&state),
        "a repository was published with these keys (root 1, timestamp 1) and is gone"
    );
    assert!(state.next(None, &policy(), start()).is_err());
}

#[test]
fn a_repository_without_its_keys_isnt_continued() {
    let state = State {
        keys: Keys::default(),
        ..published()
    };
    assert!(
        refusal(&state).starts_with("the key "),
        "{}",
        refusal(&state)
    );
    assert!(refusal(&state).ends_with(" of the role root is missing"));
}

#[test]
fn a_root_older_than_the_published_one_isnt_continued() {
    let mut state = published();
    state.published = Versions {
        root: 3,
        ..state.published
    };
    assert_eq!(
        refusal(&state),
        "the repository's root has version 1, version 3 was published before"
    );
}

#[test]
fn nothing_is_made_without_inputs_or_keys() {
    assert_eq!(nothing().next(None, &policy(), start()).unwrap(), None);
    let state = State {
        keys: Keys::default(),
        ..nothing()
    };
    assert_eq!(refusal(&state), "root has no key");
}

#[test]
fn keys_are_read_back_under_their_own_names_only() {
    let mut keys = Keys::default();
    let entries = keys.complete();
    assert_eq!(entries.len(), 4);
    assert!(keys.complete().is_empty(), "none is missing any more");
    let read = Keys::read(
        entries
            .iter()
            .map(|(name, pem)| (name.as_str(), pem.as_slice())),
    );
    assert_eq!(format!("{:?}", read.unwrap()), format!("{keys:?}"));

    let (_, pem) = entries.first_key_value().unwrap();
    let (another, _) = entries.last_key_value().unwrap();
    let error = Keys::read([(another.as_str(), pem.as_slice())])
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with(&format!("{another} holds the key ")),
        "{error}"
    );
    let others = Keys::read([("published", b"{}".as_slice())]).unwrap();
    assert_eq!(format!("{others:?}"), "{}");
}

#[test]
fn openssl_reads_the_private_keys() {
    for (name, pem) in Keys::default().complete() {
        let mut openssl = Command::new("openssl")
            .args(["pkey", "-noout", "-text"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        openssl.stdin.take().unwrap().write_all(&pem).unwrap();
        let output = openssl.wait_with_output().unwrap();
        assert!(output.stdout.starts_with(b"ED25519 Private-Key:"), "{name}");
    }
}

#[test]
fn a_second_key_for_a_role_is_refused_while_no_root_says_which_counts() {
    let (mut one, mut other) = (Keys::default(), Keys::default());
    let entries: Vec<_> = one.complete().into_iter().chain(other.complete()).collect();
    let keys = Keys::read(
        entries
            .iter()
            .map(|(name, pem)| (name.as_str(), pem.as_slice())),
    )
    .unwrap();
    let error = refusal(&State { keys, ..nothing() });
    assert!(
        error.ends_with(".pem is a second key of the role root"),
        "{error}"
    );
}

#[test]
fn files_that_dont_belong_together_are_no_repository() {
    let files = published().repository.unwrap().files().clone();
    let target = files
        .keys()
        .find(|path| path.ends_with(".rekor.pub"))
        .unwrap()
        .clone();
    let with = |path: &str, bytes: &[u8]| {
        let mut files = files.clone();
        files.insert(path.into(), bytes.into());
        files
    };
    let edited = |path: &str| {
        let text = String::from_utf8(files[path].clone()).unwrap();
        with(
            path,
            text.replacen("\"version\": 1", "\"version\": 2", 1)
                .as_bytes(),
        )
    };
    for (files, problem) in [
        (
            without(files.clone(), "1.root.json"),
            "1.root.json is missing",
        ),
        (without(files.clone(), "root.json"), "root.json is missing"),
        (
            without(files.clone(), "timestamp.json"),
            "timestamp.json is missing",
        ),
        (
            without(files.clone(), "1.snapshot.json"),
            "1.snapshot.json is missing",
        ),
        (
            without(files.clone(), "targets.json"),
            "targets.json is missing",
        ),
        (
            without(files.clone(), &target),
            &format!("{target} is missing"),
        ),
        (
            with(&target, b"another key"),
            &format!("{target} doesn't have the length in targets.json"),
        ),
        (with("root.json", b"{}"), "root.json isn't 1.root.json"),
        (with("1.root.json", b"{}"), "1.root.json is no root role: "),
        (
            edited("1.root.json"),
            "1.root.json Signature threshold of 1 not met for role root",
        ),
        (
            edited("timestamp.json"),
            "timestamp.json Signature threshold of 1 not met",
        ),
        (
            edited("1.targets.json"),
            "targets.json isn't the 1.targets.json that is referred to",
        ),
        (
            with("index.html", b""),
            "index.html isn't part of a repository",
        ),
        (
            with("2.timestamp.json", b""),
            "2.timestamp.json isn't part of a repository",
        ),
        (
            with("targets/rekor.pub", b""),
            "targets/rekor.pub doesn't have the digest in its name",
        ),
        (
            with("2.root.json", &files["1.root.json"]),
            "2.root.json has another version than its name",
        ),
    ] {
        let error = Repository::new(files).unwrap_err().to_string();
        assert!(error.starts_with(problem), "{error}, not {problem}");
    }
}

#[test]
fn a_root_of_other_keys_doesnt_follow() {
    let mut files = published().repository.unwrap().files().clone();
    let mut state = published();
    state.published.root = 2;
    let other = state
        .next(None, &policy(), start() + days(1))
        .unwrap()
        .unwrap();
    files.insert("2.root.json".into(), other.files()["2.root.json"].clone());
    let error = Repository::new(files).unwrap_err().to_string();
    assert!(
        error.starts_with("2.root.json Signature threshold"),
        "{error}"
    );
}

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
    let error = |change: fn(&mut scaffolding_tuf::Inputs)| {
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
    // A P-256 point that isn't on the curve.
    let mut der = inputs().rekor[0].der().to_vec();
    *der.last_mut().unwrap() ^= 1;
    let mut inputs = inputs();
    inputs.rekor = vec![keys::PublicKey::from_der(&der).unwrap()];
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
        .map(|_| Chain::ordered(vec![certs::root(&key, &root(), validity).unwrap()]).unwrap())
        .collect();
    let repository = nothing()
        .next(Some(&inputs), &policy(), start())
        .unwrap()
        .unwrap();
    match repository.to_archive() {
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
            some.unwrap().unwrap().to_archive().unwrap();
        }
        other => panic!("{:?}", other.map(|archive| archive.len())),
    }
}

#[test]
fn a_version_that_leaves_no_room_is_refused() {
    let mut state = published();
    state.published.timestamp = u64::MAX;
    assert_eq!(
        refusal(&state),
        "timestamp.json has version 18446744073709551615, which leaves no room for later ones"
    );
}

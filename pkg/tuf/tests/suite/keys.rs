//! Keys that somebody gave, and keys that change.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use jiff::Timestamp;
use scaffolding_tuf::{Error, Keys, Repository, Roles, Versions};
use serde_json::Value;

use crate::state::{
    Policy, State, all, changed, days, json, nothing, policy, publish, published, start,
};

const ROLES: [&str; 4] = ["root", "snapshot", "targets", "timestamp"];

/// What OpenSSL writes when it reads `input`.
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

fn new_key(kind: &[&str]) -> Vec<u8> {
    openssl(&[&["genpkey", "-algorithm"], kind].concat(), b"")
}

const P256: [&str; 3] = ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"];

fn read(entries: &[(&str, Vec<u8>)]) -> Result<Keys, Error> {
    Keys::read(entries.iter().map(|(name, pem)| (*name, pem.as_slice())))
}

fn rotating(roles: Roles<bool>) -> Policy {
    Policy {
        rotate: roles,
        ..policy()
    }
}

/// The repository after `roles` changed to new keys.
fn rotated(state: &mut State, roles: Roles<bool>, now: Timestamp) -> Repository {
    let repository = state.repository.clone().unwrap();
    state.keys.complete_rotation(&roles, &repository);
    let next = state.next(None, &rotating(roles), now).unwrap().unwrap();
    publish(state, next.clone());
    next
}

fn ids(repository: &Repository, role: &str) -> Value {
    json(repository.root())["signed"]["roles"][role]["keyids"].clone()
}

#[test]
fn a_key_of_the_original_that_cannot_be_read_is_named() {
    let keyval = r#"{"public": "00", "private": "00"}"#;
    for data in [
        r#""x""#.into(),
        "null".into(),
        r#"{"keyval": "x"}"#.into(),
        format!(r#"{{"keytype": "ed25519", "scheme": "ed25519", "keyval": {keyval}, "x": 1.5}}"#),
    ] {
        let json = format!(r#"{{"encrypted": false, "data": [{data}]}}"#);
        let error = read(&[("root.json", json.into_bytes())]).unwrap_err();
        let text = "root.json describes no key that is known here";
        assert_eq!(error.to_string(), text, "{data}");
    }
}

#[test]
fn given_keys_are_used() {
    let sec1 = openssl(
        &["ecparam", "-genkey", "-noout", "-name", "prime256v1"],
        b"",
    );
    assert!(sec1.starts_with(b"-----BEGIN EC PRIVATE KEY-----"));
    let keys = read(&[
        ("root.pem", new_key(&P256)),
        ("snapshot-mine.pem", new_key(&["ed25519"])),
        ("targets.pem", sec1),
    ]);
    let mut keys = keys.unwrap();
    let made = keys.complete();
    assert_eq!(made.len(), 1);
    assert!(made.keys().all(|entry| entry.starts_with("timestamp-")));
    let state = State { keys, ..nothing() };
    let make = || changed(&state, &["hello.txt"], start());
    let repository = make();
    assert_eq!(make(), repository, "ECDSA gives equal bytes too");
    let root = json(repository.root());
    for (role, kind) in ROLES
        .into_iter()
        .zip(["ecdsa", "ed25519", "ecdsa", "ed25519"])
    {
        let id = ids(&repository, role)[0].as_str().unwrap().to_owned();
        assert_eq!(root["signed"]["keys"][id]["keytype"], kind, "{role}");
    }
}

#[test]
fn a_key_that_cant_sign_here_is_refused_by_name() {
    let p384 = new_key(&["EC", "-pkeyopt", "ec_paramgen_curve:P-384"]);
    let rsa = new_key(&["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]);
    let encrypted = openssl(
        &["pkcs8", "-topk8", "-passout", "pass:x"],
        &new_key(&["ed25519"]),
    );
    let neither = "is neither an Ed25519 nor an ECDSA P-256 key";
    for (entry, pem, problem) in [
        ("root.pem", p384, neither),
        ("root.pem", rsa, neither),
        (
            "root.pem",
            encrypted,
            "can't be read: encrypted, and its password is missing",
        ),
        (
            "root-1.pem",
            b"no PEM".to_vec(),
            "can't be read: no PEM block is in it",
        ),
        (
            "rekor.pem",
            new_key(&["ed25519"]),
            "begins with no role: root, snapshot, targets or timestamp",
        ),
        (
            "root.json",
            b"{}".to_vec(),
            "is no key that the Go original exported",
        ),
        (
            "root.json",
            br#"{"encrypted":true,"data":{"kdf":{},"cipher":{},"ciphertext":""}}"#.to_vec(),
            "is no key that the Go original exported",
        ),
    ] {
        let error = read(&[(entry, pem)]).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{entry} {problem}")), "{error}");
    }
}

#[test]
fn a_new_root_is_signed_as_the_old_one_and_itself_demand() {
    let mut state = published();
    let first = state.repository.clone().unwrap();
    for (role, versions) in [
        ("root", [2, 1, 1, 1]),
        ("timestamp", [3, 1, 1, 2]),
        ("snapshot", [4, 2, 1, 3]),
        ("targets", [5, 3, 2, 4]),
    ] {
        let before = state.repository.clone().unwrap();
        let roles = Roles {
            root: role == "root",
            snapshot: role == "snapshot",
            targets: role == "targets",
            timestamp: role == "timestamp",
        };
        let after = rotated(&mut state, roles, start() + days(1));
        let [root, snapshot, targets, timestamp] = versions;
        assert_eq!(
            after.versions(),
            Versions {
                root,
                snapshot,
                targets,
                timestamp
            }
        );
        for other in ROLES {
            assert_eq!(
                ids(&before, other) == ids(&after, other),
                other != role,
                "{other}"
            );
        }
        let keys = json(after.root())["signed"]["keys"]
            .as_object()
            .unwrap()
            .len();
        assert_eq!(keys, 4, "those of nobody are dropped");
        assert_eq!(state.keys.retired(&after).count(), versions[0] as usize - 1);
        // And that is all.
        assert_eq!(
            state
                .next(None, &rotating(roles), start() + days(1))
                .unwrap(),
            None
        );
    }
    let last = state.repository.unwrap();
    assert!(
        first
            .files()
            .keys()
            .filter(|path| path.ends_with(".root.json"))
            .all(|path| {
                path == "root.json" || last.files().get(path) == first.files().get(path)
            })
    );
}

#[test]
fn a_repository_older_than_the_keys_is_told_from_a_lost_key() {
    let mut state = published();
    let old = state.repository.clone().unwrap();
    let new = rotated(&mut state, all(), start());
    let entries: Vec<_> = state.keys.retired(&new).map(str::to_owned).collect();
    assert_eq!(entries.len(), 4);
    let state = State {
        keys: Keys::default(),
        repository: Some(old),
        ..state
    };
    let error = state
        .next(None, &policy(), start())
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "the repository's root has version 1, version 2 was published before"
    );
}

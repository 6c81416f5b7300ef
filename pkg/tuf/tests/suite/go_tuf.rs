//! Repositories that the Go original made: they are read as they are, and go on with its own keys.

use jiff::Timestamp;
use scaffolding_tuf::{Keys, Repository, Versions};
use sha2::{Digest as _, Sha256};

use crate::state::{State, all, json, policy, publish};

const KEYS: [(&str, &[u8]); 4] = [
    (
        "root.json",
        include_bytes!("../../../../test/data/original/tuf-keys/root.json"),
    ),
    (
        "snapshot.json",
        include_bytes!("../../../../test/data/original/tuf-keys/snapshot.json"),
    ),
    (
        "targets.json",
        include_bytes!("../../../../test/data/original/tuf-keys/targets.json"),
    ),
    (
        "timestamp.json",
        include_bytes!("../../../../test/data/original/tuf-keys/timestamp.json"),
    ),
];
const ARCHIVE: &[u8] = include_bytes!("../../../../test/data/original/tuf-root/repository");

fn original() -> Repository {
    Repository::from_archive(ARCHIVE).unwrap()
}

fn state() -> State {
    State {
        keys: Keys::read(KEYS).unwrap(),
        published: Versions::default(),
        repository: Some(original()),
    }
}

/// Where clients look for a target that is described by its SHA-256.
fn path(name: &str, bytes: &[u8]) -> String {
    format!("targets/{}.{name}", hex::encode(Sha256::digest(bytes)))
}

#[test]
fn reading_changes_nothing_and_finds_every_target() {
    let repository = original();
    let names: Vec<_> = repository.targets().map(|(name, _)| name).collect();
    assert_eq!(names.len(), 7);
    for name in names {
        let bytes = repository.target(name).unwrap();
        assert!(!repository.files().contains_key(&path(name, bytes)));
    }
    let again = Repository::new(repository.files().clone()).unwrap();
    assert_eq!(again, repository);
}

#[test]
fn targets_get_the_names_that_other_clients_look_for_when_that_is_asked() {
    let before = original();
    let after = before.clone().with_sha256_names();
    assert_eq!(after.files().len(), before.files().len() + 7);
    for (path, bytes) in before.files() {
        assert_eq!(after.files().get(path), Some(bytes), "{path}");
    }
    for (name, _) in before.targets() {
        let bytes = before.target(name).unwrap();
        assert_eq!(after.files()[&path(name, bytes)], bytes, "{name}");
    }
    Repository::new(after.files().clone()).unwrap();
}

#[test]
fn what_is_taken_over_has_one_kind_of_digest() {
    let now = Timestamp::now();
    let mut state = state();
    let before = original();
    let next = state.next(None, &policy(), now).unwrap().unwrap();
    let targets = json(&next.files()["targets.json"])["signed"]["targets"].clone();
    for (name, target) in targets.as_object().unwrap() {
        let bytes = before.target(name).unwrap();
        assert_eq!(target["hashes"].as_object().unwrap().len(), 1, "{name}");
        assert_eq!(next.files()[&path(name, bytes)], bytes, "{name}");
    }
    let files = next.files().keys();
    let targets = files.filter(|path| path.starts_with("targets/"));
    assert_eq!(targets.count(), 7, "under one name each");

    publish(&mut state, next.clone());
    state.keys.complete_rotation(&all(), &next);
    let mut rotating = policy();
    rotating.rotate = all();
    let rotated = state.next(None, &rotating, now).unwrap().unwrap();
    assert_eq!(rotated.versions().root, 3);
    assert_eq!(rotated.files()["1.root.json"], before.root());
}

#[test]
fn another_file_than_the_original_signed_is_refused() {
    let files = original().files().clone();
    for (path, problem) in [
        ("1.snapshot.json", "isn't the file that is referred to"),
        ("timestamp.json", "is no timestamp role"),
    ] {
        let mut files = files.clone();
        files.insert(path.into(), b"{}".to_vec());
        let error = Repository::new(files).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{path} {problem}")), "{error}");
    }
}

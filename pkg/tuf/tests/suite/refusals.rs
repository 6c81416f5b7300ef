//! What can't be continued or published.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use scaffolding_tuf::{Keys, Versions};

use crate::state::{State, nothing, policy, published, start, targets};

fn refusal(state: &State) -> String {
    state
        .next(Some(targets(&["hello.txt"])), &policy(), start())
        .unwrap_err()
        .to_string()
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
fn a_version_that_leaves_no_room_is_refused() {
    let mut state = published();
    state.published.timestamp = u64::MAX;
    assert_eq!(
        refusal(&state),
        "timestamp.json has version 18446744073709551615, which leaves no room for later ones"
    );
}

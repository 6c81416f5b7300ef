//! Names of targets: whatever TUF allows.

use scaffolding_tuf::Repository;
use sha2::{Digest as _, Sha256};

use crate::state::{Policy, all, days, nothing, policy, publish, published, start, targets};

/// One of each kind that others' repositories have.
fn names() -> Vec<String> {
    let long = format!("{}/{}.txt", "folder".repeat(30), "name".repeat(30));
    let names = [
        "registry.example.com/keys.json",
        "a/b/c.txt",
        "with blanks.txt",
        "user@example.com",
        "c++.txt",
        "größe/maß.txt",
        "世界.txt",
        "100%.txt",
        "a%20b.txt",
        "what?.txt",
        "no#1.txt",
        "\"quoted\\\".txt",
        "~.hidden/...",
        ".hidden",
        "-",
    ];
    names.map(String::from).into_iter().chain([long]).collect()
}

#[test]
fn a_target_may_have_any_name_below_a_folder() {
    let names = names();
    let all: Vec<_> = names.iter().map(String::as_str).collect();
    let mut state = nothing();
    let first = state.next(Some(targets(&all)), &policy(), start());
    publish(&mut state, first.unwrap().unwrap());
    // Signed again, and with other keys.
    let renewed = state.next(None, &policy(), start() + days(200));
    publish(&mut state, renewed.unwrap().unwrap());
    let repository = state.repository.as_ref().unwrap();
    let archive = repository.to_archive().unwrap();
    let read = Repository::from_archive(&archive).unwrap();
    assert!(read == *repository);
    for name in &names {
        assert_eq!(read.target(name), Some(name.as_bytes()), "{name}");
        let digest = hex::encode(Sha256::digest(name));
        // The digest comes before the last part of the name.
        let path = match name.rsplit_once('/') {
            Some((folder, file)) => format!("targets/{folder}/{digest}.{file}"),
            None => format!("targets/{digest}.{name}"),
        };
        assert!(read.files().contains_key(&path), "{path}");
    }
}

#[test]
fn a_name_that_leads_elsewhere_is_refused_for_what_it_is() {
    for (name, problem) in [
        ("/etc/passwd", "is no path below a folder"),
        ("../timestamp.json", "is no path below a folder"),
        ("a/../b", "is no path below a folder"),
        ("a//b", "is no path below a folder"),
        ("a/./b", "is no path below a folder"),
        ("folder/", "is no path below a folder"),
        ("two\nlines", "has a control character in it"),
        // As a Mac names it: an u, and two dots above the letter before.
        ("u\u{308}bung.txt", "isn't in Unicode's composed form (NFC)"),
    ] {
        let next = published().next(Some(targets(&[name])), &policy(), start());
        let error = next.unwrap_err().to_string();
        assert_eq!(error, format!("the target {name:?} {problem}"));
    }
}

#[test]
fn a_long_name_is_kept_when_keys_change() {
    let name = "n".repeat(300);
    let mut state = nothing();
    let first = state.next(Some(targets(&[&name])), &policy(), start());
    publish(&mut state, first.unwrap().unwrap());
    let repository = state.repository.clone().unwrap();
    state.keys.complete_rotation(&all(), &repository);
    let policy = Policy {
        rotate: all(),
        ..policy()
    };
    let next = state.next(None, &policy, start()).unwrap().unwrap();
    let archive = next.to_archive().unwrap();
    let read = Repository::from_archive(&archive).unwrap();
    assert_eq!(read.target(&name), Some(name.as_bytes()));
}

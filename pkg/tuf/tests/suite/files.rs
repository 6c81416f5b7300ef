//! Files that are no repository.

use scaffolding_tuf::{Files, Repository};

use crate::state::{days, policy, published, start};

fn files() -> Files {
    published().repository.unwrap().files().clone()
}

fn without(mut files: Files, path: &str) -> Files {
    files.remove(path).unwrap();
    files
}

fn with(mut files: Files, path: &str, bytes: &[u8]) -> Files {
    files.insert(path.into(), bytes.into());
    files
}

/// The file at `path` with another version in it.
fn edited(files: Files, path: &str) -> Files {
    let text = String::from_utf8(files[path].clone()).unwrap();
    let text = text.replacen("\"version\": 1", "\"version\": 2", 1);
    with(files, path, text.as_bytes())
}

/// Where the target `hello.txt` is.
fn target(files: &Files) -> String {
    let mut paths = files.keys();
    let path = paths.find(|path| path.ends_with(".hello.txt"));
    path.unwrap().clone()
}

#[track_caller]
fn assert_refused(files: Files, problem: &str) {
    let error = Repository::new(files).unwrap_err().to_string();
    assert!(error.starts_with(problem), "{error}, not {problem}");
}

#[test]
fn a_file_that_is_missing_is_named() {
    let files = files();
    for path in [
        "1.root.json",
        "root.json",
        "timestamp.json",
        "1.snapshot.json",
        "targets.json",
        &target(&files),
    ] {
        assert_refused(without(files.clone(), path), &format!("{path} is missing"));
    }
}

#[test]
fn files_that_dont_belong_together_are_no_repository() {
    let files = files();
    let target = target(&files);
    for (path, bytes, problem) in [
        (
            target.as_str(),
            b"another text".as_slice(),
            "doesn't have the length in targets.json",
        ),
        (&target, b"HELLO.TXT", "doesn't have the digest in its name"),
        ("root.json", b"{}", "isn't 1.root.json"),
        ("1.root.json", b"{}", "is no root role: "),
        (
            "2.root.json",
            &files["1.root.json"],
            "has another version than its name",
        ),
    ] {
        assert_refused(
            with(files.clone(), path, bytes),
            &format!("{path} {problem}"),
        );
    }
    for (path, problem) in [
        (
            "1.root.json",
            "1.root.json Signature threshold of 1 not met for role root",
        ),
        (
            "timestamp.json",
            "timestamp.json Signature threshold of 1 not met",
        ),
        (
            "1.targets.json",
            "targets.json isn't the 1.targets.json that is referred to",
        ),
    ] {
        assert_refused(edited(files.clone(), path), problem);
    }
}

#[test]
fn a_file_that_no_role_is_about_is_named() {
    for (path, problem) in [
        ("index.html", "isn't part of a repository"),
        ("2.timestamp.json", "isn't part of a repository"),
        ("targets/hello.txt", "doesn't have the digest in its name"),
    ] {
        assert_refused(with(files(), path, b""), &format!("{path} {problem}"));
    }
}

#[test]
fn a_root_of_other_keys_doesnt_follow() {
    let mut state = published();
    state.published.root = 2;
    let other = state
        .next(None, &policy(), start() + days(1))
        .unwrap()
        .unwrap();
    let path = "2.root.json";
    let problem = "2.root.json Signature threshold";
    assert_refused(with(files(), path, &other.files()[path]), problem);
}

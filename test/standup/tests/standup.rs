//! The program, over `config/` and over manifests that it can't run.
//!
//! It finds the other binaries beside itself, where `cargo test` has put them.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use testbed::Manifest;

/// The program, which builds nothing and keeps its temporary files in `temporary`.
fn standup(temporary: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_standup"));
    command.env_clear().env("TMPDIR", temporary);
    command
}

fn text(output: &[u8]) -> String {
    String::from_utf8(output.to_vec()).unwrap()
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

#[test]
fn the_whole_stack_stands_up_and_leaves_nothing_behind() {
    let [temporary, kept] = [(); 2].map(|()| TempDir::new().unwrap());
    let mut command = standup(temporary.path());
    let output = command.arg("--keep").arg(kept.path()).output().unwrap();
    let told = text(&output.stdout);
    assert!(output.status.success(), "{told}{}", text(&output.stderr));
    for line in [
        "rekor-system/createtree           done",
        "ctlog-system/ctlog                can start",
        "tuf-system/createtuf              done",
        "1 certificate authority, 1 transparency log, 1 certificate log, 1 timestamp authority",
    ] {
        assert!(told.contains(line), "{line:?} isn't in\n{told}");
    }
    for object in contract::ALL
        .iter()
        .filter(|object| is_in_config(object.namespace))
    {
        assert_told(
            &told,
            object.kind,
            object.namespace,
            object.name,
            object.entries,
        );
    }
    let pairs = contract::KEY_PAIRS;
    for pair in pairs
        .iter()
        .filter(|pair| is_in_config(pair.private.namespace))
    {
        assert_told(
            &told,
            "Secret",
            contract::TUF_ROOT.namespace,
            pair.copy,
            &[pair.trusted],
        );
    }
    let secret = kept.path().join("tuf-system/secret-tuf-root.yaml");
    assert!(fs::read_to_string(secret).unwrap().contains("repository:"));
    assert!(is_empty(temporary.path()));
}

/// Whether `config/` has that namespace: those of the logs with tiles are in other stacks.
fn is_in_config(namespace: &str) -> bool {
    let named = |manifest: &Manifest| manifest.object["metadata"]["name"] == namespace;
    let mut manifests = Manifest::stack().iter();
    manifests.any(|manifest| manifest.kind() == "Namespace" && named(manifest))
}

/// Checks that the list of objects has this one, with these entries.
fn assert_told(told: &str, kind: &str, namespace: &str, name: &str, entries: &[&str]) {
    let name = format!("{namespace}/{name}");
    let mut lines = told
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    let line = lines.find(|words| words.starts_with(&[kind, &name]));
    let words = line.unwrap_or_else(|| panic!("no {kind} {name} in\n{told}"));
    for entry in entries {
        assert!(
            words.contains(entry),
            "{kind} {name} has no {entry}: {words:?}"
        );
    }
}

#[test]
fn ctrl_c_ends_it_and_leaves_nothing_behind() {
    let temporary = TempDir::new().unwrap();
    let mut command = standup(temporary.path());
    let mut child = command
        .arg("--serve")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let server = lines.find_map(|line| {
        let line = line.unwrap();
        let url = line.strip_prefix("TUF repository: http://")?;
        Some(url.split('/').next()?.to_owned())
    });
    let server = server.expect("it says where the TUF repository is");
    std::net::TcpStream::connect(&server).unwrap();
    assert!(!is_empty(temporary.path()));
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(is_empty(temporary.path()));
    assert!(std::net::TcpStream::connect(&server).is_err());
}

fn interrupt(child: &Child) {
    let pid = i32::try_from(child.id()).unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), Signal::INT).unwrap();
}

/// `config/` with `from` replaced in the file that has it.
fn changed(from: &str, to: &str) -> (Output, String) {
    let folder = TempDir::new().unwrap();
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config");
    let mut changes = 0;
    for file in fs::read_dir(config).unwrap() {
        let file = file.unwrap();
        if file.path().extension().is_none() {
            continue;
        }
        let manifest = fs::read_to_string(file.path()).unwrap();
        changes += manifest.matches(from).count();
        let manifest = manifest.replacen(from, to, 1);
        fs::write(folder.path().join(file.file_name()), manifest).unwrap();
    }
    assert_ne!(changes, 0, "{from:?} isn't in config/");
    let temporary = TempDir::new().unwrap();
    let mut command = standup(temporary.path());
    let output = command.arg("--config").arg(folder.path()).output().unwrap();
    let told = text(&output.stderr);
    (output, told)
}

/// What is replaced in `config/`, by what, and what the error names.
const CANNOT_BE_RUN: [(&str, &str, [&str; 3]); 8] = [
    (
        "image: localhost/scaffolding/createcerts:dev",
        "image: localhost/scaffolding/createkeys:dev",
        [
            "300-fulcio.yaml: Job fulcio-system/createcerts",
            "containers[0].image",
            "createkeys",
        ],
    ),
    (
        "image: ghcr.io/sigstore/fulcio:v1.8.8",
        "image: example.com/fulcio:v1",
        [
            "300-fulcio.yaml: Deployment fulcio-system/fulcio",
            "containers[0].image",
            "example.com",
        ],
    ),
    (
        "kind: StatefulSet",
        "kind: DaemonSet",
        [".yaml: DaemonSet ", "kind: ", "DaemonSet"],
    ),
    (
        "secret: {secretName: tuf-root,",
        "hostPath: {secretName: tuf-root,",
        [
            "500-tuf.yaml: Deployment tuf-system/tuf",
            "volumes[0]",
            "hostPath",
        ],
    ),
    (
        "- {name: tuf-root, mountPath:",
        "- {name: other, mountPath:",
        [
            "500-tuf.yaml: Deployment tuf-system/tuf",
            "volumes",
            "\"other\"",
        ],
    ),
    (
        "fieldPath: metadata.namespace",
        "fieldPath: spec.nodeName",
        [".yaml: Job ", "env[0].valueFrom", "spec.nodeName"],
    ),
    (
        "subjects: [{kind: ServiceAccount, name: createcerts,",
        "subjects: [{kind: User, name: createcerts,",
        [
            "300-fulcio.yaml: RoleBinding fulcio-system/createcerts",
            "unknown variant",
            "User",
        ],
    ),
    ("apiVersion: v1", "apiVersion: [", [".yaml: ", "", ""]),
];

#[test]
fn what_cannot_be_run_is_named_by_file_object_and_field() {
    for (from, to, texts) in CANNOT_BE_RUN {
        let (output, told) = changed(from, to);
        assert_eq!(output.status.code(), Some(1), "{told}");
        for text in texts {
            assert!(told.contains(text), "{text:?} isn't in {told}");
        }
        assert!(told.starts_with("standup: "), "{told}");
    }
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let temporary = TempDir::new().unwrap();
    let mut command = standup(temporary.path());
    let output = command
        .args(["--config", "/does/not/exist"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("/does/not/exist"));
}

#[test]
fn a_kustomization_without_kubectl_says_what_is_missing() {
    let temporary = TempDir::new().unwrap();
    let mut command = standup(temporary.path());
    let tiles = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/tiles");
    command
        .env("PATH", temporary.path())
        .arg("--config")
        .arg(tiles);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(told.contains("kubectl, which reads those"), "{told}");
}

#[test]
fn a_folder_of_something_else_is_never_a_stacks() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().display().to_string();
    for (args, told) in [
        (&["--servers", "--state"][..], "isn't empty"),
        (&["stop", "--state"], "no stack runs in"),
        (&["token", "--email=a@example.com", "--state"], "no stack"),
    ] {
        fs::write(folder.path().join("file"), "").unwrap();
        let output = standup(folder.path()).args(args).arg(&path).output();
        let output = output.unwrap();
        assert_eq!(output.status.code(), Some(1));
        let error = text(&output.stderr);
        assert!(error.contains(told) && error.contains(&path), "{error}");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }
}

#[test]
fn a_workflow_of_no_repository_gets_no_token() {
    for workflow in ["a", "a/b@refs/heads/main", "a/b/.github/workflows/c@main"] {
        let mut command = standup(Path::new("/"));
        let command = command.args(["token", "--state=.", "--github-workflow", workflow]);
        assert_eq!(
            command.output().unwrap().status.code(),
            Some(2),
            "{workflow}"
        );
    }
}

#[test]
fn missing_binaries_are_named_with_the_way_out() {
    let folder = TempDir::new().unwrap();
    let alone = folder.path().join("standup");
    fs::copy(env!("CARGO_BIN_EXE_standup"), &alone).unwrap();
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config");
    let mut command = Command::new(alone);
    let output = command.env_clear().arg("--config").arg(config).output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(
        told.contains("copysecrets isn't there: cargo standup builds it"),
        "{told}"
    );
}

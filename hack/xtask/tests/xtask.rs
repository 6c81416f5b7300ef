//! `cargo xtask` as its users meet it: one line for what is wrong, and the exit code.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    path::Path,
    process::{Command, Output},
    thread,
};

use tempfile::TempDir;

#[test]
fn wrong_flags_are_named() {
    for (flags, why) in [
        (&["image", "UPPER", "out.tar"][..], "NAME"),
        (&["image", "a:b", "out.tar", "/bin/sh"], "expected SRC=DEST"),
        (&["image", "a:b", "out.tar", "--user", "root"], "--user"),
        (&["image", "a:b", "out.tar", "--env", "HOME"], "--env"),
        (&["image", "a:b", "out.tar", "--dir", "/data:9"], "--dir"),
        (&["images", "--tag", "a b"], "--tag"),
        (&["images", "--push", "http://localhost"], "--push"),
        (&["resolve", "-f", "config"], "--registry"),
    ] {
        let output = xtask(flags);
        assert_eq!(output.status.code(), Some(2), "{flags:?}");
        assert!(stderr(&output).contains(why), "{}", stderr(&output));
    }
}

#[test]
fn failures_are_one_line() {
    let folder = TempDir::new().unwrap();
    let config = folder.path().join("pod.yaml");
    std::fs::write(&config, "image: localhost/scaffolding/nobody:dev\n").unwrap();
    let config = config.to_str().unwrap();
    for (flags, why) in [
        (
            &["image", "a:b", "/nowhere/out.tar"][..],
            "writing /nowhere/out.tar",
        ),
        (
            &["image", "a:b", "/nowhere/out.tar", "/nowhere/a=b"],
            "reading /nowhere/a",
        ),
        (
            &["resolve", "-f", "/nowhere", "--registry", "127.0.0.1:1"],
            "reading /nowhere",
        ),
        (
            &["resolve", "-f", config, "--registry", "127.0.0.1:1"],
            "pod.yaml:1: no program of cmd/ makes the image",
        ),
        (
            &["images", "--push", "127.0.0.1:1"],
            "connecting to 127.0.0.1:1",
        ),
    ] {
        let output = xtask(flags);
        assert_eq!(output.status.code(), Some(1), "{flags:?}");
        assert!(stderr(&output).contains(why), "{}", stderr(&output));
        assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
        assert!(output.stdout.is_empty());
    }
}

/// 0.0.0.0 is this machine, and isn't known as such.
#[test]
fn a_registry_without_tls_is_told_as_such() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let registry = format!("0.0.0.0:{}", server.local_addr().unwrap().port());
    thread::spawn(move || {
        for client in server.incoming() {
            let mut client = client.unwrap();
            let _ = client.read(&mut [0; 1024]);
            client
                .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                .unwrap();
        }
    });
    let output = xtask(&["images", "--push", &registry]);
    let said = format!("error: {registry} doesn't speak TLS: --plain-http goes without\n");
    assert_eq!(stderr(&output), said);
}

#[test]
fn an_image_is_packed_under_its_name() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("image.tar");
    let output = xtask(&[
        "image",
        "ghcr.io/a/b:c",
        out.to_str().unwrap(),
        "--entrypoint",
        "/a,b",
        "/etc/passwd=/etc/passwd",
    ]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .starts_with("ghcr.io/a/b:c sha256:")
    );
    assert!(Path::new(&out).is_file());
}

fn xtask(flags: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(flags)
        .env("DOCKER_CONFIG", "/nowhere")
        .output()
        .expect("xtask is built for its tests")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

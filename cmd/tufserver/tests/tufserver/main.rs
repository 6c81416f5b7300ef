//! The binary on free ports, over files that come, change and go.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

mod repository;
mod server;

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use repository::{mount, mounted, next, state};
use server::{Server, ask};

fn server(folder: &TempDir) -> Server {
    Server::start(&folder.path().join("repository"))
}

#[test]
fn every_file_is_served_as_it_is() {
    let (folder, state) = mounted();
    let server = server(&folder);
    for (path, bytes) in state.repository.as_ref().unwrap().files() {
        let answer = server.get(&format!("/{path}"));
        assert_eq!((answer.status, &answer.body), (200, bytes), "{path}");
        assert_eq!(
            answer.header("content-length"),
            Some(bytes.len().to_string().as_str())
        );
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("accept-ranges"), None);
        let (kind, cache) = match path.strip_prefix("targets/") {
            Some(target) => {
                let (digest, _) = target.split_once('.').unwrap();
                assert_eq!(
                    answer.header("etag"),
                    Some(format!("\"{digest}\"").as_str())
                );
                (
                    if path.ends_with(".json") {
                        "application/json"
                    } else {
                        "application/octet-stream"
                    },
                    "public, max-age=31536000, immutable",
                )
            }
            None => ("application/json", "no-cache"),
        };
        assert_eq!(
            (
                answer.header("content-type"),
                answer.header("cache-control")
            ),
            (Some(kind), Some(cache))
        );
    }
    for same in [
        "//timestamp.json",
        "/timestamp.json?x=/y",
        "/.//timestamp.json",
    ] {
        let status = server.get(same).status;
        assert_eq!(
            status,
            if same.contains("/.//") { 404 } else { 200 },
            "{same}"
        );
    }
}

#[test]
fn what_isnt_there_is_404_and_nothing_else() {
    let (folder, _) = mounted();
    let server = server(&folder);
    for path in [
        "/2.root.json",
        "/",
        "/targets",
        "/targets/",
        "/root.json/",
        "/targets/rekor.pub",
        "/../repository",
        "/targets/../root.json",
        "/%72oot.json",
        "/healthz",
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
    }
}

#[test]
fn methods_and_conditions_are_as_in_the_standard() {
    let (folder, _) = mounted();
    let server = server(&folder);
    let whole = server.get("/root.json");
    let head = server.ask("HEAD", "/root.json", &[]);
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(
        head.header("content-length"),
        whole.header("content-length")
    );
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let answer = server.ask(method, "/root.json", &[]);
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, Some("GET, HEAD"))
        );
    }
    let etag = whole.header("etag").unwrap();
    for (tags, status) in [
        (etag.to_owned(), 304),
        (format!("\"other\", W/{etag}"), 304),
        ("*".into(), 304),
        ("\"other\"".into(), 200),
    ] {
        let answer = server.ask("GET", "/root.json", &[&format!("If-None-Match: {tags}")]);
        assert_eq!(
            (answer.status, answer.body.is_empty()),
            (status, status == 304),
            "{tags}"
        );
        assert_eq!(answer.header("etag"), Some(etag));
    }
    let zipped = server.ask(
        "GET",
        "/root.json",
        &["Accept-Encoding: gzip", "Range: bytes=0-3"],
    );
    assert_eq!(
        (zipped.status, zipped.header("content-encoding")),
        (200, None)
    );
    assert_eq!(zipped.body, whole.body);
}

#[test]
fn is_ready_when_there_is_a_repository_and_not_before() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(&folder);
    assert_eq!(ask(server.health_port, "GET", "/healthz", &[]).status, 200);
    assert_eq!(server.ready(), 503);
    assert_eq!(server.get("/root.json").status, 503);
    mount(
        folder.path(),
        &state().repository.unwrap().to_archive().unwrap(),
    );
    server.until("it is ready", || server.ready() == 200);
    assert_eq!(server.get("/root.json").status, 200);
    let (status, log) = server.stop();
    assert!(status.success());
    assert!(
        log.contains("nothing to serve yet (createtuf makes it)"),
        "{log}"
    );
}

#[test]
fn a_bad_archive_is_reported_and_the_good_one_served_on() {
    let (folder, mut state) = mounted();
    let server = server(&folder);
    let archive = next(&mut state).to_archive().unwrap();
    let before = server.get("/timestamp.json").body;
    for bad in [&archive[..archive.len() - 1], b"", b"not an archive"] {
        mount(folder.path(), bad);
        thread::sleep(Duration::from_millis(1200));
        assert_eq!(
            (server.ready(), server.get("/timestamp.json").body == before),
            (200, true)
        );
    }
    fs::remove_file(folder.path().join("repository")).unwrap();
    thread::sleep(Duration::from_millis(1200));
    assert_eq!(server.ready(), 200);
    mount(folder.path(), &archive);
    server.until("the next one is served", || {
        server.get("/timestamp.json").body != before
    });
    let (_, log) = server.stop();
    assert_eq!(
        log.matches("the repository from before is served on")
            .count(),
        4,
        "{log}"
    );
}

#[test]
fn no_request_fails_while_the_repository_changes() {
    let (folder, mut state) = mounted();
    let server = server(&folder);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let clients: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut answers = 0;
                    while !done.load(Ordering::Relaxed) {
                        let answer = server.get("/timestamp.json");
                        assert_eq!(answer.status, 200);
                        assert_eq!(
                            answer.header("content-length"),
                            Some(answer.body.len().to_string().as_str())
                        );
                        answers += 1;
                    }
                    answers
                })
            })
            .collect();
        for _ in 0..3 {
            let next = next(&mut state);
            mount(folder.path(), &next.to_archive().unwrap());
            server.until("it is served", || {
                server.get("/timestamp.json").body == next.files()["timestamp.json"]
            });
        }
        done.store(true, Ordering::Relaxed);
        for client in clients {
            assert!(client.join().unwrap() > 10);
        }
    });
}

#[test]
fn a_termination_signal_ends_it_after_the_last_answer() {
    let (folder, _) = mounted();
    let server = server(&folder);
    // A client that keeps its connection doesn't hold it up.
    let mut idle = TcpStream::connect((Ipv4Addr::LOCALHOST, server.port)).unwrap();
    idle.write_all(b"GET /root.json HTTP/1.1\r\nHost: tuf\r\n\r\n")
        .unwrap();
    assert!(idle.read(&mut [0; 16]).unwrap() > 0);
    let start = Instant::now();
    let (status, log) = server.stop();
    assert!(
        status.success() && start.elapsed() < Duration::from_secs(2),
        "{status} {log}"
    );
    assert!(log.contains("stopped by SIGTERM"), "{log}");
}

#[test]
fn a_port_that_is_taken_is_one_clear_line() {
    let taken = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let output = Command::new(env!("CARGO_BIN_EXE_tufserver"))
        .args([format!("--port={port}"), "--repository=/nowhere".into()])
        .output()
        .unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        log.contains(&format!("listening on port {port}: ")),
        "{log}"
    );
}

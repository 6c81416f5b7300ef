//! The binary on free ports, over files that come, change and go.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

mod client;
mod listening;
mod load;
mod metrics;
mod repository;
mod server;

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use sha2::{Digest as _, Sha256, Sha512};
use tempfile::TempDir;
use testbed::{Manifest, material};
use tuf::Repository;

use client::Client;
use repository::{Publisher, mount, mounted};
use server::Server;

fn server(folder: &TempDir) -> Server {
    let binary = Path::new(env!("CARGO_BIN_EXE_tufserver"));
    Server::start(binary, &folder.path().join("repository"))
}

#[test]
fn every_file_is_served_as_it_is() {
    let (folder, publisher) = mounted();
    let server = server(&folder);
    for (path, bytes) in publisher.repository().files() {
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
        "/timestamp%2Ejson",
        "/%72oot.json",
        "/targets/../timestamp.json",
        "/..%2ftimestamp.json",
    ] {
        assert_eq!(server.get(same).status, 200, "{same}");
    }
}

/// Its metadata finds targets by their SHA-512, and createtuf's, which follows, by their SHA-256.
#[test]
fn targets_of_the_original_are_served_under_either_digest() {
    let folder = tempfile::tempdir().unwrap();
    let archive = &material::original("tuf-root")["repository"];
    mount(folder.path(), archive);
    let server = server(&folder);
    let repository = Repository::from_archive(archive).unwrap();
    for (name, _) in repository.targets() {
        let bytes = repository.target(name).unwrap();
        let digests = [
            hex::encode(Sha512::digest(bytes)),
            hex::encode(Sha256::digest(bytes)),
        ];
        for digest in digests {
            let answer = server.get(&format!("/targets/{digest}.{name}"));
            assert_eq!((answer.status, &*answer.body), (200, bytes), "{name}");
        }
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
        "/..%2f..%2frepository",
        "/%2e%2e/repository",
        "/timestamp.json%2f",
        "/timestamp%zz.json",
        "/%FF",
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
    assert_eq!(server.told("/healthz").status, 200);
    for archive in [None, Some("not an archive")] {
        if let Some(archive) = archive {
            mount(folder.path(), archive.as_bytes());
            server.until("it was read", || {
                server.counts("reloads_total{result=\"failed\"} 1")
            });
        }
        assert_eq!(
            (server.ready(), server.get("/root.json").status),
            (503, 503)
        );
    }
    mount(folder.path(), &Publisher::new().archive());
    server.until("it is ready", || server.ready() == 200);
    assert_eq!(server.get("/root.json").status, 200);
    let (status, log) = server.stop();
    assert!(status.success());
    let told = log.matches("nothing to serve yet (createtuf makes it)");
    assert_eq!(told.count(), 2, "{log}");
}

#[test]
fn a_bad_archive_is_reported_and_the_good_one_served_on() {
    let (folder, mut publisher) = mounted();
    let server = server(&folder);
    let before = server.get("/timestamp.json").body;
    publisher.next();
    let archive = publisher.archive();
    let served_on = |failures| {
        server.until("it was read", || {
            server.counts(&format!("reloads_total{{result=\"failed\"}} {failures}"))
        });
        assert_eq!(
            (server.ready(), server.get("/timestamp.json").body == before),
            (200, true)
        );
    };
    for (bad, failures) in [&archive[..archive.len() - 1], b"", b"not an archive"]
        .into_iter()
        .zip(1..)
    {
        mount(folder.path(), bad);
        served_on(failures);
    }
    fs::remove_file(folder.path().join("repository")).unwrap();
    served_on(4);
    mount(folder.path(), &archive);
    server.until("the next one is served", || {
        server.get("/timestamp.json").body != before
    });
    assert!(server.counts("reloads_total{result=\"ok\"} 2"));
    let (_, log) = server.stop();
    let told = log.matches("the repository from before is served on");
    assert_eq!(told.count(), 4, "{log}");
}

#[test]
fn no_request_fails_while_the_repository_changes() {
    let (folder, mut publisher) = mounted();
    let server = server(&folder);
    let load = load::reloads(&server, folder.path(), &mut publisher, 20);
    assert_eq!(load.failures, [""; 0]);
    assert!(load.walks > 20, "{}", load.walks);
    // What only long gone repositories had isn't kept for ever.
    assert_eq!(server.get("/1.snapshot.json").status, 404);
    assert_eq!(server.get("/10.snapshot.json").status, 200);
}

/// Two publications between two looks: what the client is about to read is in neither of them.
#[test]
fn a_client_in_the_middle_of_its_update_finds_what_it_looks_for() {
    let (folder, mut publisher) = mounted();
    let server = server(&folder);
    let before = publisher.repository().clone();
    publisher.next();
    publisher.next();
    mount(folder.path(), &publisher.archive());
    server.until("it is served", || {
        server.get("/timestamp.json").body == publisher.repository().files()["timestamp.json"]
    });
    let gone = |path: &&String| !publisher.repository().files().contains_key(*path);
    let gone: Vec<_> = before.files().keys().filter(gone).collect();
    assert!(
        gone.iter().any(|path| *path == "1.snapshot.json"),
        "{gone:?}"
    );
    for path in gone {
        let answer = server.get(&format!("/{path}"));
        assert!(answer.body == before.files()[path], "{path}");
    }
}

#[test]
fn equal_archives_are_served_equally_by_every_replica() {
    let (folder, mut publisher) = mounted();
    let early = server(&folder);
    publisher.next();
    mount(folder.path(), &publisher.archive());
    let late = server(&folder);
    early.until("it is served", || {
        early.counts("reloads_total{result=\"ok\"} 2")
    });
    for path in publisher.repository().files().keys() {
        let [early, late] = [&early, &late].map(|server| server.get(&format!("/{path}")));
        assert_eq!(early.body, late.body);
        assert_eq!(early.headers_but_date(), late.headers_but_date());
    }
}

#[test]
fn config_names_the_ports_and_paths_that_are_served() {
    let help = Command::new(env!("CARGO_BIN_EXE_tufserver"))
        .arg("--help")
        .output()
        .unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let default = |flag: &str| {
        let (_, about) = help.split_once(flag).unwrap();
        let (_, value) = about.split_once("[default: ").unwrap();
        value.split(']').next().unwrap().to_owned()
    };
    let mut manifests = Manifest::all().iter();
    let deployment = manifests
        .find(|manifest| manifest.to_string().ends_with("Deployment tuf-system/tuf"))
        .unwrap();
    let pod = &deployment.object["spec"]["template"];
    let server = &pod["spec"]["containers"][0];
    let port = |name: &str| {
        let mut ports = server["ports"].as_array().unwrap().iter();
        ports.find(|port| port["name"] == name).unwrap()["containerPort"].to_string()
    };
    assert_eq!(
        [port("http"), port("health")],
        [default("--port"), default("--health-port")]
    );
    let annotations = &pod["metadata"]["annotations"];
    assert_eq!(annotations["prometheus.io/port"], port("health"));

    let (folder, _) = mounted();
    let running = self::server(&folder);
    for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
        let asked = &server[probe]["httpGet"];
        assert_eq!(asked["port"], "health", "{probe}");
        let path = asked["path"].as_str().unwrap();
        assert_eq!(running.told(path).status, 200, "{probe}");
    }
}

#[test]
fn a_termination_signal_ends_it_after_the_last_answer() {
    let (folder, _) = mounted();
    let server = server(&folder);
    // A client that keeps its connection doesn't hold it up.
    let mut idle = Client::connect(server.port);
    assert_eq!(idle.ask("GET", "/root.json", &[]).status, 200);
    let start = Instant::now();
    let (status, log) = server.stop();
    assert!(
        status.success() && start.elapsed() < Duration::from_secs(2),
        "{status} {log}"
    );
    assert!(log.contains("stopped by SIGTERM"), "{log}");
}

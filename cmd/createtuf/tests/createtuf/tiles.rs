//! Logs that keep their trees as tiles: Rekor v2 and TesseraCT.

use std::fs;

use keys::{Kind, PrivateKey};

use super::*;
use crate::many::{add, all, empty, flag};

const REKOR: &str = "--rekor-tiles-secret=rekor-tiles-pub-key";
const CTLOG: &str = "--ctlog-tiles-secret=ctlog-tiles-public-key";
const ONLY_TILES: [&str; 4] = ["--rekor-secret=", "--ctlog-secret=", REKOR, CTLOG];

const REKOR_ORIGIN: &str = "rekor.rekor-tiles-system.svc";
const CTLOG_ORIGIN: &str = "ctlog.ctlog-tiles-system.svc/sigstorescaffolding";

fn ed25519() -> String {
    PrivateKey::generate(Kind::Ed25519).public_key().to_pem()
}

fn log(key: String, origin: &str) -> Entries {
    let mut entries = entry("public", key);
    entries.insert("origin".into(), origin.into());
    entries
}

/// A cluster with the keys of all four logs.
fn both() -> Tuf {
    let tuf = Tuf::set();
    tuf.may_read_any_secret();
    let logs = [
        ("rekor-tiles-pub-key", log(ed25519(), REKOR_ORIGIN)),
        ("ctlog-tiles-public-key", log(new_key(), CTLOG_ORIGIN)),
    ];
    for (name, entries) in logs {
        tuf.0.set_secret(NAMESPACE, name, &entries);
    }
    tuf.set_address("rekor-tiles", Some(&format!("http://{REKOR_ORIGIN}")));
    tuf.set_address("ctlog-tiles", Some(&format!("http://{CTLOG_ORIGIN}")));
    tuf
}

fn only_tiles(more: &[&'static str]) -> Vec<&'static str> {
    [&ONLY_TILES, more].concat()
}

impl Tuf {
    fn rekors(&self) -> Vec<(String, u64)> {
        let config = self.repository();
        let config = config.target("signing_config.v0.2.json").unwrap();
        let config: Value = serde_json::from_slice(config).unwrap();
        let services = config["rekorTlogUrls"].as_array().unwrap().iter();
        let service = |service: &Value| {
            let url = service["url"].as_str().unwrap().to_owned();
            (url, service["majorApiVersion"].as_u64().unwrap())
        };
        // Without those that stand in for one that begins later.
        let own = services.filter(|one| one["validFor"]["end"] != one["validFor"]["start"]);
        own.map(service).collect()
    }
}

#[test]
fn a_stack_may_have_logs_with_tiles_alone() {
    let tuf = both();
    tuf.run(&only_tiles(&[])).assert(0, &["done"]);
    let trust = tuf.trusted_root();
    let url = |list: &str| trust[list][0]["baseUrl"].as_str().unwrap().to_owned();
    assert_eq!(url("tlogs"), "http://rekor.rekor-tiles-system.svc");
    assert_eq!(
        url("ctlogs"),
        "http://ctlog.ctlog-tiles-system.svc/sigstorescaffolding"
    );
    assert_eq!(trust["tlogs"].as_array().unwrap().len(), 1);
    assert_eq!(tuf.rekors(), [(url("tlogs"), 2)]);
    assert_eq!(tuf.repository().target("rekor.pub"), None);
    assert!(tuf.repository().target("ctfe.pub").is_some());
    let settled = tuf.0.objects();
    tuf.run(&only_tiles(&[])).assert(0, &["done"]);
    assert_eq!(settled, tuf.0.objects());
}

#[test]
fn one_that_is_added_is_used_once_clients_have_had_time_to_learn_of_it() {
    let tuf = both();
    tuf.run(&[]).assert(0, &["done"]);
    let v1 = ("http://rekor.rekor-system.svc".to_owned(), 1);
    let v2 = ("http://rekor.rekor-tiles-system.svc".to_owned(), 2);
    tuf.assert_refused(&[REKOR, CTLOG], &["Rekor v2's key", "--accept-changes"]);
    let outcome = tuf.run(&[REKOR, CTLOG, "--accept-changes"]);
    outcome.assert(0, &["restart in this order: the CT log, the TUF server"]);
    assert_eq!(tuf.rekors(), [v2.clone(), v1.clone()]);
    // v1 is kept until then, and nothing moves.
    tuf.run(&only_tiles(&["--accept-changes"]))
        .assert(0, &["done"]);
    assert_eq!(tuf.rekors(), [v2.clone(), v1]);
    let settled = tuf.0.objects();
    tuf.run(&only_tiles(&[])).assert(0, &["done"]);
    assert_eq!(settled, tuf.0.objects());
    assert_eq!(tuf.trusted_root()["tlogs"].as_array().unwrap().len(), 2);

    let at_once = both();
    at_once.run(&[]).assert(0, &["done"]);
    at_once
        .run(&only_tiles(&["--accept-changes", "--overlap=0s"]))
        .assert(0, &["done"]);
    assert_eq!(at_once.rekors(), [v2]);
}

#[test]
fn a_log_in_the_others_place_is_refused() {
    let tuf = both();
    for (flag, object, difference, way_out) in [
        (
            "--rekor-secret=rekor-tiles-pub-key",
            "\"origin\" of Secret tuf-system/rekor-tiles-pub-key",
            "makes it the key of a Rekor v2, not of a Rekor v1",
            "name its Secret in --rekor-tiles-secret",
        ),
        (
            "--ctlog-secret=ctlog-tiles-public-key",
            "\"origin\" of Secret tuf-system/ctlog-tiles-public-key",
            "makes it the key of a CT log with tiles",
            "name its Secret in --ctlog-tiles-secret",
        ),
        (
            "--rekor-tiles-secret=rekor-pub-key",
            "\"public\" of Secret tuf-system/rekor-pub-key",
            "has no origin beside it, so it is the key of a Rekor v1, not of a Rekor v2",
            "name its Secret in --rekor-secret",
        ),
        (
            "--ctlog-tiles-secret=ctlog-public-key",
            "\"public\" of Secret tuf-system/ctlog-public-key",
            "has no origin beside it, so it is the key of a CT log without tiles",
            "name its Secret in --ctlog-secret",
        ),
    ] {
        tuf.assert_refused(&[flag], &[object, difference, way_out]);
    }
}

#[test]
fn an_origin_that_isnt_the_urls_is_refused() {
    let tuf = both();
    let entry = |name: &str| format!("{name:?} of ConfigMap tuf-system/addresses");
    let said = format!(
        "\"{REKOR_ORIGIN}\", and {} has no URL of that",
        entry("rekor-tiles")
    );
    for url in [
        Some("http://other.svc"),
        Some("http://rekor.rekor-tiles-system.svc.cluster.local"),
        None,
    ] {
        tuf.set_address("rekor-tiles", url);
        tuf.assert_refused(&[REKOR], &[&said, "in its URL"]);
    }
    let flag = ["--rekor-tiles-url=http://other.svc", REKOR];
    tuf.run_by_flags(&flag)
        .assert(3, &["and --rekor-tiles-url has no URL of that"]);
    tuf.set_address("rekor-tiles", Some(&format!("http://{REKOR_ORIGIN}")));
    let said = format!("and {} has no URL of that", entry("ctlog-tiles"));
    for url in [
        Some("http://ctlog.ctlog-tiles-system.svc"),
        Some("http://other.svc/sigstorescaffolding"),
        None,
    ] {
        tuf.set_address("ctlog-tiles", url);
        tuf.assert_refused(&[CTLOG], &[&said, "in its URL"]);
    }
    tuf.set_address("ctlog-tiles", Some(&format!("http://{CTLOG_ORIGIN}")));
    for (origin, problem) in [
        ("http://rekor.rekor-tiles-system.svc", "has a scheme"),
        ("rekor rekor", "has a blank"),
        ("rekor.rekor-tiles-system.svc\n", "has a blank"),
        ("rekor.svc/path", "has a path"),
        ("rekor+svc", "has a character that no host has"),
    ] {
        tuf.put("rekor-tiles-pub-key", "origin", origin);
        let object = "\"origin\" of Secret tuf-system/rekor-tiles-pub-key";
        tuf.assert_refused(&[REKOR], &[object, problem, "put the name there"]);
    }
}

#[test]
fn without_a_timestamp_authority_nothing_would_verify() {
    let tuf = both();
    let missing = "no timestamp authority is among the inputs";
    tuf.assert_refused(&only_tiles(&["--tsa-secret="]), &[missing, "add one"]);
    tuf.assert_refused(&[REKOR, "--tsa-secret="], &[missing]);
    // With keys of one's own there is nothing to be expired.
    tuf.run(&only_tiles(&["--tsa-secret=", "--fulcio-secret="]))
        .assert(0, &["done"]);
}

#[test]
fn one_key_is_one_log() {
    let tuf = both();
    let key = String::from_utf8(tuf.secret("ctlog-public-key")["public"].clone()).unwrap();
    tuf.put("ctlog-tiles-public-key", "public", key.as_str());
    tuf.assert_refused(&[CTLOG], &["has the key of the one at http://ctlog.ctlog-"]);

    // Whoever moves a log's key to another origin forks it, whatever he accepts.
    tuf.run(&[REKOR]).assert(0, &["done"]);
    tuf.put("rekor-tiles-pub-key", "origin", "other.svc");
    tuf.set_address("rekor-tiles", Some("http://other.svc"));
    tuf.assert_refused(
        &[REKOR, "--accept-changes"],
        &["is published as that of another log, at http://rekor.rekor-tiles-system.svc"],
    );
    tuf.set_address("rekor-tiles", Some(&format!("http://{REKOR_ORIGIN}")));
    let other = log(ed25519(), REKOR_ORIGIN);
    tuf.0.set_secret(NAMESPACE, "rekor-tiles-pub-key", &other);
    tuf.0
        .set_secret(NAMESPACE, "another", &log(ed25519(), REKOR_ORIGIN));
    tuf.assert_refused(
        &["--rekor-tiles-secret=rekor-tiles-pub-key,another"],
        &["has the origin of the one at http://rekor.rekor-tiles-system.svc"],
    );
}

#[test]
fn what_replaces_a_stolen_key_says_that_the_old_one_has_to_be_withdrawn() {
    let tuf = both();
    tuf.run(&only_tiles(&[])).assert(0, &["done"]);
    let id = |trust: &Value, log: usize| {
        use base64ct::{Base64, Encoding as _};
        let id = trust["tlogs"][log]["logId"]["keyId"].as_str().unwrap();
        hex::encode(Base64::decode_vec(id).unwrap())
    };
    let old = id(&tuf.trusted_root(), 0);
    tuf.put("rekor-tiles-pub-key", "public", ed25519());
    let withdraw = format!("--withdraw={}", &old[..12]);
    tuf.put("rekor-tiles-pub-key", "origin", REKOR_ORIGIN);
    let outcome = tuf.run(&only_tiles(&["--accept-changes", "--overlap=0s"]));
    outcome.assert(0, &["restart in this order: the TUF server, Rekor v2"]);
    let price = "no client heeds its end: withdraw it if it is stolen";
    assert!(outcome.log.contains(price), "{}", outcome.log);
    let args = [&only_tiles(&[])[..], &[&withdraw]].concat();
    tuf.run(&args).assert(0, &["done"]);
    assert_ne!(id(&tuf.trusted_root(), 0), old);
    assert_eq!(tuf.trusted_root()["tlogs"].as_array().unwrap().len(), 1);
}

#[test]
fn a_file_of_a_log_with_tiles_has_its_origin_beside_it() {
    let (tuf, folder) = (empty(), all());
    tuf.set_address("rekor-tiles", Some(&format!("http://{REKOR_ORIGIN}")));
    tuf.set_address("ctlog-tiles", Some(&format!("http://{CTLOG_ORIGIN}")));
    let tiles = [
        ("rekor-tiles.pub", ed25519()),
        ("rekor-tiles.origin", format!("{REKOR_ORIGIN}\n")),
        ("ctfe-tiles.pub", new_key()),
        ("ctfe-tiles.origin", CTLOG_ORIGIN.to_owned()),
    ];
    let write = |leave_out: &str| {
        for (name, text) in &tiles {
            let _ = fs::remove_file(folder.path().join(name));
            if *name != leave_out {
                add(&folder, name, text);
            }
        }
    };
    for (missing, problem) in [
        (
            "rekor-tiles.pub",
            "rekor-tiles.origin is the origin of no key",
        ),
        (
            "rekor-tiles.origin",
            "rekor-tiles.pub has no origin beside it",
        ),
        (
            "ctfe-tiles.pub",
            "ctfe-tiles.origin is the origin of no key",
        ),
        (
            "ctfe-tiles.origin",
            "ctfe-tiles.pub has no origin beside it",
        ),
    ] {
        write(missing);
        tuf.assert_refused(&[&flag(&folder)], &[problem]);
    }
    write("");
    for (name, problem) in [
        ("rekor-tiles.pub.old", "may be a leftover of"),
        ("rekor-tiles.pem", "may be a leftover of"),
        (
            "rekor.origin",
            "makes it the key of a Rekor v2, not of a Rekor v1",
        ),
        ("ctfe-tiles-2.origin", "is the origin of no key"),
    ] {
        add(&folder, name, REKOR_ORIGIN);
        tuf.assert_refused(&[&flag(&folder)], &[name, problem]);
        fs::remove_file(folder.path().join(name)).unwrap();
    }
    tuf.run(&[&flag(&folder)]).assert(0, &["done"]);
    assert_eq!(tuf.trusted_root()["tlogs"].as_array().unwrap().len(), 2);
    assert_eq!(tuf.trusted_root()["ctlogs"].as_array().unwrap().len(), 2);
    let missing = &["--file-dir=/", REKOR][..];
    assert!(tuf.run(&[missing, &["--deadline=1s"]].concat()).code != 0);
}

//! Logs that aren't the one that was recorded.

use testbed::{
    suite::Scene as _,
    tilelog::{Signed, Volume},
};

use crate::{BEGINNING, NAMESPACE, ORIGIN, Rekor, grow};

const WAY_OUT: [&str; 2] = ["restore the volume's newest backup", "start a new log"];

/// A log of 300 entries that was recorded as `recorded`, and now has another volume.
fn refused(recorded: &Volume, now: Volume, texts: &[&str]) {
    let note = recorded.note();
    let public = recorded.public();
    let rekor = Rekor::with(now);
    let mut secret = rekor.kubernetes.secret(NAMESPACE, "rekor-tiles-pub-key");
    secret.insert("public".into(), public.into());
    secret.insert("origin".into(), ORIGIN.into());
    rekor
        .kubernetes
        .set_secret(NAMESPACE, "rekor-tiles-pub-key", &secret);
    rekor.record(&note);
    rekor.assert_refused(&[texts, &WAY_OUT].concat());
}

fn log(size: u64) -> Volume {
    let mut volume = Volume::new(ORIGIN, Signed::Ed25519);
    grow(&mut volume, size);
    volume
}

#[test]
fn an_empty_volume_and_older_ones_are_refused() {
    let recorded = log(300);
    for size in [0, 1, 256, 299] {
        let text = format!("is of {size} entries");
        refused(&recorded, recorded.snapshot(size), &[&text, "recorded 300"]);
    }
}

#[test]
fn a_fork_is_refused_whatever_its_size() {
    let recorded = log(300);
    for (kept, size) in [(0, 300), (299, 300), (299, 301), (255, 600), (0, 700)] {
        let mut fork = recorded.snapshot(kept);
        let others: Vec<_> = (kept..size).map(|at| format!("other {at}")).collect();
        fork.append(others.iter().map(String::as_bytes));
        refused(
            &recorded,
            fork,
            &["has another history than the 300 entries"],
        );
    }
}

#[test]
fn another_key_and_another_origin_are_refused() {
    let recorded = log(300);
    refused(&recorded, log(300), &["signed with another key"]);
    let mut other = Volume::new("another.example.com", Signed::Ed25519);
    grow(&mut other, 300);
    let texts = [
        "another log, \"another.example.com\"",
        "correct --tiles-url",
    ];
    refused(&recorded, other, &texts);
}

#[test]
fn damaged_tiles_and_a_checkpoint_that_is_none_are_refused() {
    let recorded = log(300);
    let early = recorded.snapshot(20);
    for tile in ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1"] {
        let volume = recorded.snapshot(300);
        volume.write(tile, b"short");
        refused(&early, volume, &["isn't borne out", tile, "damaged"]);
        let volume = recorded.snapshot(300);
        std::fs::remove_file(volume.path().join(tile)).unwrap();
        refused(&early, volume, &["isn't borne out", tile, "has no"]);
    }
    for garbage in ["", "garbage", "<html></html>\n", BEGINNING] {
        let volume = recorded.snapshot(300);
        volume.write("checkpoint", garbage.as_bytes());
        refused(&recorded, volume, &["isn't a checkpoint"]);
    }
}

#[test]
fn what_the_objects_say_and_no_log_has_is_refused_with_its_entry() {
    let name = format!("of Secret {NAMESPACE}/rekor-tiles-pub-key");
    for (entry, value) in [("public", "garbage"), ("origin", "a b")] {
        let rekor = Rekor::set();
        let mut secret = rekor.kubernetes.secret(NAMESPACE, "rekor-tiles-pub-key");
        secret.insert(entry.into(), value.into());
        rekor
            .kubernetes
            .set_secret(NAMESPACE, "rekor-tiles-pub-key", &secret);
        rekor.assert_refused(&[&format!("{entry:?} {name}"), "restore it from a backup"]);
    }
    for recorded in ["garbage", "another\n0\nAAAA\n", &log(3).note()] {
        let rekor = Rekor::set();
        rekor.record(recorded);
        let name = format!("\"checkpoint\" of ConfigMap {NAMESPACE}/rekor-tiles-log");
        rekor.assert_refused(&[&name, "restore it from a backup"]);
    }
}

/// The tiles are ours, and whoever takes entries isn't: nothing of theirs is recorded.
#[test]
fn a_first_entry_in_another_log_is_refused() {
    let rekor = Rekor::set();
    let other = testbed::TileLog::start(Volume::new(ORIGIN, Signed::Ed25519));
    let job = rekor.job().args([format!("--first-entry={}", other.url())]);
    job.run()
        .assert(3, &["signed with another key", "correct --first-entry"]);
    assert_eq!(rekor.recorded(), BEGINNING);
}

//! The volume, before the log's server starts.

use std::{fs, path::Path};

use testbed::{
    Kubernetes, Process,
    tilelog::{Signed, Volume},
};

use crate::{BEGINNING, ORIGIN, grow};

/// Runs it as the init container of the log's server.
fn init<'a>(
    kubernetes: &'a Kubernetes,
    folder: &Path,
    [public, origin, recorded]: [&str; 3],
) -> Process<'a> {
    let job = Process::new(kubernetes, env!("CARGO_BIN_EXE_createlog"));
    let job = job.env("PUBLIC_KEY", public).env("ORIGIN", origin);
    let job = job.env("CHECKPOINT", recorded);
    job.args([format!("--volume={}", folder.display())])
}

fn run(volume: &Volume, public: &str, recorded: &str, code: i32, texts: &[&str]) {
    let kubernetes = Kubernetes::empty();
    let before = files(volume.path());
    let entries = [public, ORIGIN, recorded];
    init(&kubernetes, volume.path(), entries)
        .run()
        .assert(code, texts);
    assert_eq!(files(volume.path()), before, "the volume is only read");
    assert!(kubernetes.calls.log().is_empty());
}

fn files(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut found = vec![];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push((path.clone(), fs::read(&path).unwrap())),
        }
    }
    found.sort();
    found
}

fn passes(volume: &Volume, recorded: &str) {
    run(volume, &volume.public(), recorded, 0, &["done"]);
}

fn refused(volume: &Volume, recorded: &str, texts: &[&str]) {
    let way_out = [
        "the checkpoint on the volume",
        "restore the volume's newest backup",
    ];
    let texts = [texts, &way_out, &["delete the volume, rekor-tiles-log"]].concat();
    run(volume, &volume.public(), recorded, 3, &texts);
}

fn log(size: u64) -> Volume {
    let mut volume = Volume::new(ORIGIN, Signed::Ed25519);
    grow(&mut volume, size);
    volume
}

#[test]
fn a_volume_that_has_what_was_recorded_passes() {
    for size in [0, 1, 255, 256, 257, 600] {
        let volume = log(size);
        passes(&volume, BEGINNING);
        for earlier in [1, 256, 257].into_iter().filter(|earlier| *earlier <= size) {
            let earlier = volume.snapshot(usize::try_from(earlier).unwrap());
            passes(&volume, &earlier.note());
        }
        passes(&volume, &volume.note());
    }
}

/// What the real servers wrote, and what became of it.
#[test]
fn volumes_of_the_real_servers_pass_and_lose_nothing_unnoticed() {
    let kubernetes = Kubernetes::empty();
    for (name, origin) in [
        ("rekor-ed25519", ORIGIN),
        ("rekor-p256", ORIGIN),
        (
            "tesseract",
            "ctlog.ctlog-tiles-system.svc/sigstorescaffolding",
        ),
    ] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test/data/tiles");
        let folder = folder.join(name);
        let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        let public = text("public");
        for recorded in ["earlier", "checkpoint"].map(text) {
            let job = init(&kubernetes, &folder, [&public, origin, &recorded]);
            job.run().assert(0, &["done"]);
            // As `kubectl cp` of what is served, and as a volume that somebody emptied.
            let lost = tempfile::tempdir().unwrap();
            let job = init(&kubernetes, lost.path(), [&public, origin, &recorded]);
            job.run().assert(3, &["isn't there"]);
            fs::copy(folder.join("checkpoint"), lost.path().join("checkpoint")).unwrap();
            let job = init(&kubernetes, lost.path(), [&public, origin, &recorded]);
            job.run().assert(3, &["go on from 0", ".state/treeState"]);
        }
    }
}

#[test]
fn an_empty_volume_is_a_first_start_and_only_that() {
    let (volume, empty) = (log(300), tempfile::tempdir().unwrap());
    let kubernetes = Kubernetes::empty();
    let (public, foreign, note) = (volume.public(), log(3).note(), volume.note());
    let job = |recorded| init(&kubernetes, empty.path(), [&public, ORIGIN, recorded]);
    job(BEGINNING).run().assert(0, &["done"]);
    job(&foreign)
        .run()
        .assert(3, &["is signed with another key"]);
    job(&note)
        .run()
        .assert(3, &["isn't there", "start a new log"]);
    // A server that was killed before its first checkpoint.
    let started = log(0);
    fs::remove_file(started.path().join("checkpoint")).unwrap();
    passes(&started, BEGINNING);
}

#[test]
fn older_and_forked_volumes_are_refused() {
    let recorded = log(300);
    for size in [0, 1, 256, 299] {
        let text = format!("is of {size} entries");
        let texts = [&text, "has recorded 300"];
        refused(&recorded.snapshot(size), &recorded.note(), &texts);
    }
    for (kept, size) in [(0, 300), (299, 300), (299, 301), (255, 600)] {
        let mut fork = recorded.snapshot(kept);
        let others: Vec<_> = (kept..size).map(|at| format!("other {at}")).collect();
        fork.append(others.iter().map(String::as_bytes));
        refused(&fork, &recorded.note(), &["has another history"]);
    }
}

/// The volume is whole, and that of another log; or the checkpoint isn't one.
#[test]
fn foreign_volumes_and_garbage_are_refused() {
    let (ours, theirs) = (log(300), log(300));
    run(&theirs, &ours.public(), &ours.note(), 3, &["another key"]);
    run(&theirs, &ours.public(), BEGINNING, 3, &["another key"]);
    let other = Volume::new("another.example.com", Signed::Ed25519);
    run(&other, &ours.public(), BEGINNING, 3, &["another log"]);
    for garbage in ["", "garbage", "\n\n\n"] {
        let volume = ours.snapshot(300);
        volume.write("checkpoint", garbage.as_bytes());
        refused(&volume, BEGINNING, &["isn't a checkpoint"]);
    }
}

/// Each file that the server, or this program, needs is missing, of another log, or damaged.
#[test]
fn half_of_a_volume_is_refused() {
    let (ours, theirs) = (log(300), log(300));
    let files = [
        "checkpoint",
        ".state/treeState",
        "tile/0/000",
        "tile/0/001.p/44",
        "tile/1/000.p/1",
    ];
    let mut longer = ours.snapshot(300);
    grow(&mut longer, 310);
    for file in files {
        // Tiles between the edges of both trees aren't read.
        for recorded in [ours.snapshot(20).note(), ours.note()] {
            if file == "tile/0/000" && recorded.contains("\n300\n") {
                continue;
            }
            let volume = ours.snapshot(300);
            fs::remove_file(volume.path().join(file)).unwrap();
            refused(&volume, &recorded, &[]);
            for damaged in [&b""[..], b"garbage", &[0; 32], &[7; 8192]] {
                volume.write(file, damaged);
                refused(&volume, &recorded, &[]);
            }
        }
    }
    let mut others = theirs.anew();
    others.append((0..300).map(|_| &b"other"[..]));
    for file in [".state/treeState", "tile/0/000", "tile/0/001.p/44"] {
        let volume = ours.snapshot(300);
        volume.write(file, &fs::read(others.path().join(file)).unwrap());
        refused(&volume, &ours.snapshot(20).note(), &[]);
    }
    // The server would go on behind what clients have seen.
    let volume = longer.snapshot(310);
    let state = fs::read(ours.path().join(".state/treeState")).unwrap();
    volume.write(".state/treeState", &state);
    refused(&volume, &ours.note(), &["would go on from 300"]);
    // It was killed before it published what it has integrated.
    let note = longer.snapshot(300).note();
    let volume = longer.snapshot(310);
    volume.write("checkpoint", note.as_bytes());
    passes(&volume, &note);
}

#[test]
fn a_folder_that_isnt_there_is_no_empty_volume() {
    let (kubernetes, volume) = (Kubernetes::empty(), log(0));
    let folder = volume.path().join("not/there");
    let public = volume.public();
    let job = init(&kubernetes, &folder, [&public, ORIGIN, BEGINNING]);
    let job = job.args(["--timeout=300ms"]);
    job.run().assert(1, &["reading the volume", "No such file"]);
}

#[test]
fn without_what_is_known_of_the_log_the_flag_is_wrong() {
    let (kubernetes, volume) = (Kubernetes::empty(), log(0));
    let public = volume.public();
    for name in ["PUBLIC_KEY", "ORIGIN", "CHECKPOINT"] {
        let job = init(&kubernetes, volume.path(), [&public, ORIGIN, BEGINNING]);
        let outcome = job.without_env(name).run();
        assert_eq!(outcome.code, 2, "{}", outcome.log);
        let flag = name.to_lowercase().replace('_', "-");
        assert!(outcome.log.contains(&flag), "{}", outcome.log);
    }
}

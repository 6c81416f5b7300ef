//! What the Go original publishes: ours says the same, and its repositories go on with its own
//! keys.

use std::{collections::BTreeMap, io::Read as _};

use aws_lc_rs::signature::Ed25519KeyPair;
use flate2::read::GzDecoder;
use jiff::Timestamp;
use scaffolding_trust::{Policy, State, TRUSTED_ROOT};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha512};
use tuf::{Files, Keys, Repository, Roles, Versions};

use crate::{
    clients::loaded,
    stack::{accepting, inputs, json, policy, publish, published, trusted_root},
};

const KEYS: [(&str, &[u8]); 4] = [
    (
        "root.json",
        include_bytes!("../../../../test/data/original/tuf-keys/root.json"),
    ),
    (
        "snapshot.json",
        include_bytes!("../../../../test/data/original/tuf-keys/snapshot.json"),
    ),
    (
        "targets.json",
        include_bytes!("../../../../test/data/original/tuf-keys/targets.json"),
    ),
    (
        "timestamp.json",
        include_bytes!("../../../../test/data/original/tuf-keys/timestamp.json"),
    ),
];
const ARCHIVE: &[u8] = include_bytes!("../../../../test/data/original/tuf-root/repository");

fn original() -> State {
    State {
        keys: Keys::read(KEYS).unwrap(),
        published: Versions::default(),
        repository: Some(Repository::from_archive(ARCHIVE).unwrap()),
        withdrawn: [].into(),
    }
}

/// `role` changed and signed again with the original's key.
fn edited(files: &mut Files, role: &str, edit: impl FnOnce(&mut Value)) {
    let file = format!("{role}.json");
    let mut metadata = json(&files[&file]);
    edit(&mut metadata["signed"]);
    let (_, key) = KEYS.into_iter().find(|(name, _)| *name == file).unwrap();
    let private = json(key)["data"][0]["keyval"]["private"].clone();
    let seed = (0..64)
        .step_by(2)
        .map(|at| u8::from_str_radix(&private.as_str().unwrap()[at..at + 2], 16).unwrap());
    let key = Ed25519KeyPair::from_seed_unchecked(&seed.collect::<Vec<_>>()).unwrap();
    metadata.sort_all_objects();
    let signature = key.sign(metadata["signed"].to_string().as_bytes());
    metadata["signatures"][0]["sig"] = hex::encode(signature.as_ref()).into();
    let bytes = metadata.to_string().into_bytes();
    if role != "timestamp" {
        files.insert(format!("1.{file}"), bytes.clone());
    }
    files.insert(file, bytes);
}

fn described(bytes: &[u8]) -> Value {
    json!({"length": bytes.len(), "hashes": {"sha512": hex::encode(Sha512::digest(bytes))}})
}

/// The original's repository with one more target, as it makes one of any file it is given.
fn with_another_target() -> State {
    let mut state = original();
    let mut files = state.repository.unwrap().files().clone();
    let bytes = b"ours".to_vec();
    let mut target = described(&bytes);
    target["custom"] = json!({"sigstore": {"usage": "Unknown", "status": "Active", "uri": ""}});
    let digest = target["hashes"]["sha512"].as_str().unwrap().to_owned();
    files.insert(format!("targets/{digest}.notes.txt"), bytes);
    edited(&mut files, "targets", |signed| {
        signed["targets"]["notes.txt"] = target
    });
    for (role, above) in [("targets", "snapshot"), ("snapshot", "timestamp")] {
        let file = format!("{role}.json");
        let mut meta = described(&files[&file]);
        meta["version"] = 1.into();
        edited(&mut files, above, |signed| signed["meta"][&file] = meta);
    }
    state.repository = Some(Repository::new(files).unwrap());
    state
}

#[tokio::test]
async fn clients_of_the_original_follow_wherever_they_are() {
    let now = Timestamp::now();
    let mut state = original();
    let before = state.repository.clone().unwrap();
    let first = before.root().to_vec();
    let mut repositories = vec![state.next(None, &policy(), now).unwrap().unwrap()];
    publish(&mut state, repositories[0].clone());
    assert_eq!(
        state.next(None, &policy(), now).unwrap(),
        None,
        "and that is all"
    );
    assert_eq!(
        repositories[0].versions(),
        Versions {
            root: 2,
            snapshot: 2,
            targets: 2,
            timestamp: 2
        }
    );
    for target in ["trusted_root.json", "rekor.pub", "tsa_root.crt.pem"] {
        assert_eq!(
            repositories[0].target(target),
            before.target(target),
            "{target}"
        );
    }

    let changed = state
        .next(Some(&inputs()), &accepting(), now)
        .unwrap()
        .unwrap();
    publish(&mut state, changed.clone());
    let all = Roles {
        root: true,
        snapshot: true,
        targets: true,
        timestamp: true,
    };
    state.keys.complete_rotation(&all, &changed);
    let rotate = Policy {
        rotate: all,
        ..policy()
    };
    let rotated = state.next(None, &rotate, now).unwrap().unwrap();
    repositories.extend([changed, rotated]);

    for repository in &repositories {
        assert_followed(&first, repository).await;
    }
}

/// tough checks every digest and signature, from the original's root on.
async fn assert_followed(first: &[u8], repository: &Repository) {
    let client = loaded(first, repository).await;
    assert_eq!(
        client.root().signed.version.get(),
        repository.versions().root
    );
    for (name, target) in client.all_targets() {
        assert!(
            target.hashes._extra.is_empty(),
            "{name:?}: one kind of digest"
        );
        assert!(client.read_target(name).await.unwrap().is_some());
    }
    assert_eq!(repository.files()["1.root.json"], first);
    repository.to_archive().unwrap();
}

#[test]
fn what_the_original_trusted_stays_with_an_end() {
    let mut state = original();
    let now: Timestamp = "2026-12-01T00:00:00Z".parse().unwrap();
    let before = state.repository.clone().unwrap();
    let changed = crate::stack::changed(&mut state, &inputs(), now);
    let (old, new) = [&before, &changed].map(trusted_root).into();
    for list in ["tlogs", "ctlogs"] {
        let kept = new[list].as_array().unwrap().iter();
        let mut kept = kept
            .filter(|log| log["publicKey"]["rawBytes"] == old[list][0]["publicKey"]["rawBytes"]);
        let validity = kept.next().unwrap()["publicKey"]["validFor"].clone();
        assert_eq!(
            validity["start"], old[list][0]["publicKey"]["validFor"]["start"],
            "{list}"
        );
        assert_eq!(validity["end"], "2026-12-01T00:00:01Z", "{list}");
    }
    for list in ["certificateAuthorities", "timestampAuthorities"] {
        assert_eq!(new[list].as_array().unwrap().len(), 2, "{list}");
    }
}

#[test]
fn a_target_that_is_made_of_no_input_stays() {
    let mut state = with_another_target();
    let now = Timestamp::now();
    let custom = json!({"usage": "Unknown", "status": "Active", "uri": ""});
    let mut inputs = inputs();
    for version in 2..5 {
        let repository = crate::stack::changed(&mut state, &inputs, now);
        assert_eq!(repository.versions().targets, version);
        assert_eq!(repository.target("notes.txt"), Some(b"ours".as_slice()));
        let targets = json(&repository.files()["targets.json"]);
        assert_eq!(
            targets["signed"]["targets"]["notes.txt"]["custom"]["sigstore"],
            custom
        );
        assert_eq!(
            state.next(Some(&inputs), &policy(), now).unwrap(),
            None,
            "and that is all"
        );
        inputs.rekor = vec![crate::stack::another_key()];
    }
}

/// The original's archive holds the same keys and certificates, told in the same words.
#[test]
fn what_the_original_publishes_for_the_same_inputs_is_in_ours() {
    let mut tar = Vec::new();
    GzDecoder::new(include_bytes!("../data/original.tar.gz").as_slice())
        .read_to_end(&mut tar)
        .unwrap();
    let mut original = BTreeMap::new();
    for member in tar::Archive::new(tar.as_slice()).entries().unwrap() {
        let mut member = member.unwrap();
        let path = member.path().unwrap().display().to_string();
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).unwrap();
        if let Some((_, name)) = path
            .strip_prefix("repository/targets/")
            .and_then(|target| target.split_once('.'))
        {
            original.insert(name.to_owned(), bytes);
        }
    }
    let ours = published().repository.unwrap();
    assert_eq!(original.len(), 7);
    for (name, theirs) in original.iter().filter(|(name, _)| *name != TRUSTED_ROOT) {
        let trimmed = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap().trim().to_owned();
        assert_eq!(
            trimmed(ours.target(name).unwrap()),
            trimmed(theirs),
            "{name}"
        );
    }

    let (ours, theirs) = (trusted_root(&ours), json(&original[TRUSTED_ROOT]));
    assert_eq!(ours["mediaType"], theirs["mediaType"]);
    for logs in ["tlogs", "ctlogs"] {
        for field in ["hashAlgorithm", "logId"] {
            assert_eq!(ours[logs][0][field], theirs[logs][0][field]);
        }
        for field in ["rawBytes", "keyDetails"] {
            assert_eq!(
                ours[logs][0]["publicKey"][field],
                theirs[logs][0]["publicKey"][field]
            );
        }
    }
    for authorities in ["certificateAuthorities", "timestampAuthorities"] {
        for field in ["certChain", "validFor"] {
            assert_eq!(ours[authorities][0][field], theirs[authorities][0][field]);
        }
        let organization =
            |trust: &serde_json::Value| trust[authorities][0]["subject"]["organization"].clone();
        assert_eq!(organization(&ours), organization(&theirs));
    }
}

//! Repositories, and how the kubelet mounts them.

use std::{fs, path::Path, time::Duration};

use jiff::Timestamp;
use keys::{Kind, PrivateKey};
use tempfile::TempDir;
use tuf::{Inputs, Keys, Policy, Repository, Roles, State, Urls, Versions};

pub(crate) fn state() -> State {
    let mut keys = Keys::default();
    keys.complete();
    let mut state = State {
        keys,
        published: Versions::default(),
        repository: None,
    };
    state.repository = state
        .next(Some(&inputs()), &policy(), Timestamp::now())
        .unwrap();
    state
}

fn inputs() -> Inputs {
    let key = PrivateKey::generate(Kind::EcdsaP256).public_key().clone();
    Inputs {
        fulcio: vec![],
        rekor: vec![key],
        ctlog: vec![],
        tsa: vec![],
        urls: Urls {
            fulcio: String::new(),
            rekor: "http://rekor".into(),
            ctlog: String::new(),
            tsa: String::new(),
            issuer: String::new(),
        },
        valid_from: Timestamp::UNIX_EPOCH,
        metadata_targets: true,
        signing_config: true,
    }
}

fn policy() -> Policy {
    let day = Duration::from_secs(24 * 60 * 60);
    Policy {
        lifetimes: Roles {
            root: day,
            snapshot: day,
            targets: day,
            timestamp: day,
        },
        accept_changes: true,
    }
}

pub(crate) fn next(state: &mut State) -> Repository {
    let next = state
        .next(Some(&inputs()), &policy(), Timestamp::now())
        .unwrap()
        .unwrap();
    state.repository = Some(next.clone());
    next
}

/// As the kubelet does it: new files in a new folder, and one link that changes at once.
pub(crate) fn mount(folder: &Path, archive: &[u8]) {
    let data = tempfile::tempdir_in(folder).unwrap().keep();
    fs::write(data.join("repository"), archive).unwrap();
    std::os::unix::fs::symlink(&data, folder.join("..data_tmp")).unwrap();
    fs::rename(folder.join("..data_tmp"), folder.join("..data")).unwrap();
    let _ = std::os::unix::fs::symlink("..data/repository", folder.join("repository"));
}

pub(crate) fn mounted() -> (TempDir, State) {
    let (folder, state) = (tempfile::tempdir().unwrap(), state());
    mount(
        folder.path(),
        &state.repository.as_ref().unwrap().to_archive().unwrap(),
    );
    (folder, state)
}

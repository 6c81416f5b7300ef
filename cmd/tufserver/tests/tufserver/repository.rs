//! Repositories, and how the kubelet mounts them.

use std::{fs, os::unix::fs::symlink, path::Path, time::Duration};

use jiff::Timestamp;
use keys::{Kind, PrivateKey, PublicKey};
use tempfile::TempDir;
use trust::{Inputs, Policy, State, Urls};
use tuf::{Keys, Repository, Roles, Versions};

/// A repository that changes with every publication: of two Rekor keys, it is the other one's turn.
pub(crate) struct Publisher {
    state: State,
    keys: [PublicKey; 2],
}

impl Publisher {
    pub(crate) fn new() -> Self {
        let mut keys = Keys::default();
        keys.complete();
        let state = State {
            keys,
            published: Versions::default(),
            repository: None,
            withdrawn: [].into(),
        };
        let keys = [(); 2].map(|()| PrivateKey::generate(Kind::EcdsaP256).public_key().clone());
        let mut publisher = Self { state, keys };
        publisher.next();
        publisher
    }

    pub(crate) fn repository(&self) -> &Repository {
        self.state.repository.as_ref().unwrap()
    }

    pub(crate) fn archive(&self) -> Vec<u8> {
        self.repository().to_archive().unwrap()
    }

    pub(crate) fn next(&mut self) -> &Repository {
        self.keys.reverse();
        let inputs = inputs(self.keys[0].clone());
        let next = self
            .state
            .next(Some(&inputs), &policy(), Timestamp::now())
            .unwrap();
        self.state.repository = next;
        self.repository()
    }
}

fn inputs(rekor: PublicKey) -> Inputs {
    Inputs {
        fulcio: vec![],
        rekor: vec![rekor],
        rekor_tiles: vec![],
        ctlog_tiles: vec![],
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
            root: 10 * day,
            snapshot: 3 * day,
            targets: 2 * day,
            timestamp: day,
        },
        accept_changes: true,
        ..Policy::default()
    }
}

/// As the kubelet does it: new files in a new folder, one link that changes at once, and the old
/// folder goes.
pub(crate) fn mount(folder: &Path, archive: &[u8]) {
    let old = fs::read_link(folder.join("..data"));
    let data = tempfile::tempdir_in(folder).unwrap().keep();
    fs::write(data.join("repository"), archive).unwrap();
    symlink(&data, folder.join("..data_tmp")).unwrap();
    fs::rename(folder.join("..data_tmp"), folder.join("..data")).unwrap();
    let _ = symlink("..data/repository", folder.join("repository"));
    if let Ok(old) = old {
        fs::remove_dir_all(old).unwrap();
    }
}

pub(crate) fn mounted() -> (TempDir, Publisher) {
    let (folder, publisher) = (tempfile::tempdir().unwrap(), Publisher::new());
    mount(folder.path(), &publisher.archive());
    (folder, publisher)
}

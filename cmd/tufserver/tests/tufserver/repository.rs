//! Repositories, and how the kubelet mounts them.

use std::{
    fs,
    os::unix::fs::symlink,
    path::Path,
    time::{Duration, SystemTime},
};

use certs::{Chain, Subject, Validity};
use jiff::Timestamp;
use keys::{Kind, PrivateKey, PublicKey};
use tempfile::TempDir;
use trust::{Inputs, Policy, State, Urls};
use tuf::{Keys, Repository, Roles, Versions};

/// A repository that changes with every publication: of two Rekor keys, it is the other one's turn.
pub(crate) struct Publisher {
    state: State,
    keys: [PublicKey; 2],
    fulcio: Chain,
    tsa: Chain,
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
        let mut publisher = Self {
            state,
            keys,
            fulcio: fulcio(5),
            tsa: tsa(7),
        };
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
        let inputs = self.inputs();
        let next = self
            .state
            .next(Some(&inputs), &policy(), Timestamp::now())
            .unwrap();
        self.state.repository = next;
        self.repository()
    }

    /// Fulcio has another chain from now on, for so many days.
    pub(crate) fn replace_fulcio(&mut self, days: u32) {
        self.fulcio = fulcio(days);
    }

    fn inputs(&self) -> Inputs {
        Inputs {
            fulcio: vec![self.fulcio.clone()],
            rekor: vec![self.keys[0].clone()],
            rekor_tiles: vec![],
            ctlog_tiles: vec![],
            ctlog: vec![],
            tsa: vec![self.tsa.clone()],
            urls: Urls {
                fulcio: "http://fulcio".into(),
                rekor: "http://rekor".into(),
                ctlog: String::new(),
                tsa: "http://tsa".into(),
                issuer: "http://issuer".into(),
            },
            valid_from: Timestamp::UNIX_EPOCH,
            metadata_targets: true,
            signing_config: true,
        }
    }
}

fn fulcio(days: u32) -> Chain {
    let subject = Subject {
        common_name: format!("for {days} days"),
        ..Subject::default()
    };
    let key = PrivateKey::generate(Kind::EcdsaP256);
    let root = certs::root_certificate(&key, &subject, valid_for(days)).unwrap();
    Chain::ordered(vec![root]).unwrap()
}

fn tsa(days: u32) -> Chain {
    let [leaf, intermediate, root] = [(); 3].map(|()| PrivateKey::generate(Kind::EcdsaP256));
    let validity = valid_for(days);
    certs::timestamping_chain(&leaf, &intermediate, &root, "example", validity).unwrap()
}

fn valid_for(days: u32) -> Validity {
    Validity::from(SystemTime::now(), days * DAY).unwrap()
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn policy() -> Policy {
    Policy {
        lifetimes: Roles {
            root: 10 * DAY,
            snapshot: 3 * DAY,
            targets: 2 * DAY,
            timestamp: DAY,
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

//! What becomes of the repository, one change after the other.

use std::{fs, time::SystemTime};

use anyhow::{Context as _, Result, ensure};
use clients::Site;
use jiff::Timestamp;
use testbed::{
    Entries,
    material::{self, YEAR},
};
use tuf::{Change, Keys, NewTarget, Repository, Roles, Signer, Versions};

/// A change, and what kind of change it is.
pub(crate) struct State {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) change: fn(&Site<'_>) -> Result<()>,
}

/// The columns of the table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    New,
    Renewal,
    Rotation,
    Input,
    Takeover,
}

pub(crate) const STATES: &[State] = &[
    State {
        name: "made",
        kind: Kind::New,
        change: |site| {
            set_inputs(site)?;
            createtuf(site, &[])
        },
    },
    State {
        name: "timestamp renewed",
        kind: Kind::Renewal,
        // Half of a longer life is over at once.
        change: |site| createtuf(site, &["--renew", "--timestamp-lifetime=2y"]),
    },
    State {
        name: "all roles renewed",
        kind: Kind::Renewal,
        change: |site| {
            createtuf(
                site,
                &[
                    "--renew",
                    "--root-lifetime=30y",
                    "--targets-lifetime=3y",
                    "--snapshot-lifetime=3y",
                    "--timestamp-lifetime=5y",
                ],
            )
        },
    },
    State {
        name: "timestamp key rotated",
        kind: Kind::Rotation,
        change: |site| createtuf(site, &["--rotate=timestamp"]),
    },
    State {
        name: "snapshot key rotated",
        kind: Kind::Rotation,
        change: |site| createtuf(site, &["--rotate=snapshot"]),
    },
    State {
        name: "targets key rotated",
        kind: Kind::Rotation,
        change: |site| createtuf(site, &["--rotate=targets"]),
    },
    State {
        name: "root key rotated",
        kind: Kind::Rotation,
        change: |site| createtuf(site, &["--rotate=root"]),
    },
    State {
        name: "all keys rotated",
        kind: Kind::Rotation,
        change: |site| createtuf(site, &["--rotate=root,targets,snapshot,timestamp"]),
    },
    State {
        name: "new Rekor key",
        kind: Kind::Input,
        change: |site| {
            site.set_input("rekor-pub-key", "public", new_key());
            accept(site, &[])
        },
    },
    State {
        name: "new Fulcio root",
        kind: Kind::Input,
        change: |site| {
            let root = material::root(&material::key(), "second", 20 * YEAR);
            site.set_input("fulcio-pub-key", "cert", root.to_pem());
            accept(site, &[])
        },
    },
    State {
        name: "new CT log shard",
        kind: Kind::Input,
        change: |site| {
            site.set_input("ctlog-public-key", "public", new_key());
            accept(site, &["--ctlog-url=http://ctlog.ctlog-system.svc/2027"])
        },
    },
    State {
        name: "timestamping chain replaced",
        kind: Kind::Input,
        change: |site| {
            let now = SystemTime::now();
            let chain = material::timestamping_chain(&material::key(), now, 20 * YEAR);
            site.set_input("tsa-cert-chain", "cert-chain", chain.to_pem());
            accept(site, &["--ctlog-url=http://ctlog.ctlog-system.svc/2027"])
        },
    },
    State {
        name: "timestamping chain removed",
        kind: Kind::Input,
        change: |site| {
            accept(
                site,
                &[
                    "--ctlog-url=http://ctlog.ctlog-system.svc/2027",
                    "--tsa-secret=",
                ],
            )
        },
    },
];

/// A repository that the Go original made, with the keys that it exported, and targets of
/// somebody's own.
pub(crate) const TAKEN_OVER: State = State {
    name: "taken over from the original",
    kind: Kind::Takeover,
    change: |site| {
        let [keys, mut root] = ["tuf-keys", "tuf-root"].map(material::original);
        let archive = with_own_targets(&keys, &root["repository"])?;
        root.insert("repository".into(), archive);
        for (secret, entries) in [("tuf-keys", keys), ("tuf-root", root)] {
            site.set_secret(secret, &entries);
        }
        set_inputs(site)?;
        accept(site, &[])
    },
};

/// In a folder called like a host, as in sigstore's own repository; with what has to be encoded
/// in a URL.
const OWN_TARGETS: [&str; 2] = [
    "registry.example.com/keys.json",
    "with blanks/größe@2 + more.txt",
];

fn with_own_targets(keys: &Entries, archive: &[u8]) -> Result<Vec<u8>> {
    let entries = keys.iter();
    let keys = Keys::read(entries.map(|(name, key)| (name.as_str(), key.as_slice())))?;
    let repository = Repository::from_archive(archive)?;
    let target = |name: &str| {
        let target = NewTarget {
            bytes: name.into(),
            ..NewTarget::default()
        };
        (name.to_owned(), target)
    };
    let change = Change {
        new: OWN_TARGETS.map(target).into(),
        ..Change::default()
    };
    let year = Roles {
        root: YEAR,
        snapshot: YEAR,
        targets: YEAR,
        timestamp: YEAR,
    };
    let signer = Signer::new(&keys, Versions::default(), Some(&repository))?;
    let next = signer.next(Some(change), &year, &Roles::default(), Timestamp::now())?;
    Ok(next.context("nothing is signed")?.to_archive()?)
}

/// The Secrets of the stack that signed the bundle.
const SIGNED_BY: [(&str, &str, &str); 4] = [
    ("fulcio-pub-key", "cert", "fulcio.pem"),
    ("rekor-pub-key", "public", "rekor.pub"),
    ("ctlog-public-key", "public", "ctlog.pub"),
    ("tsa-cert-chain", "cert-chain", "tsa.pem"),
];

/// A file of `test/data/signed`.
pub(crate) fn signed(file: &str) -> String {
    format!("{}/../data/signed/{file}", env!("CARGO_MANIFEST_DIR"))
}

fn set_inputs(site: &Site<'_>) -> Result<()> {
    for (secret, key, file) in SIGNED_BY {
        site.set_input(secret, key, fs::read(signed(file))?);
    }
    Ok(())
}

fn new_key() -> String {
    material::key().public_key().to_pem()
}

/// Publishes changed inputs, which createtuf has to refuse first.
fn accept(site: &Site<'_>, args: &[&str]) -> Result<()> {
    let refused = site.createtuf()?.args(args).run();
    ensure!(
        refused.code == 3,
        "createtuf ended with {}: {}",
        refused.code,
        refused.log
    );
    createtuf(site, &[args, &["--accept-changes"]].concat())
}

fn createtuf(site: &Site<'_>, args: &[&str]) -> Result<()> {
    let before = site.published();
    let outcome = site.createtuf()?.args(args).run();
    ensure!(
        outcome.code == 0,
        "createtuf ended with {}: {}",
        outcome.code,
        outcome.log
    );
    ensure!(
        site.published() != before,
        "createtuf published nothing new: {}",
        outcome.log
    );
    Ok(())
}

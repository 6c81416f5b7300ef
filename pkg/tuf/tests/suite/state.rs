//! Keys, what they have published, and runs of the signer over them.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use scaffolding_tuf::{Change, Error, Keys, NewTarget, Repository, Roles, Signer, Versions};
use serde_json::Value;

pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What is there when a run begins.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) keys: Keys,
    pub(crate) published: Versions,
    pub(crate) repository: Option<Repository>,
}

#[derive(Clone)]
pub(crate) struct Policy {
    pub(crate) lifetimes: Roles<Duration>,
    pub(crate) rotate: Roles<bool>,
}

impl State {
    pub(crate) fn next(
        &self,
        change: Option<Change>,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Option<Repository>, Error> {
        let signer = Signer::new(&self.keys, self.published, self.repository.as_ref())?;
        signer.next(change, &policy.lifetimes, &policy.rotate, now)
    }
}

/// The first moment of 2026.
pub(crate) fn start() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

pub(crate) fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

/// Targets with these names, which are what is in them.
pub(crate) fn targets(names: &[&str]) -> Change {
    let target = |name: &&str| {
        let target = NewTarget {
            bytes: name.as_bytes().into(),
            ..NewTarget::default()
        };
        ((*name).to_owned(), target)
    };
    Change {
        new: names.iter().map(target).collect(),
        ..Change::default()
    }
}

pub(crate) fn policy() -> Policy {
    Policy {
        lifetimes: Roles {
            root: 3650 * DAY,
            targets: 365 * DAY,
            snapshot: 365 * DAY,
            timestamp: 180 * DAY,
        },
        rotate: Roles::default(),
    }
}

pub(crate) fn all() -> Roles<bool> {
    Roles {
        root: true,
        snapshot: true,
        targets: true,
        timestamp: true,
    }
}

/// Before the first run.
pub(crate) fn nothing() -> State {
    let mut keys = Keys::default();
    keys.complete();
    State {
        keys,
        published: Versions::default(),
        repository: None,
    }
}

/// The repository that `state` becomes with these targets.
pub(crate) fn changed(state: &State, names: &[&str], now: Timestamp) -> Repository {
    let next = state.next(Some(targets(names)), &policy(), now);
    next.unwrap().unwrap()
}

/// After the first run, at `start()`.
pub(crate) fn published() -> State {
    let mut state = nothing();
    let first = changed(&state, &["hello.txt", "readme.md"], start());
    publish(&mut state, first);
    state
}

pub(crate) fn publish(state: &mut State, repository: Repository) {
    state.published = state.published.max(repository.versions());
    state.repository = Some(repository);
}

/// A role's metadata as JSON.
pub(crate) fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

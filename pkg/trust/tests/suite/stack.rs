//! A Sigstore stack's public keys, and runs of the one function over them.

use std::time::{Duration, SystemTime};

use certs::{Chain, Subject, Validity};
use jiff::{SignedDuration, Timestamp};
use keys::{Kind, PrivateKey, PublicKey};
use scaffolding_trust::{Inputs, Policy, State, TRUSTED_ROOT, Urls};
use serde_json::Value;
use tuf::{Keys, Repository, Roles, Versions};

pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The first moment of 2026.
pub(crate) fn start() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

pub(crate) fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

/// What is in `tests/data/inputs`.
pub(crate) fn inputs() -> Inputs {
    Inputs {
        fulcio: vec![Chain::from_pem(include_bytes!("../data/inputs/fulcio_v1.crt.pem")).unwrap()],
        rekor: vec![PublicKey::from_pem(include_bytes!("../data/inputs/rekor.pub")).unwrap()],
        rekor_tiles: vec![],
        ctlog_tiles: vec![],
        ctlog: vec![PublicKey::from_pem(include_bytes!("../data/inputs/ctfe.pub")).unwrap()],
        tsa: vec![Chain::from_pem(include_bytes!("../data/inputs/tsa.certchain.pem")).unwrap()],
        urls: Urls {
            fulcio: "http://fulcio.fulcio-system.svc".into(),
            rekor: "http://rekor.rekor-system.svc".into(),
            ctlog: "http://ctlog.ctlog-system.svc/sigstorescaffolding".into(),
            tsa: "http://tsa.tsa-system.svc/api/v1/timestamp".into(),
            issuer: "https://kubernetes.default.svc.cluster.local".into(),
        },
        valid_from: Timestamp::UNIX_EPOCH,
        metadata_targets: true,
        signing_config: true,
    }
}

pub(crate) fn another_key() -> PublicKey {
    PrivateKey::generate(Kind::EcdsaP256).public_key().clone()
}

/// A root for Fulcio that is valid for `length` from `from` on.
pub(crate) fn another_root(common_name: &str, from: Timestamp, length: Duration) -> Chain {
    let subject = Subject {
        common_name: common_name.into(),
        ..Subject::default()
    };
    let key = PrivateKey::generate(Kind::EcdsaP256);
    let root = certs::root_certificate(&key, &subject, validity(from, length)).unwrap();
    Chain::ordered(vec![root]).unwrap()
}

pub(crate) fn another_timestamping_chain() -> Chain {
    let key = || PrivateKey::generate(Kind::EcdsaP256);
    let validity = validity(start(), 3650 * DAY);
    certs::timestamping_chain(&key(), &key(), &key(), "Another", validity).unwrap()
}

fn validity(from: Timestamp, length: Duration) -> Validity {
    let not_before = SystemTime::from(from);
    Validity {
        not_before,
        not_after: not_before + length,
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
        ..Policy::default()
    }
}

pub(crate) fn accepting() -> Policy {
    Policy {
        accept_changes: true,
        ..policy()
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
        withdrawn: [].into(),
    }
}

/// After the first run, at `start()`.
pub(crate) fn published() -> State {
    let mut state = nothing();
    let first = state
        .next(Some(&inputs()), &policy(), start())
        .unwrap()
        .unwrap();
    publish(&mut state, first);
    state
}

pub(crate) fn publish(state: &mut State, repository: Repository) {
    state.published = state.published.max(repository.versions());
    state.repository = Some(repository);
}

/// The repository after it was made to hold `inputs`, at `now`.
pub(crate) fn changed(state: &mut State, inputs: &Inputs, now: Timestamp) -> Repository {
    let changed = state
        .next(Some(inputs), &accepting(), now)
        .unwrap()
        .unwrap();
    publish(state, changed.clone());
    changed
}

/// A role's metadata, or a target, as JSON.
pub(crate) fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

pub(crate) fn trusted_root(repository: &Repository) -> Value {
    json(repository.target(TRUSTED_ROOT).unwrap())
}

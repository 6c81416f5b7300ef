//! Logs that keep their trees as tiles, beside others and in their place.

use std::time::Duration;

use base64ct::{Base64, Encoding as _};
use jiff::Timestamp;
use keys::{Kind, PrivateKey, PublicKey};
use scaffolding_trust::{Error, Inputs, Policy, SIGNING_CONFIG, State, TileLog, restarts};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::stack::{
    DAY, accepting, another_key, days, inputs, json, nothing, policy, publish, start, trusted_root,
};

pub(crate) const HOST: &str = "rekor.rekor-tiles-system.svc";

pub(crate) fn ed25519() -> PublicKey {
    PrivateKey::generate(Kind::Ed25519).public_key().clone()
}

/// The Rekor v2 with that key at that host.
pub(crate) fn rekor(key: &PublicKey, host: &str) -> TileLog {
    TileLog::rekor(key.clone(), host, &[format!("http://{host}")]).unwrap()
}

pub(crate) fn ctlog(key: &PublicKey) -> TileLog {
    let origin = "ctlog.ctlog-tiles-system.svc/log";
    TileLog::ctlog(key.clone(), origin, &[format!("http://{origin}")]).unwrap()
}

/// What is asked for: v1 if it is there, and v2s.
pub(crate) fn asked(v1: bool, v2: &[TileLog]) -> Inputs {
    let mut inputs = inputs();
    if !v1 {
        inputs.rekor.clear();
    }
    inputs.rekor_tiles = v2.to_vec();
    inputs
}

pub(crate) fn overlapping() -> Policy {
    Policy {
        overlap: DAY,
        ..accepting()
    }
}

pub(crate) fn made(inputs: &Inputs) -> State {
    let mut state = nothing();
    let first = state.next(Some(inputs), &policy(), start());
    publish(&mut state, first.unwrap().unwrap());
    state
}

/// Does what is asked, and nothing the second time.
#[track_caller]
pub(crate) fn step(state: &mut State, inputs: &Inputs, policy: &Policy, now: Timestamp) {
    let news = state.news(inputs, policy, now).unwrap();
    if let Some(next) = state.next(Some(inputs), policy, now).unwrap() {
        publish(state, next);
    }
    state.withdrawn.extend(news.withdrawn.into_keys());
    assert_eq!(state.next(Some(inputs), policy, now).unwrap(), None);
}

pub(crate) fn signing_config(state: &State) -> Value {
    json(
        state
            .repository
            .as_ref()
            .unwrap()
            .target(SIGNING_CONFIG)
            .unwrap(),
    )
}

/// Each service of Rekor's but those that stand in for another.
pub(crate) fn services(state: &State) -> Vec<Service> {
    let mut services = listed(state);
    services.retain(|service| service.end != Some(service.start));
    services
}

/// Each service of Rekor's.
pub(crate) fn listed(state: &State) -> Vec<Service> {
    let config = signing_config(state);
    let services = config["rekorTlogUrls"].as_array().unwrap().iter();
    let time = |service: &Value, field: &str| {
        let time = service["validFor"][field].as_str();
        time.map(|time| time.parse().unwrap())
    };
    let service = |service: &Value| Service {
        url: service["url"].as_str().unwrap().into(),
        version: service["majorApiVersion"].as_u64().unwrap(),
        start: time(service, "start").unwrap(),
        end: time(service, "end"),
    };
    services.map(service).collect()
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Service {
    pub(crate) url: String,
    pub(crate) version: u64,
    pub(crate) start: Timestamp,
    pub(crate) end: Option<Timestamp>,
}

impl Service {
    /// Valid, or in place of one that isn't yet.
    pub(crate) fn is_used(&self, now: Timestamp) -> bool {
        self.is_valid(now) || self.end == Some(self.start) && now < self.start
    }

    fn is_valid(&self, now: Timestamp) -> bool {
        self.start <= now && self.end.is_none_or(|end| now <= end)
    }
}

/// What each client takes who knows the versions up to `newest`, as src/services.rs has it:
/// sigstore-go, sigstore-python, sigstore-js.
pub(crate) fn taken(services: &[Service], newest: u64, now: Timestamp) -> [Option<Service>; 3] {
    let known = services.iter().filter(|service| service.version <= newest);
    let valid: Vec<_> = known.clone().filter(|one| one.is_valid(now)).collect();
    let go = valid.iter().max_by_key(|one| (one.version, one.start));
    let python = valid.iter().max_by_key(|one| one.version);
    // The first of those that began last, whether they have begun or not.
    let open = known.filter(|one| one.end.is_none_or(|end| now <= end));
    let js = open.rev().max_by_key(|one| one.start);
    [go.copied(), python.copied(), js].map(|service| service.cloned())
}

pub(crate) fn logs(state: &State, list: &str) -> Vec<Value> {
    let trust = trusted_root(state.repository.as_ref().unwrap());
    trust[list].as_array().unwrap().clone()
}

pub(crate) fn id(log: &Value) -> String {
    let id = log["logId"]["keyId"].as_str().unwrap();
    hex::encode(Base64::decode_vec(id).unwrap())
}

#[test]
fn a_new_repository_offers_both_from_the_beginning_and_v2_first() {
    let (key, ct) = (ed25519(), another_key());
    let mut both = asked(true, &[rekor(&key, HOST)]);
    both.ctlog_tiles = vec![ctlog(&ct)];
    let state = made(&both);
    let [v2, v1] = services(&state).try_into().unwrap();
    assert_eq!((v2.version, v1.version), (2, 1));
    assert_eq!(
        (v2.start, v1.start),
        (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH)
    );
    for newest in [1, 2] {
        for taken in taken(&services(&state), newest, start()) {
            assert_eq!(taken.unwrap().version, newest);
        }
    }

    let log = &logs(&state, "tlogs")[1];
    let told = [HOST.as_bytes(), b"\n\x01", key.bits()].concat();
    assert_eq!(id(log), hex::encode(Sha256::digest(told)));
    assert_eq!(log["publicKey"]["keyDetails"], "PKIX_ED25519");
    assert_eq!(log["baseUrl"], format!("http://{HOST}"));
    assert_eq!(id(&logs(&state, "ctlogs")[1]), hex::encode(ct.log_id()));

    // The clients that look for files don't know v2; a CT log is one as any other.
    let repository = state.repository.unwrap();
    assert!(repository.target("rekor.pub").is_some());
    assert_eq!(repository.target("rekor_2.pub"), None);
    assert_eq!(
        repository.target("ctfe_2.pub"),
        Some(ct.to_pem().as_bytes())
    );
}

#[test]
fn a_v2_that_is_added_begins_after_the_overlap_and_its_start_never_moves() {
    let mut state = made(&asked(true, &[]));
    let v2 = [rekor(&ed25519(), HOST)];
    let before = state.repository.clone().unwrap();
    step(&mut state, &asked(true, &v2), &overlapping(), start());
    let begins = start() + days(1);
    let after = state.repository.clone().unwrap();
    assert_eq!(
        restarts(&before, &after).unwrap(),
        ["the TUF server", "Rekor v2"]
    );
    for (now, version) in [
        (start(), 1),
        (begins - days(1) / 2, 1),
        (begins + days(1) / 24, 2),
    ] {
        let taken = taken(&listed(&state), 2, now);
        assert_eq!(taken.map(|one| one.unwrap().version), [version; 3]);
    }

    // Whatever is asked meanwhile: v1 stays until then, and goes later.
    let now = start() + days(1) / 2;
    step(&mut state, &asked(false, &v2), &overlapping(), now);
    let [new, old] = services(&state).try_into().unwrap();
    assert_eq!((new.start, new.end), (begins, None));
    assert_eq!((old.version, old.end), (1, Some(begins)));
    step(&mut state, &asked(true, &v2), &overlapping(), now);
    let [new, old] = services(&state).try_into().unwrap();
    assert_eq!((new.start, old.end), (begins, None));
    step(&mut state, &asked(false, &v2), &overlapping(), begins);
    let [only] = services(&state).try_into().unwrap();
    assert_eq!((only.version, only.start), (2, begins));
    assert_eq!(logs(&state, "tlogs").len(), 2);
}

#[test]
fn without_an_overlap_it_begins_at_once() {
    let mut state = made(&asked(true, &[]));
    let v2 = rekor(&ed25519(), HOST);
    let now = start() + Duration::from_millis(90);
    step(&mut state, &asked(false, &[v2]), &accepting(), now);
    let [only] = services(&state).try_into().unwrap();
    assert_eq!((only.version, only.start), (2, start()));
}

#[test]
fn a_key_goes_with_one_log() {
    let (key, p256) = (ed25519(), another_key());
    for key in [key, p256] {
        let state = made(&asked(false, &[rekor(&key, HOST)]));
        let mut as_v1 = asked(true, &[]);
        as_v1.rekor = vec![key.clone()];
        for other in [&asked(false, &[rekor(&key, "other.svc")]), &as_v1] {
            for policy in [policy(), overlapping()] {
                match state.next(Some(other), &policy, start()) {
                    Err(Error::OtherLog { log, url }) => {
                        assert_eq!(url, format!("http://{HOST}"), "{log}");
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
        let state = made(&as_v1);
        let as_v2 = asked(false, &[rekor(&key, HOST)]);
        let error = state.next(Some(&as_v2), &overlapping(), start());
        assert!(matches!(error, Err(Error::OtherLog { .. })), "{error:?}");

        as_v1.rekor_tiles = vec![rekor(&key, HOST)];
        let error = nothing().next(Some(&as_v1), &policy(), start());
        assert!(
            matches!(error, Err(Error::TwoLogs { common: "key", .. })),
            "{error:?}"
        );
    }
    let two = [ed25519(), ed25519()].map(|key| rekor(&key, HOST));
    let error = nothing().next(Some(&asked(true, &two)), &policy(), start());
    assert!(
        matches!(
            error,
            Err(Error::TwoLogs {
                common: "origin",
                ..
            })
        ),
        "{error:?}"
    );

    let mut inputs = asked(true, &[]);
    inputs.ctlog_tiles = vec![ctlog(&inputs.ctlog[0])];
    let error = nothing().next(Some(&inputs), &policy(), start());
    assert!(
        matches!(error, Err(Error::TwoLogs { common: "key", .. })),
        "{error:?}"
    );
    let state = made(&asked(true, &[]));
    inputs.ctlog.clear();
    let error = state.next(Some(&inputs), &overlapping(), start());
    assert!(matches!(error, Err(Error::OtherLog { .. })), "{error:?}");
}

#[test]
fn a_v2_may_move_to_another_port_and_scheme() {
    let key = ed25519();
    let mut state = made(&asked(false, &[rekor(&key, HOST)]));
    let url = format!("https://{HOST}:8443/rekor");
    let moved = TileLog::rekor(key, HOST, std::slice::from_ref(&url)).unwrap();
    step(&mut state, &asked(false, &[moved]), &overlapping(), start());
    let [only] = services(&state).try_into().unwrap();
    assert_eq!((only.url, only.start), (url.clone(), Timestamp::UNIX_EPOCH));
    assert_eq!(logs(&state, "tlogs")[0]["baseUrl"], url);
}

#[test]
fn a_v2_is_withdrawn_by_either_digest_and_offered_no_more() {
    for by_key in [false, true] {
        let (old, new) = (ed25519(), rekor(&ed25519(), "new.svc"));
        let mut state = made(&asked(false, &[rekor(&old, HOST)]));
        let old_id = match by_key {
            true => hex::encode(Sha256::digest(old.der())),
            false => id(&logs(&state, "tlogs")[0]),
        };
        let withdrawing = Policy {
            withdraw: [old_id[..16].to_owned()].into(),
            ..overlapping()
        };
        let still = asked(false, &[rekor(&old, HOST)]);
        let error = state.next(Some(&still), &withdrawing, start());
        assert!(matches!(error, Err(Error::StillAsked(_))), "{error:?}");
        // What replaces it begins at once, whether it is published already or not.
        if by_key {
            step(
                &mut state,
                &asked(false, std::slice::from_ref(&new)),
                &overlapping(),
                start(),
            );
            assert_eq!(services(&state).len(), 2);
        }
        let now = start() + days(1) / 2;
        step(
            &mut state,
            &asked(false, std::slice::from_ref(&new)),
            &withdrawing,
            now,
        );
        let [only] = services(&state).try_into().unwrap();
        assert!(
            only.url == "http://new.svc" && only.is_valid(now),
            "{only:?}"
        );
        assert_eq!(logs(&state, "tlogs").len(), 1);
    }
}

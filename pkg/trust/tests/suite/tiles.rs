//! Logs that keep their trees as tiles, beside others and in their place.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use base64ct::{Base64, Encoding as _};
use jiff::Timestamp;
use keys::{Kind, PrivateKey, PublicKey};
use scaffolding_trust::{Error, Inputs, Policy, SIGNING_CONFIG, State, TileLog, restarts};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::stack::{
    DAY, accepting, another_key, changed, days, inputs, json, nothing, policy, publish, start,
    trusted_root,
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
fn asked(v1: bool, v2: &[TileLog]) -> Inputs {
    let mut inputs = inputs();
    if !v1 {
        inputs.rekor.clear();
    }
    inputs.rekor_tiles = v2.to_vec();
    inputs
}

fn overlapping() -> Policy {
    Policy {
        overlap: DAY,
        ..accepting()
    }
}

fn made(inputs: &Inputs) -> State {
    let mut state = nothing();
    let first = state.next(Some(inputs), &policy(), start());
    publish(&mut state, first.unwrap().unwrap());
    state
}

/// Does what is asked, and nothing the second time.
#[track_caller]
fn step(state: &mut State, inputs: &Inputs, policy: &Policy, now: Timestamp) {
    let news = state.news(inputs, policy, now).unwrap();
    if let Some(next) = state.next(Some(inputs), policy, now).unwrap() {
        publish(state, next);
    }
    state.withdrawn.extend(news.withdrawn.into_keys());
    assert_eq!(state.next(Some(inputs), policy, now).unwrap(), None);
}

fn signing_config(state: &State) -> Value {
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
fn services(state: &State) -> Vec<Service> {
    let mut services = listed(state);
    services.retain(|service| service.end != Some(service.start));
    services
}

/// Each service of Rekor's.
fn listed(state: &State) -> Vec<Service> {
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
struct Service {
    url: String,
    version: u64,
    start: Timestamp,
    end: Option<Timestamp>,
}

impl Service {
    /// Valid, or in place of one that isn't yet.
    fn is_used(&self, now: Timestamp) -> bool {
        self.is_valid(now) || self.end == Some(self.start) && now < self.start
    }

    fn is_valid(&self, now: Timestamp) -> bool {
        self.start <= now && self.end.is_none_or(|end| now <= end)
    }
}

/// What each client takes who knows the versions up to `newest`, as src/services.rs has it:
/// sigstore-go, sigstore-python, sigstore-js.
fn taken(services: &[Service], newest: u64, now: Timestamp) -> [Option<Service>; 3] {
    let known = services.iter().filter(|service| service.version <= newest);
    let valid: Vec<_> = known.clone().filter(|one| one.is_valid(now)).collect();
    let go = valid.iter().max_by_key(|one| (one.version, one.start));
    let python = valid.iter().max_by_key(|one| one.version);
    // The first of those that began last, whether they have begun or not.
    let open = known.filter(|one| one.end.is_none_or(|end| now <= end));
    let js = open.rev().max_by_key(|one| one.start);
    [go.copied(), python.copied(), js].map(|service| service.cloned())
}

fn logs(state: &State, list: &str) -> Vec<Value> {
    let trust = trusted_root(state.repository.as_ref().unwrap());
    trust[list].as_array().unwrap().clone()
}

fn id(log: &Value) -> String {
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

#[test]
fn ten_years_of_renewals_change_no_document() {
    let mut all = asked(true, &[rekor(&ed25519(), HOST)]);
    all.ctlog_tiles = vec![ctlog(&another_key())];
    let mut state = made(&all);
    let documents = |state: &State| {
        let repository = state.repository.as_ref().unwrap();
        ["trusted_root.json", SIGNING_CONFIG]
            .map(|name| repository.target(name).map(<[u8]>::to_vec))
    };
    let first = documents(&state);
    for day in (0..3650).step_by(10) {
        let now = start() + days(day);
        if let Some(renewed) = state.next(Some(&all), &policy(), now).unwrap() {
            publish(&mut state, renewed);
        }
    }
    assert_eq!(documents(&state), first);
    assert!(
        state.published.timestamp > 30 && state.published.root == 2,
        "{:?}",
        state.published
    );
}

/// Rekors come and go in any order and at any time: at each moment every client has one that it can
/// sign with, whose log is trusted, and nothing that could be signed with is forgotten.
#[test]
fn whatever_the_order_clients_always_have_one_and_all_of_it_stays_trusted() {
    let mut random = 7_u32;
    let mut pick = |from: u32| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 16) % from
    };
    let v2 = ["a.svc", "b.svc"].map(|host| rekor(&ed25519(), host));
    let v1 = [another_key(), another_key()];
    let mut state = made(&asked(true, &[]));
    let (mut now, mut waiting, mut ending) = (start(), 0, 0);
    let mut ever: BTreeSet<String> = [].into();
    let mut starts = BTreeMap::new();
    for _ in 0..150 {
        now += [days(0), days(1) / 3, days(1), days(40)][pick(4) as usize];
        let mut inputs = asked(false, &[]);
        let rekors = 1 + pick(15);
        let picked = |bit: u32| rekors & (1 << bit) != 0;
        inputs.rekor = (0..2)
            .filter(|bit| picked(*bit))
            .map(|at| v1[at as usize].clone())
            .collect();
        inputs.rekor_tiles = (2..4)
            .filter(|bit| picked(*bit))
            .map(|at| v2[at as usize - 2].clone())
            .collect();
        let policy = Policy {
            overlap: [DAY, DAY, Duration::ZERO][pick(3) as usize],
            ..accepting()
        };
        step(&mut state, &inputs, &policy, now);

        let listed = listed(&state);
        let services = services(&state);
        let later: BTreeSet<_> = services
            .iter()
            .map(|one| one.start)
            .filter(|start| *start > now)
            .collect();
        waiting += usize::from(services.iter().any(|one| one.start > now));
        ending += usize::from(services.iter().any(|one| one.end.is_some()));
        ever.extend(logs(&state, "tlogs").iter().map(id));
        assert_eq!(logs(&state, "tlogs").len(), ever.len());
        for service in &services {
            let url = (service.url.clone(), service.version);
            let known = starts.insert(url, service.start);
            assert!(
                known.is_none_or(|known| known == service.start),
                "{known:?}"
            );
        }
        starts.retain(|(url, version), _| {
            services
                .iter()
                .any(|one| one.url == *url && one.version == *version)
        });
        // For as long as it may take until the next run.
        for ahead in [days(0), days(1) / 2, days(1), days(400)] {
            // What each client takes, and sigstore-js too unless two begin at different times.
            for (client, service) in taken(&listed, 2, now + ahead).into_iter().enumerate() {
                let service = service.unwrap();
                assert!(
                    service.is_used(now + ahead) || client == 2 && later.len() > 1,
                    "{service:?}"
                );
                let trusted = logs(&state, "tlogs");
                assert!(
                    trusted.iter().any(|log| log["baseUrl"] == service.url),
                    "{service:?}"
                );
            }
        }
    }
    assert!(waiting > 10 && ending > 10, "{waiting} {ending}");
}

/// As the original writes it from v0.7.34 on: everybody's operator, times of its own, one Rekor v2.
fn originals(key: &PublicKey) -> State {
    let mut state = made(&asked(false, &[rekor(key, HOST)]));
    let service = |url: &str, version: u32| {
        json!({"url": url, "majorApiVersion": version, "operator": "original.dev",
               "validFor": {"start": "2025-07-01T00:00:00.5Z"}, "comment": "kept"})
    };
    let config = json!({
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
        "caUrls": [service("http://fulcio.fulcio-system.svc", 1), service("http://fulcio-v2.svc", 2)],
        "oidcUrls": [service("https://kubernetes.default.svc.cluster.local", 1)],
        "rekorTlogUrls": [service(&format!("http://{HOST}"), 2), service("http://v3.svc", 3),
            json!({"url": "http://rekor.elsewhere.dev", "majorApiVersion": 1, "operator": "elsewhere",
                   "validFor": {"start": "2020-01-01T00:00:00Z", "end": "2030-01-01T00:00:00Z"}})],
        "rekorTlogConfig": {"selector": "EXACT", "count": 1},
        "tsaUrls": [service("http://tsa.tsa-system.svc/api/v1/timestamp", 1)],
        "tsaConfig": {"selector": "ANY"},
        "note": "kept",
    });
    let mut trust = trusted_root(state.repository.as_ref().unwrap());
    let log = &mut trust["tlogs"][0];
    log["operator"] = "original.dev".into();
    log["checkpointKeyId"] = log["logId"].clone();
    let documents = [("trusted_root.json", trust), (SIGNING_CONFIG, config)];
    state.repository = Some(crate::published::signed(
        &state,
        crate::published::change(documents),
    ));
    state
}

#[test]
fn the_originals_repository_with_a_v2_is_taken_over_as_it_is() {
    let key = ed25519();
    let mut state = originals(&key);
    let before = signing_config(&state);
    let mut inputs = asked(false, &[rekor(&key, HOST)]);
    assert_eq!(state.next(Some(&inputs), &policy(), start()).unwrap(), None);

    // Whatever else changes, what isn't ours or isn't known stays.
    inputs.ctlog.push(another_key());
    changed(&mut state, &inputs, start());
    assert_eq!(signing_config(&state), before);
    let log = &logs(&state, "tlogs")[0];
    assert_eq!(log["operator"], "original.dev");
    assert_eq!(log["checkpointKeyId"], log["logId"]);
    inputs.rekor.push(another_key());
    step(&mut state, &inputs, &overlapping(), start());
    let mut after = signing_config(&state);
    let v1 = after["rekorTlogUrls"].as_array_mut().unwrap().remove(1);
    assert_eq!(after, before);
    assert_eq!(
        (&v1["majorApiVersion"], &v1["operator"]),
        (&json!(1), &json!("original.dev"))
    );
}

#[test]
fn a_v2_is_never_turned_into_a_v1() {
    let mut state = originals(&ed25519());
    let v1 = asked(true, &[]);
    match state.next(Some(&v1), &policy(), start()) {
        Err(Error::Differs(differences)) => {
            let named = differences.join("; ");
            for part in [
                "Rekor v2's key",
                "Rekor v2 is at nowhere (published: http://rekor.rekor-tiles",
            ] {
                assert!(named.contains(part), "{named}");
            }
        }
        other => panic!("{other:?}"),
    }
    step(&mut state, &v1, &overlapping(), start());
    let mut found = services(&state);
    found.retain(|service| service.url.contains("-system"));
    let [v2, v1] = found.try_into().unwrap();
    assert_eq!((v2.version, v1.version), (2, 1));
    assert_eq!(v2.end, Some(v1.start));
}

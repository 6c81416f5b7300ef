//! Logs with tiles over years, in any order, and in repositories that others made.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;
use keys::PublicKey;
use scaffolding_trust::{Error, Policy, SIGNING_CONFIG, State};
use serde_json::json;

use crate::{
    published::{change, signed},
    stack::{DAY, accepting, another_key, changed, days, policy, publish, start, trusted_root},
    tiles::{
        HOST, asked, ctlog, ed25519, id, listed, logs, made, overlapping, rekor, services,
        signing_config, step, taken,
    },
};

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
        let rekors = 1 + pick(15);
        let picked = |bit: usize| rekors & (1 << bit) != 0;
        let tiles = (0..2).filter(|at| picked(2 + at)).map(|at| v2[at].clone());
        let mut inputs = asked(false, &tiles.collect::<Vec<_>>());
        let keys = (0..2).filter(|at| picked(*at)).map(|at| v1[at].clone());
        inputs.rekor = keys.collect();
        let policy = Policy {
            overlap: [DAY, DAY, Duration::ZERO][pick(3) as usize],
            ..accepting()
        };
        step(&mut state, &inputs, &policy, now);

        let services = services(&state);
        waiting += usize::from(services.iter().any(|one| one.start > now));
        ending += usize::from(services.iter().any(|one| one.end.is_some()));
        ever.extend(logs(&state, "tlogs").iter().map(id));
        assert_eq!(logs(&state, "tlogs").len(), ever.len());
        let offered = services.iter();
        let offered = offered.map(|one| ((one.url.clone(), one.version), one.start));
        let offered: BTreeMap<_, _> = offered.collect();
        for (service, start) in &offered {
            let known = starts.get(service);
            assert!(known.is_none_or(|known| known == start), "{service:?}");
        }
        starts = offered;
        assert_everybody_can_sign(&state, now);
    }
    assert!(waiting > 10 && ending > 10, "{waiting} {ending}");
}

/// Each client takes one whose log is trusted and that is in use, now and for as long as it may
/// take until the next run; sigstore-js may take it earlier if two begin at different times.
fn assert_everybody_can_sign(state: &State, now: Timestamp) {
    let (listed, trusted) = (listed(state), logs(state, "tlogs"));
    let later = services(state).into_iter().map(|one| one.start);
    let later: BTreeSet<_> = later.filter(|start| *start > now).collect();
    for ahead in [days(0), days(1) / 2, days(1), days(400)] {
        let then = now + ahead;
        for (client, service) in taken(&listed, 2, then).into_iter().enumerate() {
            let service = service.unwrap();
            let is_early = client == 2 && later.len() > 1;
            assert!(service.is_used(then) || is_early, "{service:?}");
            let mut trusted = trusted.iter();
            assert!(
                trusted.any(|log| log["baseUrl"] == service.url),
                "{service:?}"
            );
        }
    }
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
    state.repository = Some(signed(&state, change(documents)));
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

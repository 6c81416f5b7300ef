//! Plans from maps of entries, without a cluster.

use std::time::Duration;

use contract::{PUBLISHED, PUBLISHED_AT, PUBLISHED_TRUST, ROTATION};
use keys::{Kind, PrivateKey, PublicKey};
use refusal::Object;
use trust::Urls;

use super::*;
use crate::found::Held;

mod refusals;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn in_days(days: i64) -> Timestamp {
    now() + jiff::SignedDuration::from_hours(24 * days)
}

fn held(kind: &'static str, name: &str) -> Held {
    Held {
        object: Object::new(kind, "tuf-system", name),
        entries: Entries::new(),
    }
}

/// An empty namespace.
fn nothing() -> Found {
    Found {
        keys: held("Secret", "tuf-keys"),
        repository: held("Secret", "tuf-root"),
        clients: held("ConfigMap", "sigstore-trust"),
    }
}

/// What is there after the first `writes` of the four writes of `plan`.
fn after(mut found: Found, plan: &Plan, writes: usize) -> Found {
    if writes > 0 {
        found.keys.entries.extend(plan.announced.clone());
    }
    if writes > 1 {
        found.repository.entries.extend(plan.repository.clone());
    }
    if writes > 2 {
        found.keys.entries = plan.keys.clone();
    }
    if writes > 3 {
        found.clients.entries = plan.clients.clone();
    }
    found
}

fn key() -> PublicKey {
    PrivateKey::generate(Kind::EcdsaP256).public_key().clone()
}

fn inputs(rekor: &PublicKey) -> Inputs {
    let url = |host: &str| format!("http://{host}.example.com");
    Inputs {
        fulcio: vec![],
        rekor: vec![rekor.clone()],
        rekor_tiles: vec![],
        ctlog_tiles: vec![],
        ctlog: vec![],
        tsa: vec![],
        urls: Urls {
            fulcio: url("fulcio"),
            rekor: url("rekor"),
            ctlog: url("ctlog"),
            tsa: url("tsa"),
            issuer: url("issuer"),
        },
        valid_from: Timestamp::UNIX_EPOCH,
        metadata_targets: true,
        signing_config: true,
    }
}

fn policy() -> Policy {
    Policy {
        lifetimes: Roles {
            root: 3650 * DAY,
            targets: 365 * DAY,
            snapshot: 365 * DAY,
            timestamp: 180 * DAY,
        },
        overlap: DAY,
        ..Policy::default()
    }
}

fn accepting() -> Policy {
    Policy {
        accept_changes: true,
        ..policy()
    }
}

fn rotating() -> Policy {
    let rotate = Roles {
        root: true,
        snapshot: false,
        targets: false,
        timestamp: false,
    };
    Policy { rotate, ..policy() }
}

fn plan(
    found: &Found,
    inputs: Option<&Inputs>,
    policy: &Policy,
    now: Timestamp,
) -> Result<Option<Plan>, Refusals> {
    let request = Request {
        inputs,
        policy,
        rotation: "a-uid",
    };
    Plan::new(found, &request, now)
}

fn planned(found: &Found, inputs: Option<&Inputs>, policy: &Policy, now: Timestamp) -> Plan {
    plan(found, inputs, policy, now).unwrap().unwrap()
}

/// A namespace in which these inputs are published.
fn published(inputs: &Inputs) -> Found {
    let first = planned(&nothing(), Some(inputs), &policy(), now());
    after(nothing(), &first, 4)
}

fn text<'a>(entries: &'a Entries, entry: &str) -> &'a str {
    std::str::from_utf8(entries.get(entry).unwrap()).unwrap()
}

fn names(entries: &Entries) -> Vec<&str> {
    entries.iter().map(|(name, _)| name).collect()
}

#[test]
fn first_keys_come_before_what_they_sign_and_the_first_record_after() {
    let inputs = inputs(&key());
    assert!(plan(&nothing(), None, &policy(), now()).unwrap().is_none());
    let plan = planned(&nothing(), Some(&inputs), &policy(), now());
    let announced = names(&plan.announced);
    assert_eq!(announced.len(), 4);
    assert!(announced.iter().all(|name| name.ends_with(".pem")));
    assert_eq!(names(&plan.repository), ["repository", "root"]);
    assert_eq!(names(&plan.keys).len(), 7);
    assert_eq!(
        text(&plan.keys, PUBLISHED),
        r#"{"root":1,"snapshot":1,"targets":1,"timestamp":1}"#
    );
    assert_eq!(text(&plan.keys, PUBLISHED_AT), "2026-01-01T00:00:00Z");
    assert_eq!(
        names(&plan.clients),
        ["root.json", "signing_config.json", "trusted_root.json"]
    );
    assert!(!plan.retires_keys);
    assert!(plan.accepted.is_empty());
    assert_eq!(plan.advice, None);
}

#[test]
fn what_is_published_is_planned_as_it_is() {
    let inputs = inputs(&key());
    let found = published(&inputs);
    for (inputs, policy) in [
        (None, policy()),
        (Some(&inputs), policy()),
        (Some(&inputs), accepting()),
    ] {
        let plan = planned(&found, inputs, &policy, in_days(1));
        assert!(plan.keys == found.keys.entries);
        assert!(plan.clients == found.clients.entries);
        assert_eq!(
            plan.repository.get(ROOT),
            found.repository.entries.get(ROOT)
        );
        assert_eq!(plan.repository.get(REPOSITORY), None);
    }
}

#[test]
fn a_change_is_announced_with_both_digests_and_recorded_with_the_new_one() {
    let (old, new) = (inputs(&key()), inputs(&key()));
    let found = published(&old);
    let plan = planned(&found, Some(&new), &accepting(), in_days(1));
    let before = text(&found.keys.entries, PUBLISHED_TRUST);
    let afterwards = text(&plan.keys, PUBLISHED_TRUST);
    assert_ne!(before, afterwards);
    assert_eq!(
        text(&plan.announced, PUBLISHED_TRUST),
        format!("{before}\n{afterwards}")
    );
    assert_eq!(
        text(&plan.announced, PUBLISHED),
        text(&plan.keys, PUBLISHED)
    );
    assert_eq!(plan.accepted.len(), 2, "{:?}", plan.accepted);
    assert_eq!(
        plan.advice.as_deref(),
        Some("within 1day, restart in this order: the TUF server, Rekor")
    );
}

#[test]
fn wherever_the_writes_end_the_next_plan_goes_on() {
    let (old, new) = (inputs(&key()), inputs(&key()));
    for writes in 0..=4 {
        let first = planned(&published(&old), Some(&new), &accepting(), in_days(1));
        let found = after(published(&old), &first, 0);
        let plan = planned(&found, Some(&new), &accepting(), in_days(1));
        let found = after(found, &plan, writes);
        let renewal = planned(&found, None, &policy(), in_days(2));
        let found = after(found, &renewal, 4);
        let plan = planned(&found, Some(&new), &accepting(), in_days(2));
        let found = after(found, &plan, 4);
        let last = planned(&found, Some(&new), &policy(), in_days(3));
        assert!(last.keys == found.keys.entries, "{writes}");
        assert_eq!(last.repository.get(REPOSITORY), None, "{writes}");
    }
}

#[test]
fn a_renewal_needs_no_inputs_and_gives_no_advice() {
    let found = published(&inputs(&key()));
    let plan = planned(&found, None, &policy(), in_days(100));
    assert!(plan.repository.get(REPOSITORY).is_some());
    assert_eq!(
        text(&plan.keys, PUBLISHED),
        r#"{"root":1,"snapshot":1,"targets":1,"timestamp":2}"#
    );
    assert_eq!(text(&plan.keys, PUBLISHED_AT), "2026-04-11T00:00:00Z");
    assert_eq!(
        text(&plan.announced, PUBLISHED_TRUST),
        text(&plan.keys, PUBLISHED_TRUST)
    );
    assert_eq!(plan.advice, None);
}

#[test]
fn keys_change_once_for_each_request_and_the_old_one_goes_last() {
    let found = published(&inputs(&key()));
    let old = names(&found.keys.entries);
    let plan = planned(&found, None, &rotating(), in_days(1));
    assert!(plan.retires_keys);
    assert_eq!(text(&plan.announced, ROTATION), "a-uid");
    let made = names(&plan.announced);
    let made: Vec<_> = made.iter().filter(|name| name.ends_with(".pem")).collect();
    assert_eq!(made.len(), 1);
    let kept = names(&plan.keys);
    let gone: Vec<_> = old.iter().filter(|name| !kept.contains(name)).collect();
    assert_eq!(gone.len(), 1);
    assert!(gone[0].starts_with("root-") && made[0].starts_with("root-"));

    // A try that ended after the keys were written goes on with them.
    for writes in [1, 2, 4] {
        let found = after(published(&inputs(&key())), &plan, 0);
        let plan = planned(&found, None, &rotating(), in_days(1));
        let found = after(found, &plan, writes);
        let again = planned(&found, None, &rotating(), in_days(1));
        assert_eq!(names(&again.keys), names(&plan.keys), "{writes}");
    }
}

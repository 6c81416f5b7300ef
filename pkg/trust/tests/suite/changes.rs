//! The inputs change: nothing is published unasked, and nothing that was trusted is dropped.

use jiff::Timestamp;
use scaffolding_trust::{Error, Inputs, Policy, SIGNING_CONFIG, State, restarts};
use serde_json::Value;
use tuf::{Repository, Versions};

use crate::stack::{
    DAY, accepting, another_key, another_root, another_timestamping_chain, changed, days, inputs,
    json, policy, publish, published, start, trusted_root,
};

fn differences(state: &State, inputs: &Inputs, now: Timestamp) -> Vec<String> {
    match state.next(Some(inputs), &policy(), now) {
        Err(Error::Differs(differences)) => differences,
        other => panic!("{other:?}"),
    }
}

fn statuses(repository: &Repository) -> Vec<(String, String)> {
    let targets = json(&repository.files()["targets.json"]);
    let targets = targets["signed"]["targets"].as_object().unwrap().iter();
    let status = |target: &Value| {
        target["custom"]["sigstore"]["status"]
            .as_str()
            .map(str::to_owned)
    };
    targets
        .filter_map(|(name, target)| Some((name.clone(), status(target)?)))
        .collect()
}

#[test]
fn another_key_is_refused_with_the_difference_named() {
    let state = published();
    let mut inputs = inputs();
    let (old, new) = (inputs.rekor[0].clone(), another_key());
    inputs.rekor = vec![new.clone()];
    let differences = differences(&state, &inputs, start());
    let id = |key: &keys::PublicKey| hex::encode(key.log_id());
    assert_eq!(
        differences,
        [
            format!(
                "Rekor's key with the log ID {} is published, but not among the inputs",
                id(&old)
            ),
            format!("Rekor's key with the log ID {} isn't published", id(&new)),
        ]
        .map(String::from)
        .into_iter()
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect::<Vec<_>>()
    );
}

#[test]
fn an_accepted_key_ends_the_validity_of_the_one_it_replaces() {
    let mut state = published();
    let mut inputs = inputs();
    let old = inputs.rekor[0].to_pem();
    inputs.rekor = vec![another_key()];
    inputs.valid_from = start() + days(9);
    let now = start() + days(10);
    let repository = changed(&mut state, &inputs, now);

    assert_eq!(
        repository.versions(),
        Versions {
            root: 1,
            targets: 2,
            snapshot: 2,
            timestamp: 2
        }
    );
    let logs = trusted_root(&repository)["tlogs"].clone();
    let validity = |log: usize| &logs[log]["publicKey"]["validFor"];
    assert_eq!(
        validity(0),
        &serde_json::json!({"start": "1970-01-01T00:00:00Z", "end": "2026-01-11T00:00:01Z"})
    );
    assert_eq!(
        validity(1),
        &serde_json::json!({"start": "2026-01-10T00:00:00Z"})
    );
    // What is in use has the name that people look for.
    assert_eq!(
        repository.target("rekor.pub"),
        Some(inputs.rekor[0].to_pem().as_bytes())
    );
    assert_eq!(repository.target("rekor_2.pub"), Some(old.as_bytes()));
    assert!(statuses(&repository).contains(&("rekor_2.pub".into(), "Expired".into())));

    assert_eq!(
        state.next(Some(&inputs), &policy(), now).unwrap(),
        None,
        "and that is all"
    );
}

#[test]
fn a_published_start_never_moves() {
    let state = published();
    let mut inputs = inputs();
    inputs.valid_from = start();
    assert_eq!(
        state.next(Some(&inputs), &accepting(), start()).unwrap(),
        None
    );
}

#[test]
fn another_certificate_authority_joins_the_published_one() {
    let mut state = published();
    let mut inputs = inputs();
    inputs
        .fulcio
        .push(another_root("second", start(), 365 * DAY));
    assert_eq!(differences(&state, &inputs, start()).len(), 1);
    let repository = changed(&mut state, &inputs, start() + days(1));
    let authorities = trusted_root(&repository)["certificateAuthorities"].clone();
    assert_eq!(authorities.as_array().unwrap().len(), 2);
    assert_eq!(authorities[1]["subject"]["commonName"], "second");
    assert_eq!(authorities[1]["validFor"]["end"], "2027-01-01T00:00:00Z");
    assert_eq!(
        repository.target("fulcio_v2.crt.pem"),
        Some(inputs.fulcio[1].to_pem().as_bytes())
    );

    // One goes again, and comes back.
    let second = inputs.fulcio.pop().unwrap();
    let repository = changed(&mut state, &inputs, start() + days(2));
    let authorities = trusted_root(&repository)["certificateAuthorities"].clone();
    assert_eq!(authorities[1]["validFor"]["end"], "2026-01-03T00:00:01Z");
    inputs.fulcio.push(second);
    let named = differences(&state, &inputs, start() + days(3));
    assert!(
        named[0].contains("CN=second") && named[0].ends_with("was replaced before"),
        "{named:?}"
    );
    let repository = changed(&mut state, &inputs, start() + days(3));
    let authorities = trusted_root(&repository)["certificateAuthorities"].clone();
    assert_eq!(authorities[1]["validFor"]["end"], "2027-01-01T00:00:00Z");
}

#[test]
fn a_replaced_timestamping_chain_stays_trusted_and_leaves_one_leaf_for_old_clients() {
    let mut state = published();
    let mut inputs = inputs();
    inputs.tsa = vec![another_timestamping_chain()];
    let repository = changed(&mut state, &inputs, start() + days(1));
    assert_eq!(
        trusted_root(&repository)["timestampAuthorities"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let leaf = inputs.tsa[0].first().to_pem();
    assert_eq!(repository.target("tsa_leaf.crt.pem"), Some(leaf.as_bytes()));
    let tsa = statuses(&repository)
        .into_iter()
        .filter(|(name, _)| name.starts_with("tsa"));
    assert_eq!(
        tsa.map(|(_, status)| status).collect::<Vec<_>>(),
        ["Active"; 3]
    );
}

#[test]
fn a_removed_input_stays_trusted_until_the_next_full_second() {
    let mut state = published();
    let mut inputs = inputs();
    inputs.ctlog.clear();
    let now = "2026-01-02T00:00:00.123456789Z".parse().unwrap();
    let repository = changed(&mut state, &inputs, now);
    let logs = trusted_root(&repository)["ctlogs"].clone();
    let end = &logs[0]["publicKey"]["validFor"]["end"];
    assert_eq!(end, "2026-01-02T00:00:01Z");
    assert_eq!(state.next(Some(&inputs), &policy(), now).unwrap(), None);
}

#[test]
fn a_published_authority_that_has_expired_is_no_difference() {
    let mut state = published();
    let mut with_short = inputs();
    with_short
        .fulcio
        .push(another_root("short", start(), 10 * DAY));
    changed(&mut state, &with_short, start());
    let later = start() + days(20);
    for inputs in [inputs(), with_short] {
        assert_eq!(state.next(Some(&inputs), &policy(), later).unwrap(), None);
    }
    let kept = trusted_root(state.repository.as_ref().unwrap());
    assert_eq!(kept["certificateAuthorities"].as_array().unwrap().len(), 2);
}

#[test]
fn a_moved_service_is_a_difference() {
    let mut state = published();
    let mut inputs = inputs();
    inputs.urls.fulcio = "https://fulcio.example.com".into();
    inputs.urls.issuer = "https://issuer.example.com".into();
    assert_eq!(
        differences(&state, &inputs, start()),
        [
            "Fulcio is at https://fulcio.example.com (published: http://fulcio.fulcio-system.svc)",
            "the token issuer is at https://issuer.example.com (published: https://kubernetes.default.svc.cluster.local)",
        ]
    );
    let repository = changed(&mut state, &inputs, start());
    let signing = json(repository.target(SIGNING_CONFIG).unwrap());
    assert_eq!(signing["caUrls"][0]["url"], "https://fulcio.example.com");
    assert_eq!(signing["oidcUrls"][0]["url"], "https://issuer.example.com");
    let authorities = trusted_root(&repository)["certificateAuthorities"].clone();
    assert_eq!(authorities[0]["uri"], "https://fulcio.example.com");
}

#[test]
fn targets_that_are_no_longer_asked_for_are_a_difference() {
    let state = published();
    let mut inputs = inputs();
    inputs.signing_config = false;
    assert_eq!(
        differences(&state, &inputs, start()),
        ["the target signing_config.v0.2.json is published, but not asked for"]
    );
}

#[test]
fn a_changed_input_doesnt_keep_anything_from_being_renewed() {
    let mut state = published();
    let mut inputs = inputs();
    inputs.rekor = vec![another_key()];
    let now = start() + days(100);
    let renewed = state.next(None, &policy(), now).unwrap().unwrap();
    publish(&mut state, renewed);
    assert_eq!(differences(&state, &inputs, now).len(), 2);
}

#[test]
fn what_is_replaced_is_valid_until_its_server_was_restarted() {
    let mut state = published();
    let mut with_short = inputs();
    with_short
        .fulcio
        .push(another_root("short", start(), 10 * DAY));
    changed(&mut state, &with_short, start());
    let inputs = {
        let mut inputs = inputs();
        inputs.rekor = vec![another_key()];
        inputs
    };
    let policy = Policy {
        overlap: 30 * DAY,
        ..accepting()
    };
    let repository = state
        .next(Some(&inputs), &policy, start() + days(1))
        .unwrap()
        .unwrap();
    let before = state.repository.clone().unwrap();
    publish(&mut state, repository.clone());
    let trust = trusted_root(&repository);
    assert_eq!(
        trust["tlogs"][0]["publicKey"]["validFor"]["end"],
        "2026-02-01T00:00:01Z"
    );
    // No longer than its certificate, and not so long that it would count as one in use.
    assert_eq!(
        trust["certificateAuthorities"][1]["validFor"]["end"],
        "2026-01-10T23:59:59Z"
    );
    assert_eq!(
        state
            .next(Some(&inputs), &policy, start() + days(2))
            .unwrap(),
        None
    );
    assert_eq!(
        restarts(&before, &repository).unwrap(),
        ["the CT log", "the TUF server", "Fulcio", "Rekor"]
    );
    assert!(restarts(&repository, &repository).unwrap().is_empty());
}

//! A trusted root that isn't as written here: nothing in it may get lost.

use scaffolding_trust::{Error, State, TRUSTED_ROOT, restarts};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tuf::{Change, NewTarget, Repository, Roles, Signer};

use crate::stack::{days, inputs, policy, published, start, trusted_root};

/// The published state with a trusted root that was edited.
fn edited(edit: impl FnOnce(&mut Value)) -> State {
    let mut state = published();
    let mut document = trusted_root(state.repository.as_ref().unwrap());
    edit(&mut document);
    let target = NewTarget {
        bytes: document.to_string().into_bytes(),
        ..NewTarget::default()
    };
    let change = Change {
        new: [(TRUSTED_ROOT.into(), target)].into(),
        ..Change::default()
    };
    state.repository = Some(signed(&state, change));
    state
}

fn signed(state: &State, change: Change) -> Repository {
    let signer = Signer::new(&state.keys, state.published, state.repository.as_ref()).unwrap();
    let next = signer.next(
        Some(change),
        &policy().lifetimes,
        &Roles::default(),
        start(),
    );
    next.unwrap().unwrap()
}

fn refusal(state: &State) -> String {
    let error = state.next(Some(&inputs()), &policy(), start()).unwrap_err();
    assert!(
        matches!(error, Error::TrustedRoot(_) | Error::NoTrustedRoot),
        "{error:?}"
    );
    error.to_string()
}

#[test]
fn a_certificate_that_cant_be_read_is_named() {
    let state = edited(|trust| {
        let chain = &mut trust["timestampAuthorities"][0]["certChain"];
        chain["certificates"][1]["rawBytes"] = "AAAA".into();
    });
    let digest = hex::encode(Sha256::digest([0; 3]));
    let expected = format!("isn't as written here: the certificate with the SHA-256 {digest}: ");
    let refusal = refusal(&state);
    assert!(refusal.contains(&expected), "{refusal}");
}

#[test]
fn a_chain_without_certificates_is_refused() {
    let state = edited(|trust| {
        trust["certificateAuthorities"][0]["certChain"]["certificates"] = json!([]);
    });
    let refusal = refusal(&state);
    assert!(
        refusal.contains("a chain without a certificate"),
        "{refusal}"
    );
}

#[test]
fn an_unknown_field_is_refused() {
    let state = edited(|trust| trust["tlogs"][0]["operator"] = "somebody".into());
    let refusal = refusal(&state);
    assert!(refusal.contains("unknown field `operator`"), "{refusal}");
}

#[test]
fn a_repository_without_a_trusted_root_is_refused() {
    let mut state = published();
    let change = Change {
        gone: [TRUSTED_ROOT.into()].into(),
        ..Change::default()
    };
    state.repository = Some(signed(&state, change));
    let refusal = refusal(&state);
    assert!(
        refusal.starts_with("trusted_root.json is missing"),
        "{refusal}"
    );
}

#[test]
fn what_cant_be_read_keeps_nothing_from_being_renewed() {
    let state = edited(|trust| trust["mediaType"] = 1.into());
    let renewed = state.next(None, &policy(), start() + days(100));
    let renewed = renewed.unwrap().unwrap();
    let before = state.repository.as_ref().unwrap();
    assert_eq!(renewed.target(TRUSTED_ROOT), before.target(TRUSTED_ROOT));
    assert!(restarts(before, &renewed).is_err());
}

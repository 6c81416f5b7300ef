//! A trusted root that isn't as written here: nothing in it may get lost.

use base64ct::{Base64, Encoding as _};
use scaffolding_trust::{Error, State, TRUSTED_ROOT, Unreadable, restarts};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tuf::{Change, NewTarget, Repository, Roles, Signer};

use crate::stack::{accepting, days, inputs, policy, published, start, trusted_root};

/// The published state with a trusted root that was edited.
pub(crate) fn edited(edit: impl FnOnce(&mut Value)) -> State {
    let mut state = published();
    let mut document = trusted_root(state.repository.as_ref().unwrap());
    edit(&mut document);
    state.repository = Some(signed(&state, change([(TRUSTED_ROOT, document)])));
    state
}

/// Other documents in place of those that are published.
pub(crate) fn change<const N: usize>(documents: [(&str, Value); N]) -> Change {
    let target = |document: Value| NewTarget {
        bytes: document.to_string().into_bytes(),
        ..NewTarget::default()
    };
    Change {
        new: documents
            .map(|(name, document)| (name.into(), target(document)))
            .into(),
        ..Change::default()
    }
}

pub(crate) fn signed(state: &State, change: Change) -> Repository {
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

/// The one entry that clients can't read.
fn unreadable(state: &State) -> Unreadable {
    match state.next(Some(&inputs()), &policy(), start()) {
        Err(Error::Unreadable(mut entries)) if entries.len() == 1 => entries.remove(0),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_certificate_that_cant_be_read_is_named() {
    let state = edited(|trust| {
        let chain = &mut trust["timestampAuthorities"][0]["certChain"];
        chain["certificates"][1]["rawBytes"] = "AAAA".into();
    });
    let unreadable = unreadable(&state);
    assert_eq!(unreadable.owner, "the timestamping authority");
    let digest = hex::encode(Sha256::digest([0; 3]));
    let expected = format!("the certificate with the SHA-256 {digest}: ");
    assert!(unreadable.problem.starts_with(&expected), "{unreadable:?}");
}

#[test]
fn a_key_in_another_form_than_clients_read_is_named() {
    let compressed = |der: &[u8]| {
        let (head, point) = der.split_at(26);
        let mut der = head.to_vec();
        (der[1], der[24]) = (0x39, 0x22);
        der.push(2 + point[64] % 2);
        der.extend(&point[1..33]);
        Base64::encode_string(&der)
    };
    let key = inputs().rekor[0].der().to_vec();
    let state = edited(|trust| {
        trust["tlogs"][0]["publicKey"]["rawBytes"] = compressed(&key).into();
    });
    let problem = "its point is compressed";
    assert_eq!(unreadable(&state).problem, problem);
    for (field, value, problem) in [
        (
            "hashAlgorithm",
            "SHA2_512",
            "the hash algorithm \"SHA2_512\"",
        ),
        (
            "logId",
            "x",
            "invalid type: string \"x\", expected struct LogId",
        ),
    ] {
        let state = edited(|trust| trust["ctlogs"][0][field] = value.into());
        let unreadable = unreadable(&state);
        assert_eq!(unreadable.owner, "the CT log");
        assert_eq!(unreadable.id, hex::encode(inputs().ctlog[0].log_id()));
        assert_eq!(unreadable.problem, problem);
    }
}

#[test]
fn a_chain_without_certificates_is_named_by_its_own_digest() {
    let state = edited(|trust| {
        trust["certificateAuthorities"][0]["certChain"]["certificates"] = json!([]);
    });
    let unreadable = unreadable(&state);
    assert_eq!(unreadable.problem, "a chain without a certificate");
    assert_eq!(unreadable.id.len(), 64);
}

#[test]
fn an_unknown_field_is_named() {
    let state = edited(|trust| trust["tlogs"][0]["owner"] = "somebody".into());
    let problem = unreadable(&state).problem;
    assert!(problem.starts_with("unknown field `owner`"), "{problem}");
    let state = edited(|trust| trust["owner"] = "somebody".into());
    assert!(refusal(&state).contains("unknown field `owner`"));
}

#[test]
fn what_clients_know_and_nobody_here_writes_stays() {
    let state = edited(|trust| {
        trust["tlogs"][0]["operator"] = "somebody".into();
        trust["tlogs"][0]["checkpointKeyId"] = json!({"keyId": "AAAA"});
        trust["certificateAuthorities"][0]["operator"] = "somebody".into();
    });
    let mut inputs = inputs();
    assert_eq!(state.next(Some(&inputs), &policy(), start()).unwrap(), None);
    inputs.ctlog.clear();
    let next = state.next(Some(&inputs), &accepting(), start());
    let trust = trusted_root(&next.unwrap().unwrap());
    assert_eq!(trust["tlogs"][0]["operator"], "somebody");
    assert_eq!(trust["tlogs"][0]["checkpointKeyId"]["keyId"], "AAAA");
    assert_eq!(trust["certificateAuthorities"][0]["operator"], "somebody");
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

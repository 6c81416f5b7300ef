//! What clients trust is taken out again, when somebody says so by its name.

use std::collections::{BTreeMap, BTreeSet};

use certs::Chain;
use jiff::Timestamp;
use keys::PublicKey;
use scaffolding_trust::{Error, Inputs, Policy, State, restarts};
use serde_json::Value;
use tuf::Repository;

use crate::{
    published::edited,
    stack::{
        DAY, accepting, another_key, another_root, changed, days, inputs, policy, publish,
        published, start, trusted_root,
    },
};

fn withdrawing(ids: &[&str]) -> Policy {
    Policy {
        withdraw: ids.iter().map(|id| (*id).to_owned()).collect(),
        ..policy()
    }
}

fn id(key: &PublicKey) -> String {
    hex::encode(key.log_id())
}

fn fingerprint(chain: &Chain) -> String {
    hex::encode(chain.first().fingerprint())
}

/// After Rekor's key was replaced; the old key and what is in use now.
fn replaced() -> (State, PublicKey, Inputs) {
    let (mut state, mut inputs) = (published(), inputs());
    let old = std::mem::replace(&mut inputs.rekor[0], another_key());
    changed(&mut state, &inputs, start() + days(1));
    (state, old, inputs)
}

/// What the Job records.
fn withdraw(state: &mut State, inputs: &Inputs, policy: &Policy) -> Repository {
    let now = start() + days(2);
    let news = state.news(inputs, policy, now).unwrap();
    let next = state.next(Some(inputs), policy, now).unwrap().unwrap();
    state.withdrawn.extend(news.withdrawn.into_keys());
    publish(state, next.clone());
    next
}

#[test]
fn what_is_withdrawn_is_gone_from_every_target_and_stays_gone() {
    let (mut state, old, inputs) = replaced();
    let before = state.repository.clone().unwrap();
    assert_eq!(before.target("rekor_2.pub"), Some(old.to_pem().as_bytes()));
    let id = id(&old);
    let policy = withdrawing(&[&id]);
    let news = state.news(&inputs, &policy, start()).unwrap();
    assert!(news.differences.is_empty());
    assert_eq!(
        news.withdrawn,
        [(id.clone(), format!("Rekor's key with the log ID {id}"))].into()
    );
    let next = withdraw(&mut state, &inputs, &policy);
    assert_eq!(trusted_root(&next)["tlogs"].as_array().unwrap().len(), 1);
    assert_eq!(next.target("rekor_2.pub"), None);
    assert_eq!(
        next.target("rekor.pub"),
        Some(inputs.rekor[0].to_pem().as_bytes())
    );
    assert!(restarts(&before, &next).unwrap().is_empty());

    // A Job that is tried again finds that it is done.
    for policy in [policy, withdrawing(&[&id[..8]])] {
        let again = state.next(Some(&inputs), &policy, start() + days(2));
        assert_eq!(again.unwrap(), None);
    }
}

#[test]
fn a_chain_is_named_by_any_of_its_certificates() {
    for certificate in 0..3 {
        let (mut state, mut inputs) = (published(), inputs());
        let tsa = inputs.tsa.remove(0);
        let fingerprint = tsa.certificates()[certificate].fingerprint();
        let id = hex::encode(fingerprint);
        // It was the only one, so that there is no such service any more.
        let policy = Policy {
            accept_changes: true,
            ..withdrawing(&[&id])
        };
        let next = withdraw(&mut state, &inputs, &policy);
        let trust = trusted_root(&next);
        assert_eq!(trust["timestampAuthorities"], serde_json::json!([]));
        assert!(next.targets().all(|(name, _)| !name.starts_with("tsa")));
    }
}

#[test]
fn what_isnt_published_is_refused_with_what_is() {
    let (state, old, inputs) = replaced();
    for unknown in ["00000000", &id(&another_key())] {
        match state.next(Some(&inputs), &withdrawing(&[unknown]), start()) {
            Err(Error::NotPublished { id, published }) => {
                assert_eq!(id, unknown);
                assert_eq!(published.len(), 5);
                assert!(published.contains(&format!("Rekor's {}", &self::id(&old)[..12])));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn what_is_among_the_inputs_is_refused() {
    let (state, inputs) = (published(), inputs());
    let key = id(&inputs.rekor[0]);
    for named in [&key, &key[..8], &fingerprint(&inputs.fulcio[0])] {
        for policy in [policy(), accepting()] {
            let policy = Policy {
                withdraw: [named.to_owned()].into(),
                ..policy
            };
            match state.next(Some(&inputs), &policy, start()) {
                Err(Error::StillAsked(digest)) => assert!(digest.starts_with(named)),
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn other_differences_have_to_be_accepted_as_ever() {
    let (mut state, old, mut inputs) = replaced();
    inputs.ctlog.push(another_key());
    let policy = withdrawing(&[&id(&old)]);
    match state.next(Some(&inputs), &policy, start()) {
        Err(Error::Differs(differences)) => assert_eq!(differences.len(), 1, "{differences:?}"),
        other => panic!("{other:?}"),
    }
    let accepting = Policy {
        accept_changes: true,
        ..policy
    };
    let next = withdraw(&mut state, &inputs, &accepting);
    assert_eq!(trusted_root(&next)["ctlogs"].as_array().unwrap().len(), 2);
    assert_eq!(trusted_root(&next)["tlogs"].as_array().unwrap().len(), 1);
}

#[test]
fn what_clients_cant_read_is_taken_out_by_the_id_that_it_is_named_by() {
    let edits: [fn(&mut Value); 4] = [
        |trust| {
            let mut odd = trust["tlogs"][0].clone();
            odd["publicKey"]["rawBytes"] = "MDkw".into();
            trust["tlogs"].as_array_mut().unwrap().push(odd);
        },
        |trust| {
            let mut odd = trust["certificateAuthorities"][0].clone();
            odd["certChain"]["certificates"][0]["rawBytes"] = "MDkw".into();
            trust["certificateAuthorities"]
                .as_array_mut()
                .unwrap()
                .push(odd);
        },
        |trust| trust["ctlogs"].as_array_mut().unwrap().push("odd".into()),
        |trust| {
            let odd = serde_json::json!({"certChain": {"certificates": []}});
            trust["timestampAuthorities"]
                .as_array_mut()
                .unwrap()
                .push(odd);
        },
    ];
    for edit in edits {
        let mut state = edited(edit);
        let before = state.repository.clone().unwrap();
        let id = match state.next(Some(&inputs()), &accepting(), start()) {
            Err(Error::Unreadable(entries)) => entries[0].id.clone(),
            other => panic!("{other:?}"),
        };
        let next = withdraw(&mut state, &inputs(), &withdrawing(&[&id[..12]]));
        let clean = published().repository.unwrap();
        assert_eq!(trusted_root(&next), {
            // As it was made first.
            let mut trust = trusted_root(&clean);
            trust["timestampAuthorities"] = trusted_root(&next)["timestampAuthorities"].clone();
            trust
        });
        assert!(restarts(&before, &next).unwrap().is_empty());
        let again = state.next(Some(&inputs()), &withdrawing(&[&id[..12]]), start());
        assert_eq!(again.unwrap(), None);
    }
}

/// Keys are published, replaced, withdrawn and come back in any order: what is published is always
/// what was asked for so far and not withdrawn since, and no step has to be done twice.
#[test]
fn whatever_the_order_nothing_else_goes_and_nothing_comes_back() {
    let mut random = 12_u32;
    let mut pick = |from: u32| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 16) % from
    };
    let keys: BTreeMap<_, _> = (0..4)
        .map(|_| another_key())
        .map(|key| (id(&key), key))
        .collect();
    let roots: BTreeMap<_, _> = (0..3)
        .map(|number| another_root(&format!("root {number}"), start(), 3650 * DAY))
        .map(|root| (fingerprint(&root), root))
        .collect();
    let names: Vec<_> = keys.keys().chain(roots.keys()).collect();

    let mut model = Model::new();
    let mut counts = BTreeMap::new();
    for _ in 0..150 {
        let mut policy = accepting();
        match pick(3) {
            0 => model.inputs.rekor = vec![keys[names[pick(4) as usize]].clone()],
            1 => model.inputs.fulcio = vec![roots[names[4 + pick(3) as usize]].clone()],
            _ => policy.withdraw = [names[pick(7) as usize][..16].to_owned()].into(),
        }
        *counts.entry(model.step(&policy)).or_insert(0) += 1;
    }
    assert_eq!(counts.len(), 4, "{counts:?}");
    assert!(counts.values().all(|count| *count > 2), "{counts:?}");
}

/// What should be published, beside what is.
struct Model {
    state: State,
    inputs: Inputs,
    published: BTreeSet<String>,
    now: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Publishes,
    Withdraws,
    RefusesUnknown,
    RefusesAsked,
}

impl Model {
    fn new() -> Self {
        let (state, mut inputs) = (published(), inputs());
        (inputs.ctlog, inputs.tsa) = (vec![], vec![]);
        let mut model = Self {
            state,
            inputs,
            published: [].into(),
            now: start(),
        };
        model.published = model.asked();
        model
    }

    fn asked(&self) -> BTreeSet<String> {
        [
            id(&self.inputs.rekor[0]),
            fingerprint(&self.inputs.fulcio[0]),
        ]
        .into()
    }

    fn expected(&self, policy: &Policy) -> Step {
        let is_named = |digests: &BTreeSet<String>| {
            let mut ids = policy.withdraw.iter();
            ids.any(|id| digests.iter().any(|digest| digest.starts_with(id)))
        };
        match policy.withdraw.is_empty() {
            false if is_named(&self.published) && is_named(&self.asked()) => Step::RefusesAsked,
            false if is_named(&self.published) => Step::Withdraws,
            false if !is_named(&self.state.withdrawn) => Step::RefusesUnknown,
            _ => Step::Publishes,
        }
    }

    /// Does it a day later, and checks that it does what it has to.
    fn step(&mut self, policy: &Policy) -> Step {
        self.now += days(1);
        let expected = self.expected(policy);
        match (
            self.state.next(Some(&self.inputs), policy, self.now),
            expected,
        ) {
            (Err(Error::StillAsked(_)), Step::RefusesAsked)
            | (Err(Error::NotPublished { .. }), Step::RefusesUnknown) => (),
            (Ok(next), Step::Publishes | Step::Withdraws) => self.publish(next, policy),
            other => panic!("{other:?}"),
        }
        let found = digests(&trusted_root(self.state.repository.as_ref().unwrap()));
        assert!(self.published.is_subset(&found), "{found:?}");
        assert_eq!(found.len(), self.published.len() + OTHERS);
        expected
    }

    fn publish(&mut self, next: Option<Repository>, policy: &Policy) {
        let news = self.state.news(&self.inputs, policy, self.now).unwrap();
        self.published
            .retain(|digest| !news.withdrawn.contains_key(digest));
        self.state.withdrawn.extend(news.withdrawn.into_keys());
        self.published.extend(self.asked());
        if let Some(next) = next {
            publish(&mut self.state, next);
        }
        let again = self.state.next(Some(&self.inputs), policy, self.now);
        assert_eq!(again.unwrap(), None);
    }
}

/// The CT log's key and the timestamping chain, which are published and never withdrawn.
const OTHERS: usize = 2;

/// What each entry is named by first.
fn digests(trust: &Value) -> BTreeSet<String> {
    use base64ct::{Base64, Encoding as _};
    use sha2::{Digest as _, Sha256};

    let digest = |bytes: &Value| {
        let der = Base64::decode_vec(bytes["rawBytes"].as_str().unwrap()).unwrap();
        hex::encode(Sha256::digest(der))
    };
    let list = |name: &str| trust[name].as_array().unwrap().clone();
    let logs = list("tlogs").into_iter().chain(list("ctlogs"));
    let logs = logs.map(|log| digest(&log["publicKey"]));
    let chains = list("certificateAuthorities").into_iter();
    let chains = chains.chain(list("timestampAuthorities"));
    logs.chain(chains.map(|chain| digest(&chain["certChain"]["certificates"][0])))
        .collect()
}

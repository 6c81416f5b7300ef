//! Plans that aren't made: what is said instead.

use certs::{Chain, Subject, Validity};
use refusal::refusals_in;

use super::*;

/// What is refused, one sentence each.
#[track_caller]
fn refused(result: Result<Option<Plan>, Refusals>) -> Vec<String> {
    let refusals = result.err().expect("it is refused");
    let sentences: Vec<_> = refusals_in(&refusals)
        .iter()
        .map(Refusal::to_string)
        .collect();
    for sentence in &sentences {
        let length = sentence.chars().count();
        assert!(length <= 300, "{length}: {sentence}");
    }
    sentences
}

#[test]
fn each_difference_is_refused_by_itself() {
    let found = published(&inputs(&key()));
    let mut other = inputs(&key());
    other.urls.rekor = "https://rekor.example.com".into();
    let sentences = refused(plan(&found, Some(&other), &policy(), in_days(1)));
    assert_eq!(sentences.len(), 3, "{sentences:#?}");
    for sentence in &sentences {
        assert!(
            sentence.starts_with("Secret tuf-system/tuf-root differs from the inputs ("),
            "{sentence}"
        );
        assert!(
            sentence.ends_with("): if that was you, add --accept-changes"),
            "{sentence}"
        );
    }
    assert_eq!(
        differences(&found, &other, in_days(1)).unwrap().len(),
        sentences.len()
    );
}

#[test]
fn a_clock_that_is_behind_is_refused() {
    let found = published(&inputs(&key()));
    assert!(plan(&found, None, &policy(), now()).is_ok());
    assert_eq!(
        refused(plan(&found, None, &policy(), in_days(-1))),
        [
            "the clock is at 2025-12-31T00:00:00Z, 25 h before Secret tuf-system/tuf-root was signed last: \
             set the clock, or, if it was wrong then, remove \"published-at\" from Secret tuf-system/tuf-keys"
        ]
    );
}

#[test]
fn what_was_lost_is_named_with_what_restores_it() {
    let inputs = inputs(&key());
    let with = |change: fn(&mut Found)| {
        let mut found = published(&inputs);
        change(&mut found);
        let mut sentences = refused(plan(&found, Some(&inputs), &accepting(), in_days(1)));
        assert_eq!(sentences.len(), 1, "{sentences:?}");
        sentences.remove(0)
    };
    let start_anew = "to start a new trust, which every client then has to be given";
    let lost = with(|found| found.repository.entries = Entries::new());
    assert!(
        lost.contains(
            "(root 1, timestamp 1): restore it from a backup, or delete both and ConfigMap"
        ),
        "{lost}"
    );
    assert!(lost.ends_with(start_anew), "{lost}");
    let given = with(|found| {
        found.repository.entries = Entries::new();
        found.keys.entries = Entries::new();
    });
    assert!(
        given.contains("clients were given a root of trust before: restore it and"),
        "{given}"
    );
    assert!(given.ends_with(start_anew), "{given}");
    let key = with(|found| found.keys.entries = Entries::new());
    assert!(
        key.starts_with("Secret tuf-system/tuf-keys lacks the key "),
        "{key}"
    );
    assert!(
        key.ends_with(" of the role root, so nothing can be signed: restore it from a backup"),
        "{key}"
    );
    let other = with(|found| found.keys.entries.insert(PUBLISHED_TRUST, "aa"));
    assert!(
        other.contains("isn't the repository that was published last: restore the newest one"),
        "{other}"
    );
    let archive = with(|found| found.repository.entries.insert(REPOSITORY, "no archive"));
    assert!(
        archive.starts_with(
            r#""repository" of Secret tuf-system/tuf-root can't be used (the archive "#
        ),
        "{archive}"
    );
}

#[test]
fn a_root_that_is_older_than_what_clients_were_told_is_refused() {
    let found = published(&inputs(&key()));
    let rotated = planned(&found, None, &rotating(), in_days(1));
    let mut restored = found;
    restored.clients.entries = rotated.clients.clone();
    let sentences = refused(plan(&restored, None, &policy(), in_days(2)));
    assert!(
        sentences[0].contains(
            "has root 1, and ConfigMap tuf-system/sigstore-trust told clients of a later one"
        ),
        "{sentences:?}"
    );
}

#[test]
fn what_kubernetes_wouldnt_take_is_refused() {
    let inputs = inputs(&key());
    let mut found = published(&inputs);
    found
        .repository
        .entries
        .insert("notes", vec![b'x'; MOST_BYTES]);
    let sentences = refused(plan(&found, None, &policy(), in_days(100)));
    assert!(
        sentences[0].contains("in entries that aren't createtuf's: remove those"),
        "{sentences:?}"
    );

    // Bytes that don't compress well, in two files.
    let mut large = self::inputs(&key());
    large.fulcio = (0..28).map(|_| large_root()).collect();
    let too_large = |large: &Inputs| {
        let found = published(&inputs);
        refused(plan(&found, Some(large), &accepting(), now())).remove(0)
    };
    let sentence = too_large(&large);
    assert!(
        sentence.contains(
            " bytes of 1048576, with 32 targets: leave out inputs that aren't needed: about "
        ),
        "{sentence}"
    );
    large.fulcio.truncate(13);
    large.metadata_targets = false;
    let sentence = too_large(&large);
    assert!(
        sentence.starts_with("ConfigMap tuf-system/sigstore-trust would take 1"),
        "{sentence}"
    );
}

fn large_root() -> Chain {
    let subject = Subject {
        common_name: hex::encode(keys::random_bytes::<16384>()),
        ..Subject::default()
    };
    let validity = Validity {
        not_before: now().into(),
        not_after: in_days(1).into(),
    };
    let key = PrivateKey::generate(Kind::EcdsaP256);
    let root = certs::root_certificate(&key, &subject, validity).unwrap();
    Chain::ordered(vec![root]).unwrap()
}

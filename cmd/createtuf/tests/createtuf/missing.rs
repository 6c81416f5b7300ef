//! Entries that are gone, one by one and two by two.

use std::collections::BTreeMap;

use serde_json::json;
use testbed::suite::Scene as _;

use crate::{NAMESPACE, Tuf};

/// The objects that the Job makes.
const MADE: [(&str, &str); 3] = [
    ("Secret", "tuf-keys"),
    ("Secret", "tuf-root"),
    ("ConfigMap", "sigstore-trust"),
];

/// All entries, by the object and their names.
type Entries = BTreeMap<(usize, String), String>;

fn entries(tuf: &Tuf) -> Entries {
    let mut entries = Entries::new();
    for (position, (kind, name)) in MADE.into_iter().enumerate() {
        let object = tuf.0.get(kind, NAMESPACE, name).unwrap();
        for (key, value) in object["data"].as_object().into_iter().flatten() {
            let value = value.as_str().unwrap().to_owned();
            entries.insert((position, key.clone()), value);
        }
    }
    entries
}

/// Writes just these entries.
fn set(tuf: &Tuf, entries: &Entries) {
    for (position, (kind, name)) in MADE.into_iter().enumerate() {
        let mut object = tuf.0.get(kind, NAMESPACE, name).unwrap();
        let own = entries
            .iter()
            .filter(|((object, _), _)| *object == position);
        object["data"] = own
            .map(|((_, key), value)| (key.clone(), json!(value)))
            .collect();
        tuf.0.apply(&object);
    }
}

#[test]
fn what_is_missing_is_completed_or_refused() {
    let tuf = Tuf::published();
    let published = entries(&tuf);
    let names: Vec<_> = published.keys().cloned().collect();
    for (position, first) in names.iter().enumerate() {
        for second in &names[position..] {
            let mut some = published.clone();
            some.remove(first);
            some.remove(second);
            set(&tuf, &some);
            let before = tuf.0.objects();
            let outcome = tuf.job().run();
            let context = format!("{first:?} and {second:?} missing:\n{}", outcome.log);
            match outcome.code {
                0 => {
                    let after = entries(&tuf);
                    let kept = |(name, value): (_, &String)| after.get(name) == Some(value);
                    assert!(some.iter().all(kept), "{context}");
                    assert!(after.keys().eq(published.keys()), "{context}");
                }
                3 => {
                    outcome.assert(3, &["refused: ", "Secret tuf-system/tuf-"]);
                    tuf.0.assert_unchanged(&before);
                }
                _ => panic!("{context}"),
            }
        }
    }
}

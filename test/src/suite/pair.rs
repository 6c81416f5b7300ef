//! The tests of the Jobs that make a private Secret, and a public one from it.

use base64ct::{Base64, Encoding as _};
use certs::Chain;
use keys::{Kind, PrivateKey, PublicKey};
use serde_json::{Map, json};

use super::{
    Scene,
    every::{assert_gives_up, assert_settled, forbid},
};
use crate::{Entries, Fault, Outcome};

/// A [`Scene`] whose Job makes two Secrets.
pub trait Pair: Scene {
    /// The namespace of both.
    const NAMESPACE: &str;
    /// The private Secret.
    const PRIVATE: &str;
    /// Its entries, the private key first and the key's password second.
    const PRIVATE_ENTRIES: &[&str];
    /// The public Secret.
    const PUBLIC: &str;
    /// Its entries.
    const PUBLIC_ENTRIES: &[&str];
    /// Entries of both beside these, which say what the flags say.
    const SAID: &[&str] = &[];
    /// The entries that can't be derived from the private key.
    const UNDERIVABLE: &[&str] = &[];
    /// Above which commands of `docs/own-keys.md` one's own is made.
    const DOCUMENTED: &str;
    /// The kinds of keys that it makes.
    const KINDS: &[Kind] = &Kind::ALL;
    /// Others that it takes, with a warning.
    const KEPT_KINDS: &[Kind] = &[];
    /// The flag that asks for a kind of key.
    fn kind_flag(kind: Kind) -> String {
        format!("--key-type={kind}")
    }
    /// Undoes what the Job did to other objects.
    fn reset(&self) {}
}

/// A cluster in which the Job has succeeded, and what it published.
pub(super) fn published<S: Pair>() -> (S, Entries, Entries) {
    let scene = S::set();
    scene.job().run().assert(0, &["done"]);
    let [private, public] = pair(&scene);
    for (entries, names) in [(&private, S::PRIVATE_ENTRIES), (&public, S::PUBLIC_ENTRIES)] {
        let mut names = [names, S::SAID].concat();
        names.sort_unstable();
        assert!(entries.keys().eq(names), "{:?}", entries.keys());
    }
    (scene, private, public)
}

pub(super) fn pair<S: Pair>(scene: &S) -> [Entries; 2] {
    [S::PRIVATE, S::PUBLIC].map(|name| scene.kubernetes().secret(S::NAMESPACE, name))
}

/// Writes both Secrets; one without entries isn't there.
pub(super) fn set_pair<S: Pair>(scene: &S, private: &Entries, public: &Entries) {
    scene.reset();
    for (name, entries) in [(S::PRIVATE, private), (S::PUBLIC, public)] {
        scene.kubernetes().delete("Secret", S::NAMESPACE, name);
        if !entries.is_empty() {
            let kubernetes = scene.kubernetes();
            kubernetes.set_secret(S::NAMESPACE, name, entries);
        }
    }
}

/// Checks that the password opens the private key, and that all that is public is that key's, in
/// both Secrets.
///
/// # Panics
///
/// When something isn't so.
pub fn assert_belongs_together<S: Pair>(scene: &S) {
    let [private, public] = pair(scene);
    for (entries, names) in [(&private, S::PRIVATE_ENTRIES), (&public, S::PUBLIC_ENTRIES)] {
        assert!(
            names.iter().all(|name| entries.contains_key(*name)),
            "{:?}",
            entries.keys()
        );
    }
    let password = private.get(S::PRIVATE_ENTRIES[1]).map(Vec::as_slice);
    let key = PrivateKey::from_pem(&private[S::PRIVATE_ENTRIES[0]], password);
    let key = key.expect("the password opens the private key");
    let is_the_keys = |name: &str, value: &[u8]| match name {
        "public" => PublicKey::from_pem(value).is_ok_and(|half| half == *key.public_key()),
        "cert" | "cert-chain" => {
            Chain::from_pem(value).is_ok_and(|chain| chain.first().public_key() == key.public_key())
        }
        _ => true,
    };
    for (name, value) in private.iter().chain(&public) {
        assert!(is_the_keys(name, value), "{name} is another key's");
    }
    for (name, value) in &public {
        let beside = private.get(name);
        assert!(
            beside.is_none_or(|beside| beside == value),
            "{name} differs"
        );
    }
}

pub(super) fn private_name<S: Pair>() -> String {
    format!("Secret {}/{}", S::NAMESPACE, S::PRIVATE)
}

/// Runs the Job, which refuses: exit code 3, `texts` in its last line, nothing changed.
pub(super) fn assert_refused<S: Pair>(scene: &S, texts: &[&str]) -> Outcome {
    let before = scene.kubernetes().objects();
    let outcome = scene.job().run();
    outcome.assert(3, texts);
    scene.kubernetes().assert_unchanged(&before);
    outcome
}

/// Entries with empty values, as in a Secret that was made ahead of the Job, count as missing.
pub fn an_empty_value_counts_as_missing<S: Pair>() {
    let scene = S::set();
    let empty = |names: &[&str]| -> Entries {
        names
            .iter()
            .map(|name| ((*name).to_owned(), vec![]))
            .collect()
    };
    set_pair(
        &scene,
        &empty(S::PRIVATE_ENTRIES),
        &empty(S::PUBLIC_ENTRIES),
    );
    scene.job().run().assert(0, &["done"]);
    for entries in pair(&scene) {
        assert!(entries.values().all(|value| !value.is_empty()));
    }
    assert_settled(&scene);
}

/// A private key that can't be read.
pub fn a_broken_key_is_refused<S: Pair>() {
    let (scene, mut private, public) = published::<S>();
    let key = private.get_mut(S::PRIVATE_ENTRIES[0]).expect("it is there");
    let middle = key.len() / 2;
    for broken in [b"a broken key".to_vec(), key[..middle].to_vec(), {
        let mut key = key.clone();
        key[middle] = b'%';
        key
    }] {
        private.insert(S::PRIVATE_ENTRIES[0].into(), broken);
        set_pair(&scene, &private, &public);
        assert_refused(
            &scene,
            &[&private_name::<S>(), S::PRIVATE_ENTRIES[0], "restore"],
        );
    }
}

/// A password that doesn't open the private key.
pub fn a_wrong_password_is_refused<S: Pair>() {
    let (scene, mut private, public) = published::<S>();
    private.insert(S::PRIVATE_ENTRIES[1].into(), b"another password".to_vec());
    set_pair(&scene, &private, &public);
    assert_refused(
        &scene,
        &[&private_name::<S>(), S::PRIVATE_ENTRIES[1], "restore"],
    );
}

/// The private Secret is the truth: what can't be read in the public one is put right, with a
/// warning.
pub fn a_broken_public_half_is_repaired<S: Pair>() {
    let (scene, private, public) = published::<S>();
    for entry in S::PUBLIC_ENTRIES {
        let mut broken = public.clone();
        let value = broken.get_mut(*entry).expect("it is there");
        value.truncate(value.len() / 2);
        set_pair(&scene, &private, &broken);
        let outcome = scene.job().run();
        outcome.assert(0, &["done"]);
        let warning = format!("WARN Secret {}/{} differs", S::NAMESPACE, S::PUBLIC);
        assert!(outcome.log.contains(&warning), "{}", outcome.log);
        assert_eq!(pair(&scene), [private.clone(), public.clone()]);
    }
}

/// What others keep in the Secrets beside what is ours stays there, and labels that are missing are
/// added to what is written.
pub fn foreign_entries_and_labels_are_kept<S: Pair>() {
    let (scene, mut private, _) = published::<S>();
    scene.reset();
    private.retain(|entry, _| S::PRIVATE_ENTRIES[..2].contains(&entry.as_str()));
    for (name, ours) in [(S::PRIVATE, private), (S::PUBLIC, Entries::new())] {
        let ours = ours.into_iter();
        let ours = ours.map(|(entry, value)| (entry, json!(Base64::encode_string(&value))));
        let mut data: Map<_, _> = ours.collect();
        data.insert("foreign".into(), json!("aGFuZHMgb2Zm"));
        scene.kubernetes().apply(&json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "namespace": S::NAMESPACE,
                "name": name,
                "labels": {"team": "blue", "app.kubernetes.io/managed-by": "Helm"},
                "annotations": {"note": "kept"},
            },
            "data": data,
        }));
    }
    scene.job().run().assert(0, &["done"]);
    for name in [S::PRIVATE, S::PUBLIC] {
        let secret = scene.kubernetes().get("Secret", S::NAMESPACE, name);
        let secret = secret.expect("it is there");
        let labels = &secret["metadata"]["labels"];
        assert_eq!(labels["team"], "blue");
        assert_eq!(labels["app.kubernetes.io/managed-by"], "Helm");
        if name == S::PUBLIC {
            assert_eq!(labels["app.kubernetes.io/part-of"], "sigstore");
        }
        assert_eq!(secret["metadata"]["annotations"]["note"], "kept");
        assert_eq!(secret["data"]["foreign"], "aGFuZHMgb2Zm");
    }
    assert_settled(&scene);
}

/// Somebody writes the Secret after the Job has read it.
pub fn what_changes_between_reading_and_writing_is_kept<S: Pair>() {
    let (scene, private, mut public) = published::<S>();
    set_pair(
        &scene,
        &private,
        &Entries::from([("foreign".into(), b"one".to_vec())]),
    );
    let calls = &scene.kubernetes().calls;
    let update = format!("update secrets {}/{}", S::NAMESPACE, S::PUBLIC);
    let earlier = calls.count(&update);
    calls.fail(&update, Fault::Hold);
    let job = scene.job().start();
    calls.wait_for(&update, earlier + 1);
    let meanwhile = Entries::from([("foreign".into(), b"two".to_vec())]);
    scene
        .kubernetes()
        .set_secret(S::NAMESPACE, S::PUBLIC, &meanwhile);
    calls.heal();
    let outcome = job.wait();
    outcome.assert(0, &["done"]);
    assert!(outcome.log.contains("changed meanwhile"), "{}", outcome.log);
    public.extend(meanwhile);
    assert_eq!(pair(&scene), [private, public]);
}

/// `immutable: true` where the Job would have to write: each entry that it would add is named, and
/// the command that makes the Secret anew.
pub fn an_immutable_secret_that_lacks_an_entry_is_refused<S: Pair>() {
    let (scene, private, public) = published::<S>();
    let immutable = |name: &str| {
        let secret = scene.kubernetes().get("Secret", S::NAMESPACE, name);
        let mut secret = secret.expect("it is there");
        secret["immutable"] = json!(true);
        scene.kubernetes().apply(&secret);
    };
    immutable(S::PRIVATE);
    immutable(S::PUBLIC);
    assert_settled(&scene);

    let assert_named = |secret: &str, entry: &str| {
        let found = format!("Secret {}/{secret} is immutable and lacks ", S::NAMESPACE);
        let command = format!(
            "kubectl -n {} get secret {secret} -o yaml | sed /^immutable:/d | kubectl replace",
            S::NAMESPACE
        );
        assert_refused(&scene, &[&found, &format!("{entry:?}"), &command]);
    };
    let foreign = Entries::from([("foreign".into(), b"one".to_vec())]);
    set_pair(&scene, &private, &foreign);
    immutable(S::PUBLIC);
    assert_named(S::PUBLIC, S::PUBLIC_ENTRIES[0]);

    for derived in S::PUBLIC_ENTRIES
        .iter()
        .filter(|entry| S::PRIVATE_ENTRIES.contains(entry) && !S::UNDERIVABLE.contains(entry))
    {
        let mut private = private.clone();
        private.remove(*derived);
        set_pair(&scene, &private, &public);
        immutable(S::PRIVATE);
        assert_named(S::PRIVATE, derived);
    }
}

/// A Secret that would grow past 1 MiB.
pub fn a_secret_without_room_is_refused<S: Pair>() {
    let (scene, private, _) = published::<S>();
    let full = Entries::from([("foreign".into(), vec![b'x'; (1 << 20) - 10])]);
    set_pair(&scene, &private, &full);
    let public_name = format!("Secret {}/{}", S::NAMESPACE, S::PUBLIC);
    assert_refused(
        &scene,
        &[&public_name, "may not be more than 1048576 bytes"],
    );
}

/// A Role without `update`, where the Job would have to.
pub fn missing_update_rights_are_named<S: Pair>() {
    let (scene, private, _) = published::<S>();
    set_pair(
        &scene,
        &private,
        &Entries::from([("foreign".into(), b"one".to_vec())]),
    );
    forbid(scene.kubernetes(), "update");
    let texts = ["is forbidden", "cannot update resource", S::PUBLIC];
    assert_gives_up(&|| scene.job(), &texts);
}

/// There is no default: a Job that lands in the wrong namespace would make keys there.
pub fn the_namespace_must_be_given<S: Pair>() {
    let scene = S::set();
    let outcome = scene.job().without_env("NAMESPACE").run();
    assert_eq!(outcome.code, 2, "{}", outcome.log);
    assert!(outcome.log.contains("--namespace"), "{}", outcome.log);
    let flag = format!("--namespace={}", S::NAMESPACE);
    let job = scene.job().without_env("NAMESPACE").args([flag]);
    job.run().assert(0, &["done"]);
}

//! The tests of what people bring: a key of their own, under our names or under others.

use keys::{Kind, PrivateKey};

use super::pair::{
    Pair, assert_belongs_together, assert_refused, pair, private_name, published, set_pair,
};
use crate::{Entries, documented, material, suite::every::assert_settled};

/// A key or something else under names that aren't ours, where ours is missing: with a second key
/// made beside it, its owner would believe that theirs is in use.
pub fn a_key_under_another_name_is_refused_with_the_command_that_renames_it<S: Pair>() {
    let scene = S::set();
    let name = S::PRIVATE_ENTRIES[0];
    let patch = format!("patch secret {} --type=json -p", S::PRIVATE);
    for (entry, value) in foreign::<S>() {
        let is_key = value.windows(11).any(|text| text == b"PRIVATE KEY");
        let copy = format!(r#"'[{{"op":"copy","from":"/data/{entry}","path":"/data/{name}"}}]'"#);
        let is_long = |copying: &str| {
            let found = format!("holds a key as {entry:?}, but none as {name:?}");
            let way_out = format!("if it is yours, {copying}; if not, remove it");
            format!("{} {found}: {way_out}", private_name::<S>()).len() > 300
        };
        let copying = format!("{patch} {copy}");
        let (found, way_out) = match is_key {
            true if is_long(&format!("kubectl -n {} {copying}", S::NAMESPACE)) => {
                (format!("a key as {entry:?}"), "if it is yours, ".into())
            }
            true => (format!("a key as {entry:?}"), copying),
            false => (format!("{entry:?}"), format!("put yours into {name:?}")),
        };
        for beside in [&[][..], &[(S::PRIVATE_ENTRIES[1], "a password")]] {
            let mut private = entries(beside);
            private.insert(entry.clone(), value.clone());
            set_pair(&scene, &private, &Entries::new());
            assert_refused(&scene, &[&found, &way_out]);
            if !is_key {
                break;
            }
        }
        let public = Entries::from([(entry.clone(), value)]);
        set_pair(&scene, &Entries::new(), &public);
        let found = format!("Secret {}/{} holds {entry:?}", S::NAMESPACE, S::PUBLIC);
        assert_refused(&scene, &[&found]);
    }
}

/// Names that others give to keys, those of the other servers' Secrets among them, and what may be
/// there.
fn foreign<S: Pair>() -> Vec<(String, Vec<u8>)> {
    let mut names = NAMES.map(String::from).to_vec();
    names.extend(S::PRIVATE_ENTRIES.iter().map(|own| format!("{own}.pem")));
    names.extend(S::PRIVATE_ENTRIES.iter().map(|own| own.to_uppercase()));
    let others = contract::KEY_PAIRS.iter();
    let others = others.flat_map(|pair| pair.private.entries);
    names.extend(others.map(|name| (*name).to_owned()));
    let ours = contract::key_pair(S::PRIVATE).expect("a Secret of config/");
    names.retain(|name| !ours.has_entry(name));
    let key = material::key();
    let values = [
        key.to_encrypted_pem(b"hush").into_bytes(),
        key.to_legacy_pem(b"hush").into_bytes(),
        keys::to_pem("PRIVATE KEY", key.pkcs8_der()).into_bytes(),
        material::root(&key, "own", material::YEAR)
            .to_pem()
            .into_bytes(),
        b"\xfe\xed\xfe\xed a keystore".to_vec(),
        vec![],
    ];
    let all = names
        .iter()
        .flat_map(|name| values.iter().map(|value| (name.clone(), value.clone())));
    all.collect()
}

/// `--wait-for-key`: no key is made, and the one that comes is completed like any other.
pub fn a_key_of_ones_own_is_waited_for<S: Pair>() {
    let (_, private, _) = published::<S>();
    let scene = S::set();
    for empty in [Entries::new(), entries(&[(S::PRIVATE_ENTRIES[0], "")])] {
        set_pair(&scene, &empty, &Entries::new());
        let job = || scene.job().args(["--wait-for-key"]);
        let mut running = job().start();
        running.wait_for_line(&format!(
            "not yet: {:?} of {} isn't there yet (whoever set --wait-for-key makes it)",
            S::PRIVATE_ENTRIES[0],
            private_name::<S>()
        ));
        assert_eq!(pair(&scene), [empty, Entries::new()], "nothing is made");
        let own = [S::PRIVATE_ENTRIES[0], S::PRIVATE_ENTRIES[1]];
        let own: Entries = own
            .map(|entry| (entry.into(), private[entry].clone()))
            .into();
        let kubernetes = scene.kubernetes();
        kubernetes.set_secret(S::NAMESPACE, S::PRIVATE, &own);
        running.wait().assert(0, &["done"]);
        let [completed, _] = pair(&scene);
        assert!(own.iter().all(|(entry, value)| completed[entry] == *value));
        assert_belongs_together(&scene);
        let before = kubernetes.objects();
        job().run().assert(0, &["done"]);
        kubernetes.assert_unchanged(&before);
        assert_settled(&scene);
    }
}

/// What `docs/own-keys.md` has people make is taken as it is, and published.
pub fn a_secret_of_ones_own_is_taken_as_the_documentation_makes_it<S: Pair>() {
    let scene = S::set();
    let own = documented::own_secret(S::DOCUMENTED, S::PRIVATE);
    set_pair(&scene, &own, &Entries::new());
    scene.job().run().assert(0, &["done"]);
    let [private, public] = pair(&scene);
    assert!(own.iter().all(|(entry, value)| private[entry] == *value));
    for entry in S::PUBLIC_ENTRIES {
        let brought = own.get(*entry).unwrap_or(&public[*entry]);
        assert_eq!(public[*entry], *brought);
    }
    assert_belongs_together(&scene);
    assert_settled(&scene);
}

/// A kind of key is offered when every client verifies what such a key signs. A key that was
/// brought is taken when some do, with a warning, and refused when none does.
pub fn a_key_is_of_a_kind_that_clients_verify<S: Pair>() {
    for kind in Kind::ALL {
        let scene = S::set();
        let is_offered = S::KINDS.contains(&kind);
        let outcome = scene.job().args([S::kind_flag(kind)]).run();
        match is_offered {
            true => {
                outcome.assert(0, &["done"]);
                assert_belongs_together(&scene);
                assert_eq!(key(&scene).public_key().kind(), Some(kind));
            }
            false => {
                assert_eq!(outcome.code, 2, "{}", outcome.log);
                assert!(outcome.log.contains("it has to be "), "{}", outcome.log);
            }
        }

        let own = PrivateKey::generate(kind).to_legacy_pem(b"a password");
        let [entry, password] = [S::PRIVATE_ENTRIES[0], S::PRIVATE_ENTRIES[1]];
        let own = entries(&[(entry, &own), (password, "a password")]);
        set_pair(&scene, &own, &Entries::new());
        if !is_offered && !S::KEPT_KINDS.contains(&kind) {
            let found = format!(
                "{entry:?} of {} can't be used (it is {kind}: ",
                private_name::<S>()
            );
            assert_refused(&scene, &[&found, "put another key there (ecdsa-p256"]);
            continue;
        }
        let outcome = scene.job().run();
        outcome.assert(0, &["done"]);
        assert_belongs_together(&scene);
        let warning = format!("{} is {kind}: ", private_name::<S>());
        assert_eq!(
            outcome.log.contains(&warning),
            !is_offered,
            "{}",
            outcome.log
        );
    }
}

fn key<S: Pair>(scene: &S) -> PrivateKey {
    let [private, _] = pair(scene);
    let [key, password] = [0, 1].map(|entry| &private[S::PRIVATE_ENTRIES[entry]]);
    PrivateKey::from_pem(key, Some(password)).expect("the password opens the private key")
}

/// One of the two Secrets was replaced by that of another key. That isn't repaired in passing,
/// since clients would be told to trust another key; both ways out that the refusal names lead on.
pub fn a_public_half_of_another_key_is_refused<S: Pair>() {
    let (scene, private, public) = published::<S>();
    let (_, _, foreign) = published::<S>();
    let texts = [
        &format!(
            "Secret {}/{} is of another key than",
            S::NAMESPACE,
            S::PUBLIC
        ),
        "docs/changes.md",
    ];
    for entry in S::PUBLIC_ENTRIES {
        let mut mixed = public.clone();
        mixed.insert((*entry).into(), foreign[*entry].clone());
        set_pair(&scene, &private, &mixed);
        assert_refused(&scene, &texts);
    }
    set_pair(&scene, &private, &foreign);
    assert_refused(&scene, &texts);

    set_pair(&scene, &private, &Entries::new());
    scene.job().run().assert(0, &["done"]);
    assert_eq!(pair(&scene), [private, public]);
}

fn entries(entries: &[(&str, &str)]) -> Entries {
    let entries = entries.iter();
    entries
        .map(|(entry, value)| ((*entry).into(), (*value).into()))
        .collect()
}

const NAMES: [&str; 14] = [
    "tls.key",
    "tls.crt",
    "ca.crt",
    "key",
    "key.pem",
    "cosign.key",
    "keystore.p12",
    "id_rsa",
    "ssh-privatekey",
    "privkey.pem",
    "private-key",
    "Private",
    ".hidden",
    "a-name-of-41-characters-as-operators-make",
];

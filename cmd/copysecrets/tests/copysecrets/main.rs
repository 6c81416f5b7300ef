//! The binary against the embedded Kubernetes API.

mod changes;
mod forms;
mod origin;

use std::{sync::LazyLock, time::SystemTime};

use serde_json::json;
use testbed::{
    Entries, Kubernetes, Process,
    material::{self, YEAR},
    suite::{Scene, States, Story},
};

struct Tuf(Kubernetes);

impl Scene for Tuf {
    fn set() -> Self {
        let kubernetes = Kubernetes::start();
        for (namespace, name, _, entries) in sources() {
            kubernetes.set_secret(namespace, name, &entries);
        }
        Self(kubernetes)
    }

    fn kubernetes(&self) -> &Kubernetes {
        &self.0
    }

    fn job(&self) -> Process<'_> {
        let binary = env!("CARGO_BIN_EXE_copysecrets");
        self.0.job("tuf-system", "copysecrets", binary)
    }
}

impl Story for Tuf {
    const NAME: &str = "copysecrets";

    fn verify(&self) {
        for (namespace, name, copy, _) in sources() {
            assert_eq!(self.0.secret(namespace, name), self.copy(copy), "{name}");
        }
    }
}

impl States for Tuf {}

testbed::job_tests!(Tuf);
testbed::story_tests!(Tuf);
testbed::states_tests!(Tuf);

/// The Secrets to copy (namespace, name, name of the copy), as their Jobs make them.
fn sources() -> [(&'static str, &'static str, &'static str, Entries); 4] {
    static SOURCES: LazyLock<[(&str, &str, &str, Entries); 4]> = LazyLock::new(new_sources);
    SOURCES.clone()
}

fn new_sources() -> [(&'static str, &'static str, &'static str, Entries); 4] {
    let key = material::key();
    let public = || material::key().public_key().to_pem();
    let root = material::root(&key, "sigstore", 20 * YEAR).to_pem();
    let chain = material::timestamping_chain(&key, SystemTime::now(), 20 * YEAR).to_pem();
    let fulcio = entries([("cert", root), ("public", key.public_key().to_pem())]);
    let [ctlog, rekor] = [(); 2].map(|()| entries([("public", public())]));
    let tsa = entries([("cert-chain", chain)]);
    [
        ("fulcio-system", "fulcio-pub-key", "fulcio-pub-key", fulcio),
        (
            "ctlog-system",
            "ctlog-public-key",
            "ctlog-public-key",
            ctlog,
        ),
        ("rekor-system", "rekor-pub-key", "rekor-pub-key", rekor),
        ("tsa-system", "tsa-pub-chain", "tsa-cert-chain", tsa),
    ]
}

fn entries<const N: usize>(entries: [(&str, String); N]) -> Entries {
    entries
        .map(|(key, value)| (key.into(), value.into_bytes()))
        .into()
}

impl Tuf {
    fn copy(&self, name: &str) -> Entries {
        self.0.secret("tuf-system", name)
    }

    fn set_source(&self, namespace: &str, name: &str, key: &str, value: &str) {
        let mut entries = self.0.secret(namespace, name);
        entries.insert(key.into(), value.into());
        self.0.set_secret(namespace, name, &entries);
    }
}

#[test]
fn copies_hold_what_their_sources_hold() {
    let tuf = Tuf::set();
    tuf.job().run().assert(0, &["done"]);
    tuf.verify();
}

#[test]
fn each_missing_source_is_waited_for_while_the_others_are_copied() {
    for (missing, maker) in [
        ("fulcio-pub-key", "createcerts"),
        ("ctlog-public-key", "createctconfig"),
        ("rekor-pub-key", "createsecret"),
        ("tsa-pub-chain", "createcertchain"),
    ] {
        let tuf = Tuf::set();
        let find = |(_, name, ..): &(_, &str, _, _)| *name == missing;
        let (namespace, name, copy, entries) = sources().into_iter().find(find).unwrap();
        tuf.0.delete("Secret", namespace, name);
        let mut job = tuf.job().start();
        job.wait_for_line(&format!(
            "not yet: Secret {namespace}/{name} isn't there yet ({maker} makes it)"
        ));
        for (_, other, other_copy, _) in sources() {
            assert_eq!(
                other == name,
                tuf.copy(other_copy).is_empty(),
                "{other_copy}"
            );
        }
        tuf.0.set_secret(namespace, name, &entries);
        job.wait().assert(0, &["done"]);
        assert_eq!(tuf.copy(copy), entries);
    }
}

#[test]
fn a_source_without_what_createtuf_reads_is_waited_for() {
    for (missing, needed, other, maker) in [
        ("fulcio-pub-key", "cert", "public", "createcerts"),
        ("ctlog-public-key", "public", "cert", "createctconfig"),
        ("rekor-pub-key", "public", "cert-chain", "createsecret"),
        ("tsa-pub-chain", "cert-chain", "cert", "createcertchain"),
    ] {
        let tuf = Tuf::set();
        let find = |(_, name, ..): &(_, &str, _, _)| *name == missing;
        let (namespace, name, copy, entries) = sources().into_iter().find(find).unwrap();
        let root = material::root(&material::key(), "sigstore", YEAR);
        let half = match other {
            "public" => root.public_key().to_pem(),
            _ => root.to_pem(),
        };
        let half = Entries::from([(other.into(), half.into_bytes())]);
        tuf.0.set_secret(namespace, name, &half);
        let mut job = tuf.job().start();
        job.wait_for_line(&format!(
            "not yet: {needed:?} of Secret {namespace}/{name} isn't there yet ({maker} makes it)"
        ));
        assert!(tuf.copy(copy).is_empty(), "{copy}");
        tuf.0.set_secret(namespace, name, &entries);
        job.wait().assert(0, &["done"]);
        assert_eq!(tuf.copy(copy), entries);
    }
}

#[test]
fn the_name_of_the_copy_tells_what_is_waited_for_or_else_that_of_its_source() {
    let tuf = Tuf::set();
    let public = entries([("public", material::key().public_key().to_pem())]);
    tuf.0
        .set_secret("ctlog-system", "ctlog-public-key", &public);
    tuf.0.set_secret("fulcio-system", "fulcio-pub-key", &public);
    for (copy, message) in [
        (
            "ctlog-system/ctlog-public-key=fulcio-pub-key",
            "\"cert\" of Secret ctlog-system/ctlog-public-key isn't there yet",
        ),
        (
            "fulcio-system/fulcio-pub-key=another",
            "\"cert\" of Secret fulcio-system/fulcio-pub-key isn't there yet (createcerts makes it)",
        ),
    ] {
        let copy = format!("--copy={copy}");
        tuf.job().args([copy]).start().wait_for_line(message);
    }
    let copy = "--copy=fulcio-system/fulcio-pub-key=rekor-pub-key";
    tuf.job().args([copy]).run().assert(0, &["done"]);
    assert_eq!(tuf.copy("rekor-pub-key"), public);
}

#[test]
fn whatever_of_the_copies_is_missing_is_copied_again() {
    let tuf = Tuf::set();
    tuf.job().run().assert(0, &["done"]);
    let copies = sources().map(|(_, _, copy, _)| (copy, tuf.copy(copy)));
    let all: Vec<(&str, String)> = copies
        .iter()
        .flat_map(|(copy, entries)| entries.keys().map(move |key| (*copy, key.clone())))
        .collect();
    for subset in 1..1_u32 << all.len() {
        let missing = |copy: &str, key: &str| {
            let position = all.iter().position(|(c, k)| *c == copy && k == key);
            subset & 1 << position.unwrap() != 0
        };
        for (copy, entries) in &copies {
            let mut some = entries.clone();
            some.retain(|key, _| !missing(copy, key));
            tuf.0.delete("Secret", "tuf-system", copy);
            if !some.is_empty() {
                tuf.0.set_secret("tuf-system", copy, &some);
            }
        }
        tuf.job().run().assert(0, &["done"]);
        for (copy, entries) in &copies {
            assert_eq!(tuf.copy(copy), *entries);
        }
    }
}

#[test]
fn nothing_private_is_copied() {
    let tuf = Tuf::set();
    tuf.set_source(
        "tsa-system",
        "tsa-pub-chain",
        "signing-secret",
        "a private key",
    );
    tuf.set_source(
        "tsa-system",
        "tsa-pub-chain",
        "signing-secret-password",
        "a password",
    );
    tuf.set_source(
        "fulcio-system",
        "fulcio-pub-key",
        "private",
        "a private key",
    );
    tuf.job().run().assert(0, &["done"]);
    assert!(tuf.copy("tsa-cert-chain").keys().eq(["cert-chain"]));
    assert!(tuf.copy("fulcio-pub-key").keys().eq(["cert", "public"]));
}

#[test]
fn a_private_key_under_a_public_name_is_refused() {
    let key = material::key();
    let private = key.to_legacy_pem(b"a password");
    let no_pem = String::from("no PEM");
    let without_last_line = &private[..private.trim_end().rfind('\n').unwrap()];
    let behind_public = key.public_key().to_pem() + without_last_line;
    let behind_root = material::root(&key, "sigstore", YEAR).to_pem() + without_last_line;
    for (namespace, name, entry, broken) in [
        ("rekor-system", "rekor-pub-key", "public", &behind_public),
        ("fulcio-system", "fulcio-pub-key", "cert", &behind_root),
        ("rekor-system", "rekor-pub-key", "public", &private),
        ("rekor-system", "rekor-pub-key", "public", &no_pem),
        ("fulcio-system", "fulcio-pub-key", "cert", &private),
        ("tsa-system", "tsa-pub-chain", "cert-chain", &no_pem),
    ] {
        let tuf = Tuf::set();
        tuf.set_source(namespace, name, entry, broken);
        let before = tuf.0.objects();
        let outcome = tuf.job().run();
        let source = format!("refused: {entry:?} of Secret {namespace}/{name} can't be copied (");
        outcome.assert(3, &[&source]);
        tuf.0.assert_unchanged(&before);
    }
}

#[test]
fn of_a_file_with_certificates_the_certificates_are_copied() {
    let tuf = Tuf::set();
    tuf.job().run().assert(0, &["done"]);
    let cert = tuf.copy("fulcio-pub-key").remove("cert").unwrap();
    let cert = String::from_utf8(cert).unwrap();
    let with_text = format!("a word on it\n{}", cert.replace('\n', "\r\n"));
    tuf.set_source("fulcio-system", "fulcio-pub-key", "cert", &with_text);
    tuf.job().run().assert(0, &["done"]);
    assert_eq!(tuf.copy("fulcio-pub-key")["cert"], cert.as_bytes());

    // An earlier copy with the text is no other certificate.
    let mut copy = tuf.copy("fulcio-pub-key");
    copy.insert("cert".into(), with_text.into());
    tuf.0.set_secret("tuf-system", "fulcio-pub-key", &copy);
    tuf.job().run().assert(0, &["done"]);
    assert_eq!(tuf.copy("fulcio-pub-key")["cert"], cert.as_bytes());
}

#[test]
fn a_private_entry_in_a_copy_is_a_warning() {
    let tuf = Tuf::set();
    let foreign = entries([("private", "left by another script".into())]);
    tuf.0.set_secret("tuf-system", "rekor-pub-key", &foreign);
    let outcome = tuf.job().run();
    outcome.assert(0, &["done"]);
    let warning = "WARN \"private\" of Secret tuf-system/rekor-pub-key has no business there";
    assert!(outcome.log.contains(warning), "{}", outcome.log);
    assert!(tuf.copy("rekor-pub-key").keys().eq(["private", "public"]));
}

/// Lets the Job read one Secret of the namespace and make any, and nothing else there.
fn allow(tuf: &Tuf, namespace: &str, name: &str) {
    tuf.0.apply(&json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"namespace": namespace, "name": "copysecrets"},
        "rules": [
            {"apiGroups": [""], "resources": ["secrets"], "resourceNames": [name], "verbs": ["get"]},
            {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]},
        ],
    }));
}

#[test]
fn other_names_can_be_copied() {
    let tuf = Tuf::set();
    let public = material::key().public_key().to_pem();
    let source = entries([("public", public.clone())]);
    tuf.0.set_secret("ctlog-system", "ctlog-pub-key", &source);
    allow(&tuf, "ctlog-system", "ctlog-pub-key");
    let job = tuf
        .job()
        .args(["--copy=ctlog-system/ctlog-pub-key=ctlog-public-key"]);
    job.run().assert(0, &["done"]);
    assert_eq!(tuf.copy("ctlog-public-key")["public"], public.as_bytes());
    assert!(tuf.copy("rekor-pub-key").is_empty());
}

#[test]
fn of_a_secret_with_a_name_of_its_own_any_of_the_entries_is_copied() {
    let tuf = Tuf::set();
    for namespace in ["ctlog-system", "tuf-system"] {
        allow(&tuf, namespace, "partner");
    }
    tuf.0.set_secret("ctlog-system", "partner", &Entries::new());
    let job = || tuf.job().args(["--copy=ctlog-system/partner"]);
    job().start().wait_for_line(
        "\"cert\" or \"cert-chain\" or \"public\" of Secret ctlog-system/partner isn't there yet (somebody else makes it)",
    );
    for (_, _, _, source) in sources() {
        tuf.0.set_secret("ctlog-system", "partner", &source);
        tuf.0.delete("Secret", "tuf-system", "partner");
        job().run().assert(0, &["done"]);
        assert_eq!(tuf.copy("partner"), source);
    }
}

#[test]
fn what_is_no_source_is_a_wrong_flag() {
    let tuf = Tuf::set();
    for copy in [
        "--copy=rekor-pub-key",
        "--copy=/rekor-pub-key",
        "--copy=rekor-system/",
    ] {
        let outcome = tuf.job().args([copy]).run();
        assert_eq!(outcome.code, 2, "{}", outcome.log);
        assert!(outcome.log.contains("--copy"), "{}", outcome.log);
    }
}

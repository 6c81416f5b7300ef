//! The binary against the embedded Kubernetes API.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

mod changes;
mod many;
mod names;
mod refusals;
mod rotation;
mod stories;
mod takeover;
mod tiles;
mod urls;
mod withdrawal;

use std::{process::Command, sync::LazyLock, time::SystemTime};

use serde_json::{Value, json};
use testbed::{
    Entries, Fault, Kubernetes, Outcome, Process,
    material::{self, YEAR},
    suite::Scene,
};
use tuf::{Keys, Repository, Versions};

struct Tuf(Kubernetes);

impl Scene for Tuf {
    fn set() -> Self {
        let kubernetes = Kubernetes::start();
        static INPUTS: LazyLock<[(&str, Entries); 4]> = LazyLock::new(inputs);
        for (name, entries) in INPUTS.iter() {
            kubernetes.set_secret(NAMESPACE, name, entries);
        }
        Self(kubernetes)
    }

    fn kubernetes(&self) -> &Kubernetes {
        &self.0
    }

    fn job(&self) -> Process<'_> {
        self.0
            .job(NAMESPACE, "createtuf", env!("CARGO_BIN_EXE_createtuf"))
    }
}

// Not `missing_rights_are_named`: the first run records what it published last.
testbed::job_tests!(Tuf:
    second_run_changes_nothing,
    eight_at_once_end_as_one,
    waits_for_whatever_server_is_down,
    gives_up_at_the_deadline_and_says_what_was_missing,
    nobody_at_the_api_servers_address_is_waited_for,
    a_signal_ends_it,
    wrong_flags_are_named,
    flags_with_one_dash_work,
    a_policy_that_wants_labels_is_content,
    help_and_version_need_no_cluster,
);

const NAMESPACE: &str = "tuf-system";

/// What copysecrets copied.
fn inputs() -> [(&'static str, Entries); 4] {
    let key = material::key();
    let root = material::root(&key, "sigstore", 20 * YEAR).to_pem();
    let chain = material::timestamping_chain(&key, SystemTime::now(), 20 * YEAR).to_pem();
    let [rekor, ctlog] = [(); 2].map(|()| entry("public", new_key()));
    [
        ("fulcio-pub-key", entry("cert", root)),
        ("rekor-pub-key", rekor),
        ("ctlog-public-key", ctlog),
        ("tsa-cert-chain", entry("cert-chain", chain)),
    ]
}

fn entry(key: &str, value: String) -> Entries {
    [(key.into(), value.into_bytes())].into()
}

fn new_key() -> String {
    material::key().public_key().to_pem()
}

/// What OpenSSL writes.
fn openssl(args: &[&str]) -> String {
    let output = Command::new("openssl").args(args).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

impl Tuf {
    /// A cluster in which the Job has succeeded.
    fn published() -> Self {
        let tuf = Self::set();
        tuf.job().run().assert(0, &["done"]);
        tuf
    }

    fn secret(&self, name: &str) -> Entries {
        self.0.secret(NAMESPACE, name)
    }

    fn put(&self, name: &str, key: &str, value: impl Into<Vec<u8>>) {
        let mut entries = self.secret(name);
        entries.insert(key.into(), value.into());
        self.0.set_secret(NAMESPACE, name, &entries);
    }

    fn delete(&self, name: &str) {
        self.0.delete("Secret", NAMESPACE, name);
    }

    fn repository(&self) -> Repository {
        Repository::from_archive(&self.secret("tuf-root")["repository"]).unwrap()
    }

    fn recorded(&self) -> Versions {
        serde_json::from_slice(&self.secret("tuf-keys")["published"]).unwrap()
    }

    /// Refused: exit code 3, `texts` in the last line, nothing changed.
    #[track_caller]
    fn assert_refused(&self, args: &[&str], texts: &[&str]) {
        let before = self.0.objects();
        self.run(args).assert(3, &[&["refused: "], texts].concat());
        assert_eq!(before, self.0.objects());
    }

    fn run(&self, args: &[&str]) -> Outcome {
        self.job().args(args).run()
    }

    /// Runs it with these flags alone, so that no ConfigMap says where the servers are.
    fn run_by_flags(&self, args: &[&str]) -> Outcome {
        self.job().without_args().args(args).run()
    }

    fn address(&self, entry: &str) -> String {
        self.0.config_map(NAMESPACE, "addresses")[entry].clone()
    }

    /// Says in the ConfigMap where a server is; nowhere, if that is `None`.
    fn set_address(&self, entry: &str, url: Option<&str>) {
        let mut addresses = self.0.config_map(NAMESPACE, "addresses");
        addresses.remove(entry);
        addresses.extend(url.map(|url| (entry.to_owned(), url.to_owned())));
        let entries = addresses.iter();
        let entries: Vec<_> = entries
            .map(|(entry, url)| (entry.as_str(), url.as_str()))
            .collect();
        self.0.set_config_map(NAMESPACE, "addresses", &entries);
    }

    /// Allows the Job more than `config/500-tuf.yaml` does, for Secrets of other names.
    fn may_read_any_secret(&self) {
        let mut role = self.0.get("Role", NAMESPACE, "createtuf").unwrap();
        for rule in role["rules"].as_array_mut().unwrap() {
            rule.as_object_mut().unwrap().remove("resourceNames");
            rule["verbs"] = json!(["get", "create", "update"]);
        }
        self.0.apply(&role);
    }

    fn trusted_root(&self) -> Value {
        serde_json::from_slice(self.repository().target("trusted_root.json").unwrap()).unwrap()
    }
}

#[test]
fn publishes_keys_the_repository_and_what_clients_need() {
    let tuf = Tuf::published();
    let keys = tuf.secret("tuf-keys");
    let mut names: Vec<_> = keys
        .keys()
        .map(|name| name.split('-').next().unwrap())
        .collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "published",
            "published",
            "published",
            "root",
            "snapshot",
            "targets",
            "timestamp"
        ]
    );
    Keys::read(
        keys.iter()
            .map(|(name, pem)| (name.as_str(), pem.as_slice())),
    )
    .unwrap();

    let repository = tuf.repository();
    assert_eq!(
        repository.versions(),
        Versions {
            root: 1,
            snapshot: 1,
            targets: 1,
            timestamp: 1
        }
    );
    assert_eq!(tuf.recorded(), repository.versions());
    let root = tuf.secret("tuf-root");
    assert!(root.keys().eq(["repository", "root"]));
    assert_eq!(root["root"], repository.root());

    let trust = tuf.0.get("ConfigMap", NAMESPACE, "sigstore-trust").unwrap();
    let told = |bytes: Option<&[u8]>| json!(std::str::from_utf8(bytes.unwrap()).unwrap());
    assert_eq!(
        trust["data"],
        json!({
            "root.json": told(Some(repository.root())),
            "trusted_root.json": told(repository.target("trusted_root.json")),
            "signing_config.json": told(repository.target("signing_config.v0.2.json")),
        })
    );
}

#[test]
fn all_missing_inputs_are_named_and_waited_for() {
    let tuf = Tuf::set();
    let inputs: Vec<_> = ["rekor-pub-key", "tsa-cert-chain"]
        .map(|name| (name, tuf.secret(name)))
        .into();
    tuf.delete("tsa-cert-chain");
    tuf.0
        .set_secret(NAMESPACE, "rekor-pub-key", &entry("public.pem", new_key()));
    let mut job = tuf.job().start();
    job.wait_for_line(
        "not yet: \"public\" of Secret tuf-system/rekor-pub-key isn't there yet (copysecrets makes it); \
         Secret tuf-system/tsa-cert-chain isn't there yet (copysecrets makes it)",
    );
    assert!(tuf.secret("tuf-keys").is_empty());
    for (name, entries) in inputs {
        tuf.0.set_secret(NAMESPACE, name, &entries);
    }
    job.wait().assert(0, &["done"]);
}

#[test]
fn a_stack_may_lack_a_part() {
    let tuf = Tuf::set();
    tuf.delete("tsa-cert-chain");
    tuf.run(&["--tsa-secret="]).assert(0, &["done"]);
    assert_eq!(tuf.trusted_root()["timestampAuthorities"], json!([]));
}

#[test]
fn what_is_derived_is_repaired() {
    let tuf = Tuf::published();
    let secrets = ["tuf-keys", "tuf-root"].map(|name| tuf.secret(name));
    let trust = tuf.0.get("ConfigMap", NAMESPACE, "sigstore-trust").unwrap()["data"].clone();
    let mut keys = secrets[0].clone();
    keys.remove("published");
    tuf.0.set_secret(NAMESPACE, "tuf-keys", &keys);
    tuf.put("tuf-root", "root", "another");
    tuf.0.delete("ConfigMap", NAMESPACE, "sigstore-trust");
    tuf.run(&["--renew"]).assert(0, &["done"]);
    assert_eq!(
        secrets,
        ["tuf-keys", "tuf-root"].map(|name| tuf.secret(name))
    );
    assert_eq!(
        trust,
        tuf.0.get("ConfigMap", NAMESPACE, "sigstore-trust").unwrap()["data"]
    );
}

#[test]
fn objects_can_have_other_names() {
    let tuf = Tuf::set();
    tuf.may_read_any_secret();
    let rekor = tuf.secret("rekor-pub-key");
    tuf.delete("rekor-pub-key");
    tuf.0.set_secret(NAMESPACE, "rekor", &rekor);
    tuf.run(&[
        "--rekor-secret=rekor",
        "--rootsecret=root",
        "--keyssecret=keys",
        "--trust-configmap=trust",
    ])
    .assert(0, &["done"]);
    assert!(tuf.secret("root").contains_key("repository"));
    assert!(tuf.secret("keys").contains_key("published"));
    assert!(tuf.0.get("ConfigMap", NAMESPACE, "trust").is_some());
}

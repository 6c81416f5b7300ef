//! `--origin`: the key of a Rekor v2, its name, and where its log begins.

use contract::{REKOR_TILES, REKOR_TILES_LOG};
use keys::Kind;
use testbed::{
    Entries, Kubernetes, Process, material,
    suite::{Pair, Scene, States, Story, assert_belongs_together},
};

use super::Rekor;

struct RekorV2(Kubernetes);

impl Scene for RekorV2 {
    fn set() -> Self {
        let kubernetes = Kubernetes::start();
        kubernetes.add_log(&REKOR_TILES, &REKOR_TILES_LOG);
        Self(kubernetes)
    }

    fn kubernetes(&self) -> &Kubernetes {
        &self.0
    }

    fn job(&self) -> Process<'_> {
        let binary = env!("CARGO_BIN_EXE_createsecret");
        self.0.log_job(&REKOR_TILES_LOG, binary, ORIGIN)
    }
}

impl Pair for RekorV2 {
    const NAMESPACE: &str = NAMESPACE;
    const PRIVATE: &str = PRIVATE;
    const PRIVATE_ENTRIES: &[&str] = &["signing-secret", "signing-secret-password"];
    const PUBLIC: &str = PUBLIC;
    const PUBLIC_ENTRIES: &[&str] = &["public"];
    const SAID: &[&str] = &["origin"];
    const DOCUMENTED: &str = "### Rekor's key";
    const KINDS: &[Kind] = &[Kind::EcdsaP256, Kind::Ed25519];
}

impl Story for RekorV2 {
    const NAME: &str = "createsecret --origin";

    fn verify(&self) {
        assert_belongs_together(self);
        for secret in [PRIVATE, PUBLIC] {
            let origin = &self.0.secret(NAMESPACE, secret)["origin"];
            assert_eq!(origin, ORIGIN.as_bytes());
        }
        let checkpoint = &self.checkpoint();
        assert!(
            checkpoint.starts_with(&format!("{ORIGIN}\n")),
            "{checkpoint}"
        );
    }
}

impl States for RekorV2 {
    const KEYS: &[&str] = KEYS;
}

testbed::job_tests!(RekorV2);
testbed::pair_tests!(RekorV2);
testbed::story_tests!(RekorV2);
testbed::states_tests!(RekorV2);

/// A log that has grown since.
struct Grown(RekorV2);

impl Scene for Grown {
    fn set() -> Self {
        Self(RekorV2::set())
    }

    fn kubernetes(&self) -> &Kubernetes {
        &self.0.0
    }

    fn job(&self) -> Process<'_> {
        self.0.job()
    }
}

impl Story for Grown {
    const NAME: &str = "createsecret --origin, of a log with entries";

    fn verify(&self) {
        self.0.verify();
    }
}

impl States for Grown {
    const KEYS: &[&str] = KEYS;

    fn whole(&self) {
        self.job().run().assert(0, &["done"]);
        self.0.grow();
    }
}

mod grown {
    testbed::states_tests!(super::Grown);
}

impl RekorV2 {
    fn checkpoint(&self) -> String {
        self.0.checkpoint(&REKOR_TILES_LOG)
    }

    fn set_checkpoint(&self, checkpoint: &str) {
        self.0.set_checkpoint(&REKOR_TILES_LOG, checkpoint);
    }

    fn grow(&self) {
        self.0.grow_log(&REKOR_TILES_LOG, ORIGIN);
    }

    #[track_caller]
    fn assert_refused(&self, flags: &[&str], texts: &[&str]) {
        let before = self.0.objects();
        self.job().args(flags).run().assert(3, texts);
        self.0.assert_unchanged(&before);
    }
}

#[test]
fn a_new_key_is_ed25519_and_its_log_begins_empty() {
    let rekor = RekorV2::set();
    rekor.job().run().assert(0, &["done"]);
    rekor.verify();
    let public = &rekor.0.secret(NAMESPACE, PUBLIC)["public"];
    let public = keys::PublicKey::from_pem(public).unwrap();
    assert_eq!(public.kind(), Some(Kind::Ed25519));
    let nothing = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    assert_eq!(rekor.checkpoint(), format!("{ORIGIN}\n0\n{nothing}\n"));
}

#[test]
fn a_log_that_has_grown_goes_on_as_it_is() {
    let rekor = RekorV2::set();
    rekor.job().run().assert(0, &["done"]);
    rekor.grow();
    let before = rekor.0.objects();
    rekor.job().run().assert(0, &["done"]);
    rekor.0.assert_unchanged(&before);
}

#[test]
fn another_origin_is_refused() {
    let rekor = RekorV2::set();
    rekor.job().run().assert(0, &["done"]);
    let texts = [
        "\"origin\" of Secret rekor-tiles-system/rekor-tiles-signing-secret is of",
        "\"rekor.rekor-tiles-system.svc\", and --origin asks for \"other.example.com\"",
        "correct the flag",
    ];
    rekor.assert_refused(&["--origin=other.example.com"], &texts);
    // Whatever is left of it.
    for (kind, name) in [("Secret", PRIVATE), ("Secret", PUBLIC)] {
        rekor.0.delete(kind, NAMESPACE, name);
        rekor.assert_refused(&["--origin=other.example.com"], &["--origin asks for"]);
    }
}

#[test]
fn parts_of_two_logs_are_told_from_a_wrong_flag() {
    let rekor = RekorV2::set();
    rekor.job().run().assert(0, &["done"]);
    for foreign in [PRIVATE, PUBLIC] {
        let entries = rekor.0.secret(NAMESPACE, foreign);
        for origin in ["other.example.com", "rekor.rekor-tiles-system.svc\n", "x y"] {
            let mut other = entries.clone();
            other.insert("origin".into(), origin.into());
            rekor.0.set_secret(NAMESPACE, foreign, &other);
            let object = format!("\"origin\" of Secret {NAMESPACE}/{foreign} is of {origin:?}");
            rekor.assert_refused(&[], &[&object, "restore the one that is wrong"]);
        }
        rekor.0.set_secret(NAMESPACE, foreign, &entries);
    }
    let checkpoint = rekor.checkpoint();
    rekor.set_checkpoint(&checkpoint.replace("rekor.", "other."));
    rekor.assert_refused(&[], &["\"checkpoint\" of ConfigMap", "is of \"other."]);
}

#[test]
fn what_is_no_checkpoint_is_refused() {
    let rekor = RekorV2::set();
    rekor.job().run().assert(0, &["done"]);
    for checkpoint in [
        "x",
        "x\n0",
        "x\n0\n",
        "x\n-1\nAA==\n",
        "x\n07\nAA==\n",
        "x\n1e3\nAA==\n",
    ] {
        rekor.set_checkpoint(checkpoint);
        let texts = ["\"checkpoint\" of ConfigMap rekor-tiles-system/rekor-tiles-log isn't one"];
        rekor.assert_refused(&[], &texts);
    }
}

/// Both ways out that the refusal names.
#[test]
fn a_lost_checkpoint_is_refused_with_the_command_that_begins_the_log() {
    let rekor = RekorV2::set();
    rekor.job().run().assert(0, &["done"]);
    let checkpoint = rekor.checkpoint();
    let before = rekor.0.objects();
    rekor.0.delete("ConfigMap", NAMESPACE, LOG);
    let command = format!(
        "restore it, or if the log is empty: kubectl -n {NAMESPACE} create configmap {LOG} \
         --from-literal=checkpoint=$'{}'",
        checkpoint.replace('\n', "\\n")
    );
    rekor.assert_refused(
        &[],
        &[
            "ConfigMap rekor-tiles-system/rekor-tiles-log has no",
            &command,
        ],
    );
    rekor.set_checkpoint(&checkpoint);
    rekor.job().run().assert(0, &["done"]);
    assert_eq!(rekor.0.objects().len(), before.len());
    rekor.verify();
}

#[test]
fn the_key_of_a_log_with_entries_is_never_made_anew() {
    let rekor = RekorV2::set();
    rekor.job().run().assert(0, &["done"]);
    rekor.grow();
    for secret in [PUBLIC, PRIVATE] {
        rekor.0.delete("Secret", NAMESPACE, secret);
    }
    let texts = [
        "\"signing-secret\" of Secret rekor-tiles-system/rekor-tiles-signing-secret is missing",
        "says that its log has 7 entries",
        "restore it from a backup",
    ];
    rekor.assert_refused(&[], &texts);
    rekor.assert_refused(&["--wait-for-key"], &texts);
}

/// The Secrets of a log without an origin, under our names and under others.
#[test]
fn a_rekor_v1s_secrets_are_refused_with_origin() {
    let rekor = Rekor::set();
    rekor.job().run().assert(0, &["done"]);
    let v1 = ["rekor-signing-secret", "rekor-pub-key"].map(|it| rekor.0.secret("rekor-system", it));
    let v2 = RekorV2::set();
    for (name, entries) in [PRIVATE, PUBLIC].into_iter().zip(&v1) {
        v2.0.set_secret(NAMESPACE, name, entries);
    }
    v2.assert_refused(
        &[],
        &["are of a log without \"origin\"", "leave --origin out"],
    );
    for flag in [
        "--signing-secret=rekor-signing-secret",
        "--secret=rekor-pub-key",
    ] {
        let v2 = RekorV2::set();
        allow(&v2.0, NAMESPACE, flag.split('=').nth(1).unwrap());
        v2.assert_refused(&[flag], &["is by its name that of a log without an origin"]);
    }
}

#[test]
fn a_rekor_v2s_secrets_are_refused_without_origin() {
    let v2 = RekorV2::set();
    v2.job().run().assert(0, &["done"]);
    let own = [PRIVATE, PUBLIC].map(|name| v2.0.secret(NAMESPACE, name));
    let rekor = Rekor::set();
    for (name, entries) in ["rekor-signing-secret", "rekor-pub-key"]
        .into_iter()
        .zip(own)
    {
        rekor.0.set_secret("rekor-system", name, &entries);
        let before = rekor.0.objects();
        let way_out = format!("add --origin={ORIGIN}, or name other Secrets");
        let texts = ["says that it is of a log with an origin", &way_out];
        rekor.job().run().assert(3, &texts);
        rekor.0.assert_unchanged(&before);
        rekor.0.delete("Secret", "rekor-system", name);
    }
    for (flag, name) in [("--signing-secret", PRIVATE), ("--secret", PUBLIC)] {
        allow(&rekor.0, "rekor-system", name);
        let job = rekor.job().args([format!("{flag}={name}")]);
        let texts = [
            "is by its name that of a log with an origin",
            "add --origin",
        ];
        job.run().assert(3, &texts);
    }
}

/// Lets the Job read a Secret of another name.
fn allow(kubernetes: &Kubernetes, namespace: &str, name: &str) {
    let role = kubernetes.get("Role", namespace, "createsecret");
    let mut role = role.expect("it was added with the log");
    let names = role["rules"][1]["resourceNames"].as_array_mut();
    names.expect("the rule names Secrets").push(name.into());
    kubernetes.apply(&role);
}

#[test]
fn a_key_of_ones_own_begins_a_log() {
    for kind in [Kind::Ed25519, Kind::EcdsaP256] {
        let key = keys::PrivateKey::generate(kind);
        let password = "signing-secret-password".to_owned();
        for own in [
            Entries::from([(
                "signing-secret".into(),
                keys::to_pem("PRIVATE KEY", key.pkcs8_der()).into(),
            )]),
            Entries::from([
                (
                    "signing-secret".into(),
                    key.to_encrypted_pem(b"hush").into(),
                ),
                (password.clone(), b"hush".to_vec()),
            ]),
        ] {
            let rekor = RekorV2::set();
            rekor.0.set_secret(NAMESPACE, PRIVATE, &own);
            rekor.job().run().assert(0, &["done"]);
            rekor.verify();
            assert!(rekor.checkpoint().contains("\n0\n"));
        }
    }
}

/// Rekor v2 reads a key as Fulcio does, and not as Rekor v1.
#[test]
fn a_key_is_taken_if_rekor_v2_opens_it() {
    let rekor = RekorV2::set();
    let pem = material::key().to_encrypted_pem(b"hush");
    let own = [
        (
            "signing-secret".into(),
            [b"\xef\xbb\xbf", pem.as_bytes()].concat(),
        ),
        ("signing-secret-password".into(), b"hush".to_vec()),
    ];
    rekor.0.set_secret(NAMESPACE, PRIVATE, &own.into());
    rekor.assert_refused(&[], &["a byte order mark stands before it"]);
}

#[test]
fn an_origin_that_is_none_and_flags_that_need_it_are_wrong() {
    let rekor = RekorV2::set();
    for (origin, reason) in [
        ("", "host"),
        ("http://rekor", "without http://"),
        ("rekor:80", "port"),
        ("re kor", "' '"),
        ("re+kor", "'+'"),
        ("rekor\n", "'\\n'"),
        ("rekor/v2", "a host alone"),
        ("[fd00::1]", "'['"),
        ("Rekor", "lower case"),
    ] {
        let outcome = rekor.job().args([format!("--origin={origin}")]).run();
        assert_eq!(outcome.code, 2, "{origin}: {}", outcome.log);
        for said in ["--origin", reason] {
            assert!(outcome.log.contains(said), "{origin}: {}", outcome.log);
        }
    }
    let v1 = Rekor::set();
    let outcome = v1.job().args(["--log-configmap=x"]).run();
    assert_eq!(outcome.code, 2, "{}", outcome.log);
    let outcome = rekor
        .job()
        .args(["--random-secret=a", "--random-keys=b"])
        .run();
    assert_eq!(outcome.code, 2, "{}", outcome.log);
}

const ORIGIN: &str = "rekor.rekor-tiles-system.svc";
const NAMESPACE: &str = REKOR_TILES.private.namespace;
const PRIVATE: &str = REKOR_TILES.private.name;
const PUBLIC: &str = REKOR_TILES.public.name;
const LOG: &str = REKOR_TILES_LOG.name;
const KEYS: &[&str] = &["rekor-tiles-signing-secret signing-secret"];

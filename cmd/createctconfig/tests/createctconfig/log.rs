//! `--origin`: the key of a TesseraCT, its name, its roots, and where its log begins.

mod brought;
mod early;

use std::sync::LazyLock;

use contract::{CTLOG_TILES, CTLOG_TILES_LOG};
use keys::{Kind, PrivateKey, Reader};
use testbed::{
    Calls, Entries, Fulcio, Kubernetes, Process,
    suite::{Pair, Scene, States, Story, assert_belongs_together},
};

use crate::{CtLog, root};

struct TesseraCt {
    kubernetes: Kubernetes,
    fulcio: Fulcio,
}

impl Scene for TesseraCt {
    fn set() -> Self {
        static ROOT: LazyLock<String> = LazyLock::new(|| root("sigstore"));
        let kubernetes = Kubernetes::start();
        kubernetes.add_log(&CTLOG_TILES, &CTLOG_TILES_LOG);
        Self {
            kubernetes,
            fulcio: Fulcio::start(&ROOT),
        }
    }

    fn kubernetes(&self) -> &Kubernetes {
        &self.kubernetes
    }

    fn job(&self) -> Process<'_> {
        let binary = env!("CARGO_BIN_EXE_createctconfig");
        let job = self.kubernetes.log_job(&CTLOG_TILES_LOG, binary, ORIGIN);
        job.args([format!("--fulcio-url={}", self.fulcio.url())])
    }

    fn servers(&self) -> Vec<(&'static str, &Calls)> {
        vec![
            ("the API server", &self.kubernetes.calls),
            ("Fulcio", &self.fulcio.calls),
        ]
    }
}

impl Pair for TesseraCt {
    const NAMESPACE: &str = NAMESPACE;
    const PRIVATE: &str = PRIVATE;
    const PRIVATE_ENTRIES: &[&str] = &["private", "public", "rootca"];
    const PUBLIC: &str = PUBLIC;
    const PUBLIC_ENTRIES: &[&str] = &["public"];
    const SAID: &[&str] = &["origin"];
    const DOCUMENTED: &str = "### The CT log's key";
    const KINDS: &[Kind] = &[Kind::EcdsaP256];
}

impl Story for TesseraCt {
    const NAME: &str = "createctconfig --origin";

    fn verify(&self) {
        assert_belongs_together(self);
        let private = self.secret(PRIVATE);
        let key = PrivateKey::read(Reader::Tesseract, &private["private"], None).unwrap();
        assert_eq!(key.public_key().kind(), Some(Kind::EcdsaP256));
        for secret in [PRIVATE, PUBLIC] {
            assert_eq!(self.secret(secret)["origin"], ORIGIN.as_bytes());
        }
        let checkpoint = &self.checkpoint();
        assert!(
            checkpoint.starts_with(&format!("{ORIGIN}\n")),
            "{checkpoint}"
        );
    }
}

impl States for TesseraCt {
    const KEYS: &[&str] = KEYS;
}

testbed::job_tests!(TesseraCt);
testbed::story_tests!(TesseraCt);
testbed::states_tests!(TesseraCt);
// It has no password, so the tests of one are left out.
testbed::job_tests!(TesseraCt:
    an_empty_value_counts_as_missing,
    a_broken_key_is_refused,
    a_broken_public_half_is_repaired,
    a_public_half_of_another_key_is_refused,
    what_changes_between_reading_and_writing_is_kept,
    an_immutable_secret_that_lacks_an_entry_is_refused,
    a_secret_without_room_is_refused,
    missing_update_rights_are_named,
    the_namespace_must_be_given,
);

/// A log that has grown since.
struct Grown(TesseraCt);

impl Scene for Grown {
    fn set() -> Self {
        Self(TesseraCt::set())
    }

    fn kubernetes(&self) -> &Kubernetes {
        &self.0.kubernetes
    }

    fn job(&self) -> Process<'_> {
        self.0.job()
    }
}

impl Story for Grown {
    const NAME: &str = "createctconfig --origin, of a log with entries";

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

impl TesseraCt {
    fn secret(&self, name: &str) -> Entries {
        self.kubernetes.secret(NAMESPACE, name)
    }

    fn set_secret(&self, name: &str, entries: &[(&str, &str)]) {
        let entries = entries.iter();
        let entries = entries.map(|(entry, value)| ((*entry).into(), (*value).into()));
        self.kubernetes
            .set_secret(NAMESPACE, name, &entries.collect());
    }

    fn checkpoint(&self) -> String {
        self.kubernetes.checkpoint(&CTLOG_TILES_LOG)
    }

    fn grow(&self) {
        self.kubernetes.grow_log(&CTLOG_TILES_LOG, ORIGIN);
    }

    /// Lets the Job read the Secret `own`.
    fn allow_own(&self) {
        let role = self.kubernetes.get("Role", NAMESPACE, "createctconfig");
        let mut role = role.unwrap();
        let names = role["rules"][1]["resourceNames"].as_array_mut();
        names.unwrap().push("own".into());
        self.kubernetes.apply(&role);
    }

    fn public_key(&self) -> keys::PublicKey {
        keys::PublicKey::from_pem(&self.secret(PUBLIC)["public"]).unwrap()
    }

    #[track_caller]
    fn assert_refused(&self, flags: &[&str], texts: &[&str]) {
        let before = self.kubernetes.objects();
        self.job().args(flags).run().assert(3, texts);
        self.kubernetes.assert_unchanged(&before);
    }
}

#[test]
fn a_new_log_has_a_plain_key_the_roots_in_one_file_and_neither_tree_nor_configuration() {
    let ctlog = TesseraCt::set();
    ctlog.job().run().assert(0, &["done"]);
    ctlog.verify();
    let private = ctlog.secret(PRIVATE);
    assert!(private["private"].starts_with(b"-----BEGIN EC PRIVATE KEY-----\n"));
    assert!(private.keys().eq(["origin", "private", "public", "rootca"]));
    let nothing = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    assert_eq!(ctlog.checkpoint(), format!("{ORIGIN}\n0\n{nothing}\n"));
}

/// What OpenSSL makes of the key, Go reads: it is the same form to the byte.
#[test]
fn the_key_is_as_openssl_writes_it() {
    let ctlog = TesseraCt::set();
    ctlog.job().run().assert(0, &["done"]);
    let file = tempfile::NamedTempFile::new().unwrap();
    let pem = &ctlog.secret(PRIVATE)["private"];
    std::fs::write(file.path(), pem).unwrap();
    let mut openssl = std::process::Command::new("openssl");
    let output = openssl.arg("ec").arg("-in").arg(file.path()).output();
    assert_eq!(output.unwrap().stdout, *pem);
}

#[test]
fn a_new_root_is_refused_until_it_is_accepted_and_tesseract_has_to_be_restarted() {
    let ctlog = TesseraCt::set();
    ctlog.job().run().assert(0, &["done"]);
    let old = ctlog.secret(PRIVATE)["rootca"].clone();
    let new = root("new");
    ctlog.fulcio.set_chains(&[&new]);
    let texts = [
        "Secret ctlog-tiles-system/ctlog-tiles-secret has other roots",
        "--accept-changes",
        "restart TesseraCT",
    ];
    ctlog.assert_refused(&[], &texts);
    let outcome = ctlog.job().args(["--accept-changes"]).run();
    outcome.assert(0, &["done"]);
    assert!(outcome.log.contains("restart it"), "{}", outcome.log);
    let both = [old, new.into_bytes()].concat();
    assert_eq!(ctlog.secret(PRIVATE)["rootca"], both);
    let outcome = ctlog.job().run();
    assert!(!outcome.log.contains("restart it"), "{}", outcome.log);
}

#[test]
fn the_secrets_of_the_other_kind_of_log_are_refused() {
    let [v1, v2] = [CtLog::set(), CtLog::set()];
    v1.job().run().assert(0, &["done"]);
    let tiles = TesseraCt::set();
    tiles.job().run().assert(0, &["done"]);
    let before = v2.kubernetes.objects();
    for (ours, theirs) in [("ctlog-secret", PRIVATE), ("ctlog-public-key", PUBLIC)] {
        let kubernetes = &v2.kubernetes;
        kubernetes.set_secret("ctlog-system", ours, &tiles.secret(theirs));
        let way_out = format!("add --origin={ORIGIN}, or name other Secrets");
        v2.assert_refused(&[], &["says that it is of a log with an origin", &way_out]);
        kubernetes.delete("Secret", "ctlog-system", ours);
    }
    assert_eq!(v2.kubernetes.objects(), before);

    let tiles = TesseraCt::set();
    for (ours, theirs) in [(PRIVATE, "ctlog-secret"), (PUBLIC, "ctlog-public-key")] {
        let entries = v1.kubernetes.secret("ctlog-system", theirs);
        tiles.kubernetes.set_secret(NAMESPACE, ours, &entries);
    }
    tiles.assert_refused(
        &[],
        &["are of a log without \"origin\"", "leave --origin out"],
    );
}

#[test]
fn another_origin_is_refused_and_what_is_none_is_a_wrong_flag() {
    let ctlog = TesseraCt::set();
    ctlog.job().run().assert(0, &["done"]);
    let other = "--origin=ctlog.ctlog-tiles-system.svc/other";
    ctlog.assert_refused(&[other], &["--origin asks for", "correct the flag"]);
    for flags in [
        &["--origin=http://ctlog/x"][..],
        &["--origin=ctlog/x/"],
        &["--origin=ctlog:80/x"],
        &["--origin=ct log/x"],
        &["--log-prefix=x"],
        &["--trillian-server=a:1"],
        &["--configmap=x"],
        &["--roots-path=/x"],
        &["--private-key-path=/x"],
    ] {
        let outcome = ctlog.job().args(flags).run();
        assert_eq!(outcome.code, 2, "{flags:?}: {}", outcome.log);
        let name = flags[0].split('=').next().unwrap();
        assert!(outcome.log.contains(name), "{flags:?}: {}", outcome.log);
    }
}

const ORIGIN: &str = "ctlog.ctlog-tiles-system.svc/sigstorescaffolding";
const NAMESPACE: &str = CTLOG_TILES.private.namespace;
const PRIVATE: &str = CTLOG_TILES.private.name;
const PUBLIC: &str = CTLOG_TILES.public.name;
const KEYS: &[&str] = &["ctlog-tiles-secret private"];

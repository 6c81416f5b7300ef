//! The binary against the embedded Kubernetes API and a stand-in for Fulcio.

#![allow(clippy::unwrap_used)] // clippy.toml allows it in tests, and not in their helpers

mod begun;
mod changes;
mod key;
mod log;
mod network;
mod original;
mod pod;
mod verify;

use std::sync::LazyLock;

use ctfe::Config;
use keys::{Kind, PrivateKey};
use testbed::{
    Address, Calls, Entries, Fault, Fulcio, Kubernetes, Process,
    material::{self, YEAR},
    suite::{Pair, Scene, States, Story, assert_belongs_together},
};

struct CtLog {
    kubernetes: Kubernetes,
    fulcio: Fulcio,
}

impl Scene for CtLog {
    fn set() -> Self {
        static ROOT: LazyLock<String> = LazyLock::new(|| root("sigstore"));
        let scene = Self {
            kubernetes: Kubernetes::start(),
            fulcio: Fulcio::start(&ROOT),
        };
        scene.publish_tree("42");
        scene
    }

    fn kubernetes(&self) -> &Kubernetes {
        &self.kubernetes
    }

    fn job(&self) -> Process<'_> {
        self.job_with(&self.fulcio.url())
    }

    fn servers(&self) -> Vec<(&'static str, &Calls)> {
        vec![
            ("the API server", &self.kubernetes.calls),
            ("Fulcio", &self.fulcio.calls),
        ]
    }
}

impl Pair for CtLog {
    const NAMESPACE: &str = "ctlog-system";
    const PRIVATE: &str = "ctlog-secret";
    const PRIVATE_ENTRIES: &[&str] = &[
        "private", "password", "public", "config", "rootca", "fulcio-0",
    ];
    const PUBLIC: &str = "ctlog-public-key";
    const PUBLIC_ENTRIES: &[&str] = &["public"];
    const DOCUMENTED: &str = "### The CT log's key";
    const KINDS: &[Kind] = &[Kind::EcdsaP256];
    const KEPT_KINDS: &[Kind] = &[Kind::Rsa2048, Kind::Rsa3072, Kind::Rsa4096];

    /// The original's names.
    fn kind_flag(kind: Kind) -> String {
        match kind.name().split_once('-') {
            Some(("ecdsa", curve)) => format!("--curvetype={curve}"),
            _ if kind == Kind::Rsa4096 => "--keytype=rsa".into(),
            _ => format!("--keytype={kind}"),
        }
    }

    fn reset(&self) {
        self.kubernetes
            .delete("ConfigMap", "ctlog-system", "ctlog-config");
        self.publish_tree("42");
    }
}

impl Story for CtLog {
    const NAME: &str = "createctconfig";

    fn verify(&self) {
        self.verify_for(42);
    }
}

impl States for CtLog {
    const KEYS: &[&str] = &["ctlog-secret private"];
    const DERIVED: &[&str] = &["ctlog-config config"];
}

testbed::job_tests!(CtLog);
testbed::pair_tests!(CtLog);
testbed::story_tests!(CtLog);
testbed::states_tests!(CtLog);

fn root(name: &str) -> String {
    material::root(&material::key(), name, 20 * YEAR).to_pem()
}

impl CtLog {
    fn job_with(&self, fulcio: &str) -> Process<'_> {
        let binary = env!("CARGO_BIN_EXE_createctconfig");
        let job = self
            .kubernetes
            .job("ctlog-system", "createctconfig", binary);
        job.args([format!("--fulcio-url={fulcio}")])
    }

    fn publish_tree(&self, id: &str) {
        let entries = [("treeID", id)];
        self.kubernetes
            .set_config_map("ctlog-system", "ctlog-config", &entries);
    }

    /// Checks that the key, its public halves and the configuration belong together.
    fn verify_for(&self, tree_id: i64) {
        assert_belongs_together(self);
        let log = self.log();
        assert_eq!(log.tree_id, tree_id);
        assert_eq!(log.public_key, self.key().public_key().der());
        assert_eq!(log.password.as_bytes(), self.private()["password"]);
        let config_map = self.kubernetes.config_map("ctlog-system", "ctlog-config");
        assert_eq!(config_map["treeID"], tree_id.to_string());
        let copy = Config::parse(config_map["config"].as_bytes()).unwrap();
        assert_eq!(copy.log().unwrap().public_key, log.public_key);
        assert!(!config_map["config"].contains("password"));
    }

    fn private(&self) -> Entries {
        self.kubernetes.secret("ctlog-system", "ctlog-secret")
    }

    fn key(&self) -> PrivateKey {
        let entries = self.private();
        PrivateKey::from_pem(&entries["private"], Some(&entries["password"])).unwrap()
    }

    /// The published configuration.
    fn log(&self) -> ctfe::Log {
        Config::parse(&self.private()["config"])
            .unwrap()
            .log()
            .unwrap()
    }

    /// Lets the Job read the Secret `own`.
    fn allow_own(&self) {
        let role = self
            .kubernetes
            .get("Role", "ctlog-system", "createctconfig");
        let mut role = role.unwrap();
        let names = role["rules"][1]["resourceNames"].as_array_mut();
        names.unwrap().push("own".into());
        self.kubernetes.apply(&role);
    }

    fn set_own(&self, pem: &str) {
        let own = Entries::from([("private".into(), pem.into())]);
        self.kubernetes.set_secret("ctlog-system", "own", &own);
    }

    /// With the flags and the Fulcio that the Go job had.
    fn job_after_the_original(&self) -> Process<'_> {
        let cert = material::original("fulcio-secret").remove("cert").unwrap();
        let cert = std::str::from_utf8(&cert).unwrap();
        self.fulcio.set_chains(&[cert]);
        let url = self.fulcio.url();
        let job = self.job().without_args();
        job.args(["--secret=ctlog-secret", "--fulcio-url", &url])
    }

    /// What the Go job made, with a field in its configuration that we don't know.
    fn set_original(&self) -> Entries {
        self.publish_tree("4205681293847561234");
        let mut entries = material::original("ctlog-secret");
        let config = String::from_utf8(entries["config"].clone()).unwrap();
        assert!(config.contains("prefix:"), "{config}");
        let with_more = config.replacen("prefix:", &format!("{UNKNOWN} prefix:"), 1);
        entries.insert("config".into(), with_more.into());
        self.kubernetes
            .set_secret("ctlog-system", "ctlog-secret", &entries);
        entries
    }

    /// Not half of either Secret.
    #[track_caller]
    fn assert_nothing_is_published(&self) {
        for name in ["ctlog-secret", "ctlog-public-key"] {
            let secret = self.kubernetes.get("Secret", "ctlog-system", name);
            assert_eq!(secret, None);
        }
    }

    #[track_caller]
    fn assert_refused(&self, flags: &[&str], texts: &[&str]) {
        let before = self.kubernetes.objects();
        self.job().args(flags).run().assert(3, texts);
        self.kubernetes.assert_unchanged(&before);
    }
}

const UNKNOWN: &str = "ctfe_storage_connection_string: \"mysql://root:hush@mysql\"";

#[test]
fn the_configuration_is_what_the_flags_and_the_others_say() {
    let ctlog = CtLog::set();
    let job = ctlog.job().args([
        "--log-prefix=a-prefix",
        "--trillian-server=trillian:8090",
        "--private-key-path=/keys/private",
        "--roots-path=/keys/roots",
    ]);
    job.run().assert(0, &["done"]);
    let log = ctlog.log();
    assert_eq!(log.tree_id, 42);
    assert_eq!(log.prefix, "a-prefix");
    assert_eq!(log.trillian, "trillian:8090");
    assert_eq!(log.private_key_path, "/keys/private");
    assert_eq!(log.roots_paths, ["/keys/roots"]);
    assert_eq!(log.password.as_bytes(), ctlog.private()["password"]);
    assert_eq!(log.public_key, ctlog.key().public_key().der());
    let public = ctlog.kubernetes.secret("ctlog-system", "ctlog-public-key");
    assert_eq!(
        public["public"],
        ctlog.key().public_key().to_pem().as_bytes()
    );
}

#[test]
fn the_config_map_has_the_configuration_without_the_password() {
    let ctlog = CtLog::set();
    ctlog
        .job()
        .args(["--key-password=a-known-password"])
        .run()
        .assert(0, &["done"]);
    let config_map = ctlog.kubernetes.config_map("ctlog-system", "ctlog-config");
    assert_eq!(config_map["treeID"], "42");
    assert!(config_map["config"].contains("sigstorescaffolding"));
    assert!(
        !config_map["config"].contains("password"),
        "{}",
        config_map["config"]
    );
    let complete = String::from_utf8(ctlog.private()["config"].clone()).unwrap();
    assert!(complete.contains("a-known-password"));

    ctlog
        .kubernetes
        .set_config_map("ctlog-system", "ctlog-config", &[("treeID", "42")]);
    ctlog.job().run().assert(0, &["done"]);
    assert_eq!(
        config_map,
        ctlog.kubernetes.config_map("ctlog-system", "ctlog-config")
    );
}

#[test]
fn nothing_is_published_before_there_is_a_tree() {
    let ctlog = CtLog::set();
    ctlog
        .kubernetes
        .delete("ConfigMap", "ctlog-system", "ctlog-config");
    let mut job = ctlog.job().start();
    job.wait_for_line(
        "not yet: \"treeID\" of ConfigMap ctlog-system/ctlog-config isn't there yet (createtree makes it)",
    );
    ctlog.assert_nothing_is_published();
    ctlog.publish_tree("42");
    job.wait().assert(0, &["done"]);
    assert_eq!(ctlog.log().tree_id, 42);
}

#[test]
fn nothing_is_published_before_fulcio_is_there() {
    let ctlog = CtLog::set();
    let address = Address::reserve();
    let mut job = ctlog.job_with(&format!("http://{}", address.get())).start();
    job.wait_for_line("not yet: asking for Fulcio's root: Fulcio isn't answering at http://");
    ctlog.assert_nothing_is_published();
    let root = root("late");
    let _fulcio = Fulcio::start_at(address, &root);
    job.wait().assert(0, &["done"]);
    assert_eq!(ctlog.private()["rootca"], root.as_bytes());
}

#[test]
fn a_fulcio_that_answers_wrongly_is_waited_for() {
    let ctlog = CtLog::set();
    for status in [404, 500, 502] {
        ctlog
            .fulcio
            .calls
            .fail("GET /api/v2/trustBundle", Fault::Status(status));
        let mut job = ctlog.job().start();
        job.wait_for_line(&format!("/api/v2/trustBundle answered {status}"));
        ctlog.assert_nothing_is_published();
        job.terminate();
        job.wait().assert(143, &["answered"]);
        ctlog.fulcio.calls.heal();
    }
}

#[test]
fn what_is_no_chain_is_refused() {
    let key = material::key();
    let chain = material::timestamping_chain(&key, std::time::SystemTime::now(), YEAR);
    let gap = certs::write_bundle([chain.first(), chain.root()]);
    for chain in ["no PEM", &gap] {
        let ctlog = CtLog::set();
        ctlog.fulcio.set_chains(&[chain]);
        let outcome = ctlog.job().run();
        let texts = ["Fulcio at http://", "has certificates that can't be used ("];
        outcome.assert(3, &texts);
        ctlog.assert_nothing_is_published();
    }
}

#[test]
fn every_chain_of_fulcios_is_trusted() {
    let ctlog = CtLog::set();
    let roots = [root("one"), root("two")];
    ctlog.fulcio.set_chains(&[&roots[0], &roots[1]]);
    ctlog.job().run().assert(0, &["done"]);
    assert_eq!(ctlog.private()["rootca"], roots.concat().as_bytes());
    assert_eq!(ctlog.private()["fulcio-1"], roots[1].as_bytes());
}

#[test]
fn wrong_values_are_named() {
    let ctlog = CtLog::set();
    for flag in [
        "--keytype=dsa",
        "--curvetype=p224",
        "--log-prefix=a/b",
        "--fulcio-url=fulcio",
        "--key-password-file=/does/not/exist",
    ] {
        let outcome = ctlog.job().args([flag]).run();
        assert_eq!(outcome.code, 2, "{}", outcome.log);
        let name = flag.split('=').next().unwrap();
        assert!(outcome.log.contains(name), "{}", outcome.log);
    }
}

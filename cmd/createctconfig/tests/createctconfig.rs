//! The binary against the embedded Kubernetes API and a stand-in for Fulcio.

use std::fs;

use ctfe::Config;
use keys::{Kind, PrivateKey};
use testbed::{
    Address, Calls, Entries, Fault, Fulcio, Kubernetes, Process,
    material::{self, YEAR},
    suite::{Pair, Scene},
};

struct CtLog {
    kubernetes: Kubernetes,
    fulcio: Fulcio,
}

impl Scene for CtLog {
    fn set() -> Self {
        let scene = Self {
            kubernetes: Kubernetes::start(),
            fulcio: Fulcio::start(&root("sigstore")),
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
    const PRIVATE_KEYS: &[&str] = &[
        "private", "password", "public", "config", "rootca", "fulcio-0",
    ];
    const PUBLIC: &str = "ctlog-public-key";
    const PUBLIC_KEYS: &[&str] = &["public"];

    fn reset(&self) {
        self.kubernetes
            .delete("ConfigMap", "ctlog-system", "ctlog-config");
        self.publish_tree("42");
    }
}

testbed::job_tests!(CtLog);
testbed::pair_tests!(CtLog);

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

    #[track_caller]
    fn assert_refused(&self, flags: &[&str], texts: &[&str]) {
        let before = self.kubernetes.objects();
        self.job().args(flags).run().assert(3, texts);
        self.kubernetes.assert_unchanged(&before);
    }
}

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
fn the_key_is_published_before_there_is_a_tree() {
    let ctlog = CtLog::set();
    ctlog
        .kubernetes
        .delete("ConfigMap", "ctlog-system", "ctlog-config");
    let mut job = ctlog.job().start();
    job.wait_for_line(
        "not yet: ConfigMap ctlog-system/ctlog-config has no treeID yet (createtree writes it)",
    );
    assert!(ctlog.private().keys().eq(["password", "private", "public"]));
    let public = ctlog.kubernetes.secret("ctlog-system", "ctlog-public-key");
    assert!(public.contains_key("public"));
    ctlog.publish_tree("42");
    job.wait().assert(0, &["done"]);
    assert_eq!(ctlog.log().tree_id, 42);
}

#[test]
fn the_key_is_published_before_fulcio_is_there() {
    let ctlog = CtLog::set();
    let address = Address::reserve();
    let mut job = ctlog.job_with(&format!("http://{}", address.get())).start();
    job.wait_for_line("not yet: asking for Fulcio's root: Fulcio isn't answering at http://");
    assert!(ctlog.private().keys().eq(["password", "private", "public"]));
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
        assert!(!ctlog.private().contains_key("config"));
        job.terminate();
        job.wait().assert(143, &["answered"]);
        ctlog.fulcio.calls.heal();
    }
}

#[test]
fn what_is_no_chain_is_refused() {
    let key = material::key();
    let chain = material::timestamping_chain(&key, std::time::SystemTime::now(), YEAR);
    let rootless = certs::write_bundle(&chain.certificates()[..2]);
    for chain in ["no PEM", &rootless] {
        let ctlog = CtLog::set();
        ctlog.fulcio.set_chains(&[chain]);
        let outcome = ctlog.job().run();
        outcome.assert(3, &["reading Fulcio's certificates from http://"]);
        assert!(!ctlog.private().contains_key("config"));
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
fn a_new_root_is_refused_until_it_is_accepted() {
    let ctlog = CtLog::set();
    ctlog.job().run().assert(0, &["done"]);
    let old = ctlog.private()["rootca"].clone();
    let new = root("new");
    ctlog.fulcio.set_chains(&[&new]);
    for flags in [&[][..], &["--accept-changes=false"]] {
        let texts = [
            "Secret ctlog-system/ctlog-secret has other roots",
            "CN=new",
            "--accept-changes",
        ];
        ctlog.assert_refused(flags, &texts);
    }
    ctlog
        .job()
        .args(["--accept-changes"])
        .run()
        .assert(0, &["done"]);
    assert_eq!(ctlog.private()["rootca"], [old, new.into_bytes()].concat());
    ctlog.job().run().assert(0, &["done"]);
}

#[test]
fn another_tree_is_refused() {
    let ctlog = CtLog::set();
    ctlog.job().run().assert(0, &["done"]);
    ctlog.publish_tree("43");
    for flags in [&[][..], &["--accept-changes"]] {
        let texts = [
            "Secret ctlog-system/ctlog-secret: config is for tree 42",
            "has treeID 43",
        ];
        ctlog.assert_refused(flags, &texts);
    }
    ctlog.publish_tree("no number");
    ctlog.assert_refused(
        &[],
        &["ConfigMap ctlog-system/ctlog-config: treeID is \"no number\""],
    );
}

#[test]
fn changed_flags_are_refused_until_they_are_accepted() {
    for (flag, name) in [
        ("--log-prefix=new", "--log-prefix"),
        ("--trillian-server=new:80", "--trillian-server"),
        ("--private-key-path=/new", "--private-key-path"),
        ("--roots-path=/new", "--roots-path"),
    ] {
        let ctlog = CtLog::set();
        ctlog.job().run().assert(0, &["done"]);
        ctlog.assert_refused(&[flag], &["Secret ctlog-system/ctlog-secret: config", name]);
        let accepted = || ctlog.job().args([flag, "--accept-changes=true"]);
        accepted().run().assert(0, &["done"]);
        let log = format!("{:?}", ctlog.private()["config"]);
        accepted().run().assert(0, &["done"]);
        assert_eq!(log, format!("{:?}", ctlog.private()["config"]));
    }
}

#[test]
fn a_broken_configuration_is_refused_and_one_for_another_key_too() {
    let ctlog = CtLog::set();
    ctlog.job().run().assert(0, &["done"]);
    let other = CtLog::set();
    other.job().run().assert(0, &["done"]);
    let mut entries = ctlog.private();
    for (config, text) in [
        (b"no configuration".to_vec(), "config: "),
        (
            other.private()["config"].clone(),
            "config is for another key",
        ),
    ] {
        entries.insert("config".into(), config);
        ctlog
            .kubernetes
            .set_secret("ctlog-system", "ctlog-secret", &entries);
        ctlog.assert_refused(&[], &["Secret ctlog-system/ctlog-secret: ", text]);
    }
}

#[test]
fn new_keys_are_of_the_kind_asked_for() {
    for (flags, kind) in [
        (&["--curvetype=p384"][..], Kind::EcdsaP384),
        (&["-curvetype=p521"], Kind::EcdsaP521),
        (&["--keytype=rsa"], Kind::Rsa4096),
    ] {
        let ctlog = CtLog::set();
        ctlog.job().args(flags).run().assert(0, &["done"]);
        let expected = PrivateKey::generate(kind).public_key().der().len();
        assert_eq!(ctlog.key().public_key().der().len(), expected, "{kind:?}");
    }
}

#[test]
fn a_password_can_be_given_in_three_ways() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), "given-in-a-file\n").unwrap();
    let in_file = format!("--key-password-file={}", file.path().display());
    let given = |ctlog: &CtLog| String::from_utf8(ctlog.private()["password"].clone()).unwrap();

    let ctlog = CtLog::set();
    ctlog.job().args([in_file]).run().assert(0, &["done"]);
    assert_eq!(given(&ctlog), "given-in-a-file");
    let ctlog = CtLog::set();
    ctlog
        .job()
        .args(["--key-password=given-as-flag"])
        .run()
        .assert(0, &["done"]);
    assert_eq!(given(&ctlog), "given-as-flag");
    let ctlog = CtLog::set();
    ctlog
        .job()
        .env("KEY_PASSWORD", "given-in-env")
        .run()
        .assert(0, &["done"]);
    assert_eq!(given(&ctlog), "given-in-env");

    let outcome = ctlog.job().args(["--key-password=given-later"]).run();
    outcome.assert(0, &["done"]);
    assert!(
        outcome
            .log
            .contains("WARN the password given isn't the one"),
        "{}",
        outcome.log
    );
    assert_eq!(given(&ctlog), "given-in-env");
}

#[test]
fn a_key_of_ones_own_is_imported_and_never_replaces_another() {
    let key = material::key();
    for pem in [
        key.to_encrypted_pem(b"own password"),
        key.to_legacy_pem(b"own password"),
    ] {
        let ctlog = CtLog::set();
        let mut role = ctlog
            .kubernetes
            .get("Role", "ctlog-system", "createctconfig")
            .unwrap();
        role["rules"][1]["resourceNames"]
            .as_array_mut()
            .unwrap()
            .push("own".into());
        ctlog.kubernetes.apply(&role);
        let set_own = |pem: &str| {
            let own = Entries::from([("private".into(), pem.into())]);
            ctlog.kubernetes.set_secret("ctlog-system", "own", &own);
        };
        let flags = ["--private-secret=own", "--key-password=own password"];
        let mut job = ctlog.job().args(flags).start();
        job.wait_for_line("Secret ctlog-system/own has no private yet");
        set_own(&pem);
        job.wait().assert(0, &["done"]);
        assert_eq!(ctlog.key().public_key(), key.public_key());

        set_own(&material::key().to_encrypted_pem(b"own password"));
        ctlog.assert_refused(
            &flags,
            &["Secret ctlog-system/ctlog-secret: private is another key"],
        );
        set_own("no key");
        ctlog.assert_refused(&flags, &["Secret ctlog-system/own: private: "]);
    }
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

#[test]
fn what_the_original_made_is_kept_and_completed() {
    for secret in ["ctlog-secret", "ctlog-rsa"] {
        let ctlog = CtLog::set();
        ctlog.publish_tree("4205681293847561234");
        let original = material::original(secret);
        ctlog
            .kubernetes
            .set_secret("ctlog-system", "ctlog-secret", &original);
        let cert = material::original("fulcio-secret").remove("cert").unwrap();
        ctlog
            .fulcio
            .set_chains(&[std::str::from_utf8(&cert).unwrap()]);
        let job = ctlog.job().without_args().args([
            "--secret=ctlog-secret",
            "--fulcio-url",
            &ctlog.fulcio.url(),
        ]);
        job.run().assert(0, &["done"]);
        let entries = ctlog.private();
        let kept = |(key, value): (&String, &Vec<u8>)| entries[key] == *value;
        assert!(original.iter().all(kept), "{secret}");
        assert!(entries.contains_key("password") && entries.contains_key("rootca"));
    }
}

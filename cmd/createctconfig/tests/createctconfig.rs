//! The binary against the embedded Kubernetes API and a stand-in for Fulcio.

#![allow(clippy::unwrap_used)] // clippy.toml allows it in tests, and not in their helpers

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
        (b"no configuration".to_vec(), "correct it, or remove it"),
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
        ctlog.allow_own();
        let flags = ["--private-secret=own", "--key-password=own password"];
        let mut job = ctlog.job().args(flags).start();
        job.wait_for_line("Secret ctlog-system/own has no private yet");
        ctlog.set_own(&pem);
        job.wait().assert(0, &["done"]);
        assert_eq!(ctlog.key().public_key(), key.public_key());

        ctlog.set_own(&material::key().to_encrypted_pem(b"own password"));
        ctlog.assert_refused(
            &flags,
            &["Secret ctlog-system/ctlog-secret: private is another key"],
        );
        ctlog.set_own("no key");
        ctlog.assert_refused(&flags, &["Secret ctlog-system/own: private: "]);

        ctlog.kubernetes.delete("Secret", "ctlog-system", "own");
        let before = ctlog.kubernetes.objects();
        ctlog.job().args(flags).run().assert(0, &["done"]);
        ctlog.kubernetes.assert_unchanged(&before);
    }
}

#[test]
fn a_lost_key_is_restored_from_ones_own_secret_and_no_other_key_takes_its_place() {
    for survivors in [
        &["public", "config", "password", "rootca", "fulcio-0"][..],
        &["config"],
        &[],
    ] {
        let ctlog = CtLog::set();
        ctlog.allow_own();
        ctlog.job().run().assert(0, &["done"]);
        let (key, mut entries) = (ctlog.key(), ctlog.private());
        entries.retain(|entry, _| survivors.contains(&entry.as_str()));
        let secrets = &ctlog.kubernetes;
        secrets.set_secret("ctlog-system", "ctlog-secret", &entries);

        let flags = ["--private-secret=own", "--key-password=own password"];
        ctlog.set_own(&material::key().to_encrypted_pem(b"own password"));
        let text = "public doesn't belong to the key that --private-secret names";
        ctlog.assert_refused(&flags, &["Secret ctlog-system/ctlog-secret", text]);

        ctlog.set_own(&key.to_encrypted_pem(b"own password"));
        ctlog.job().args(flags).run().assert(0, &["done"]);
        assert_eq!(ctlog.key().public_key(), key.public_key());
        assert_eq!(ctlog.log().password.as_bytes(), ctlog.private()["password"]);
    }
}

#[test]
fn a_key_in_a_form_that_the_server_does_not_open_is_refused_with_a_way_that_works() {
    let key = material::key();
    for password in [Some("hush"), None] {
        let ctlog = CtLog::set();
        ctlog.allow_own();
        let pem = key.to_encrypted_pem(b"hush");
        let public = Entries::from([("public".into(), key.public_key().to_pem().into())]);
        let kubernetes = &ctlog.kubernetes;
        kubernetes.set_secret("ctlog-system", "ctlog-public-key", &public);
        let rest = password.map(|password| ("password".to_owned(), password.into()));
        let mut entries: Entries = rest.into_iter().collect();
        entries.insert("private".into(), pem.clone().into());
        kubernetes.set_secret("ctlog-system", "ctlog-secret", &entries);
        let flags = match password {
            Some(_) => &[][..],
            None => &["--key-password=hush"],
        };
        ctlog.assert_refused(flags, &["DEK-Info", "entry private of another Secret"]);

        ctlog.set_own(&pem);
        entries.remove("private");
        kubernetes.set_secret("ctlog-system", "ctlog-secret", &entries);
        let job = ctlog.job().args(flags).args(["--private-secret=own"]);
        job.run().assert(0, &["done"]);
        assert_eq!(ctlog.key().public_key(), key.public_key());
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
fn what_is_unknown_in_the_configuration_stays_in_the_secret() {
    let ctlog = CtLog::set();
    let original = ctlog.set_original();
    ctlog.job_after_the_original().run().assert(0, &["done"]);
    assert_eq!(
        ctlog.log().password,
        Config::parse(&original["config"])
            .unwrap()
            .log()
            .unwrap()
            .password
    );
    let complete = String::from_utf8(ctlog.private()["config"].clone()).unwrap();
    assert!(complete.contains(UNKNOWN), "{complete}");
    let copy = ctlog.kubernetes.config_map("ctlog-system", "ctlog-config");
    assert!(copy["config"].contains("sigstorescaffolding"));
    assert!(!copy["config"].contains("hush"), "{}", copy["config"]);
}

#[test]
fn the_only_copy_of_a_password_is_not_advised_away() {
    let ctlog = CtLog::set();
    let mut entries = ctlog.set_original();
    let config = entries.insert("config".into(), b"no configuration".to_vec());
    let log = Config::parse(&config.unwrap()).unwrap().log().unwrap();
    let set = |entries: &Entries| {
        ctlog
            .kubernetes
            .set_secret("ctlog-system", "ctlog-secret", entries);
    };
    set(&entries);
    let advice = "move its password to the entry password of Secret ctlog-system/ctlog-secret first, then \
                  remove it";
    ctlog.assert_refused(&[], &["Secret ctlog-system/ctlog-secret: config: ", advice]);

    entries.insert("password".into(), log.password.clone().into());
    entries.remove("config");
    set(&entries);
    ctlog.job_after_the_original().run().assert(0, &["done"]);
    assert_eq!(ctlog.log().password, log.password);
}

#[test]
fn the_config_maps_configuration_counts_only_for_a_key_that_the_original_made() {
    let ctlog = CtLog::set();
    let mut entries = ctlog.set_original();
    let config = String::from_utf8(entries.remove("config").unwrap()).unwrap();
    let kubernetes = &ctlog.kubernetes;
    let from_config_map = |entries: &Entries| {
        let config_map = [("treeID", "4205681293847561234"), ("config", &config)];
        kubernetes.set_config_map("ctlog-system", "ctlog-config", &config_map);
        kubernetes.set_secret("ctlog-system", "ctlog-secret", entries);
        // So that the password is published in a run before the configuration is.
        ctlog
            .fulcio
            .calls
            .fail_once("GET /api/v2/trustBundle", Fault::Status(502));
        ctlog.job_after_the_original().run().assert(0, &["done"]);
        String::from_utf8(ctlog.private()["config"].clone()).unwrap()
    };
    let kept = from_config_map(&entries);
    assert!(kept.contains(UNKNOWN), "{kept}");

    entries.insert("password".into(), ctlog.log().password.into());
    let anew = from_config_map(&entries);
    assert!(!anew.contains(UNKNOWN), "{anew}");
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
        ctlog.job_after_the_original().run().assert(0, &["done"]);
        let entries = ctlog.private();
        let kept = |(key, value): (&String, &Vec<u8>)| entries[key] == *value;
        assert!(original.iter().all(kept), "{secret}");
        assert!(entries.contains_key("password") && entries.contains_key("rootca"));
    }
}

//! The binary against the embedded Kubernetes API.

mod log;

use std::fs;

use keys::{Kind, PrivateKey};
use tempfile::NamedTempFile;
use testbed::{
    Entries, Fault, Kubernetes, Process, material,
    suite::{Pair, Scene, States, Story, assert_belongs_together},
};

struct Rekor(Kubernetes);

impl Scene for Rekor {
    fn set() -> Self {
        Self(Kubernetes::start())
    }

    fn kubernetes(&self) -> &Kubernetes {
        &self.0
    }

    fn job(&self) -> Process<'_> {
        let binary = env!("CARGO_BIN_EXE_createsecret");
        self.0.job("rekor-system", "createsecret", binary)
    }
}

impl Pair for Rekor {
    const NAMESPACE: &str = "rekor-system";
    const PRIVATE: &str = "rekor-signing-secret";
    const PRIVATE_ENTRIES: &[&str] = &["signing-secret", "signing-secret-password"];
    const PUBLIC: &str = "rekor-pub-key";
    const PUBLIC_ENTRIES: &[&str] = &["public"];
    const DOCUMENTED: &str = "### Rekor's key";
    const KINDS: &[Kind] = &[Kind::EcdsaP256];
}

impl Story for Rekor {
    const NAME: &str = "createsecret";

    fn verify(&self) {
        assert_belongs_together(self);
    }
}

impl States for Rekor {
    const KEYS: &[&str] = &["rekor-signing-secret signing-secret"];
}

testbed::job_tests!(Rekor);
testbed::job_tests!(Rekor: a_secret_of_ones_own_is_taken_as_the_documentation_makes_it);
testbed::pair_tests!(Rekor);
testbed::story_tests!(Rekor);
testbed::states_tests!(Rekor);

/// Random values instead of a key: the passwords of Trillian's database.
struct Database(Kubernetes);

impl Scene for Database {
    fn set() -> Self {
        Self(Kubernetes::start())
    }

    fn kubernetes(&self) -> &Kubernetes {
        &self.0
    }

    fn job(&self) -> Process<'_> {
        let binary = env!("CARGO_BIN_EXE_createsecret");
        self.0.job("trillian-system", "createsecret", binary)
    }
}

impl Story for Database {
    const NAME: &str = "createsecret --random-keys";

    fn verify(&self) {
        let passwords = self.0.secret("trillian-system", "trillian-mysql");
        assert!(passwords.values().all(|password| password.len() >= 20));
        assert_ne!(passwords["password"], passwords["root-password"]);
    }
}

impl States for Database {}

mod random_values {
    use super::Database;

    testbed::story_tests!(Database);
    testbed::states_tests!(Database);
}

/// What the original's Job made.
struct Original(Rekor);

impl Scene for Original {
    fn set() -> Self {
        Self(Rekor::set())
    }

    fn kubernetes(&self) -> &Kubernetes {
        &self.0.0
    }

    fn job(&self) -> Process<'_> {
        self.0.job()
    }
}

impl Story for Original {
    const NAME: &str = "createsecret, after the original's";

    fn verify(&self) {
        self.0.verify();
    }
}

impl States for Original {
    const KEYS: &[&str] = Rekor::KEYS;

    fn whole(&self) {
        for name in ["rekor-signing-secret", "rekor-pub-key"] {
            let entries = material::original(name);
            self.kubernetes().set_secret("rekor-system", name, &entries);
        }
    }
}

mod after_the_originals {
    use super::Original;

    testbed::states_tests!(Original);
}

impl Rekor {
    fn private(&self) -> Entries {
        self.0.secret("rekor-system", "rekor-signing-secret")
    }

    fn password(&self) -> String {
        String::from_utf8(self.private()["signing-secret-password"].clone()).expect("it is text")
    }

    /// The Job that makes the password of Rekor's database.
    fn redis(&self) -> Process<'_> {
        let binary = env!("CARGO_BIN_EXE_createsecret");
        self.0.job("rekor-system", "createsecret-redis", binary)
    }

    fn random(&self) -> Entries {
        self.0.secret("rekor-system", "redis-auth")
    }
}

#[test]
fn the_password_opens_the_key_and_the_public_half_is_its_own() {
    let rekor = Rekor::set();
    rekor.job().run().assert(0, &["done"]);
    let private = rekor.private();
    let password = &private["signing-secret-password"];
    let key = PrivateKey::from_pem(&private["signing-secret"], Some(password)).unwrap();
    let public = rekor.0.secret("rekor-system", "rekor-pub-key");
    assert_eq!(public["public"], key.public_key().to_pem().as_bytes());
}

#[test]
fn what_the_original_made_is_kept() {
    let rekor = Rekor::set();
    for name in ["rekor-signing-secret", "rekor-pub-key"] {
        rekor
            .0
            .set_secret("rekor-system", name, &material::original(name));
    }
    let before = rekor.0.objects();
    rekor.job().run().assert(0, &["done"]);
    rekor.0.assert_unchanged(&before);
}

#[test]
fn every_run_makes_another_password_unless_one_is_given() {
    let [one, two] = [Rekor::set(), Rekor::set()];
    for rekor in [&one, &two] {
        rekor.job().run().assert(0, &["done"]);
    }
    assert_ne!(one.password(), two.password());
}

#[test]
fn a_password_can_be_given_in_three_ways() {
    let rekor = Rekor::set();
    let job = rekor.job().args(["--signing-secret-pwd=given-as-flag"]);
    job.run().assert(0, &["done"]);
    assert_eq!(rekor.password(), "given-as-flag");

    let rekor = Rekor::set();
    let job = rekor.job().env("SIGNING_SECRET_PWD", "given-in-env");
    job.run().assert(0, &["done"]);
    assert_eq!(rekor.password(), "given-in-env");

    let rekor = Rekor::set();
    let file = NamedTempFile::new().unwrap();
    fs::write(file.path(), "given-in-a-file\n").unwrap();
    let flag = format!("--signing-secret-pwd-file={}", file.path().display());
    rekor.job().args([flag]).run().assert(0, &["done"]);
    assert_eq!(rekor.password(), "given-in-a-file");
}

#[test]
fn another_password_than_the_keys_is_a_warning() {
    let rekor = Rekor::set();
    rekor.job().run().assert(0, &["done"]);
    let before = rekor.0.objects();
    let outcome = rekor.job().args(["--signing-secret-pwd=given-later"]).run();
    outcome.assert(0, &["done"]);
    assert!(
        outcome
            .log
            .contains("WARN the password given isn't the one"),
        "{}",
        outcome.log
    );
    rekor.0.assert_unchanged(&before);
}

#[test]
fn a_key_without_its_password_is_opened_with_the_one_given() {
    let rekor = Rekor::set();
    let key = material::key();
    let pem = key.to_encrypted_pem(b"own password").into_bytes();
    let own = Entries::from([("signing-secret".into(), pem)]);
    rekor
        .0
        .set_secret("rekor-system", "rekor-signing-secret", &own);
    let before = rekor.0.objects();
    rekor.job().run().assert(
        3,
        &[
            "\"signing-secret\" of",
            "can't be used (encrypted, and its password is missing)",
        ],
    );
    let outcome = rekor.job().args(["--signing-secret-pwd=wrong one"]).run();
    outcome.assert(3, &["can't be used (its password doesn't open it)"]);
    rekor.0.assert_unchanged(&before);
    let outcome = rekor
        .job()
        .args(["--signing-secret-pwd=own password"])
        .run();
    outcome.assert(0, &["done"]);
    assert_eq!(rekor.password(), "own password");
}

#[test]
fn a_password_file_that_is_empty_or_missing_is_a_wrong_flag() {
    let rekor = Rekor::set();
    let file = NamedTempFile::new().unwrap();
    for path in [file.path(), &file.path().join("none")] {
        let flag = format!("--signing-secret-pwd-file={}", path.display());
        let outcome = rekor.job().args([flag]).run();
        assert_eq!(outcome.code, 2, "{}", outcome.log);
        assert!(
            outcome.log.contains("--signing-secret-pwd-file"),
            "{}",
            outcome.log
        );
    }
}

#[test]
fn flags_that_exclude_or_need_each_other_are_wrong() {
    let rekor = Rekor::set();
    for (flags, name) in [
        (
            &["--signing-secret-pwd=a", "--signing-secret-pwd-file=b"][..],
            "--signing-secret-pwd-file",
        ),
        (&["--random-secret=a"], "--random-keys"),
        (&["--random-keys=a"], "--random-secret"),
    ] {
        let outcome = rekor.job().args(flags).run();
        assert_eq!(outcome.code, 2, "{}", outcome.log);
        assert!(outcome.log.contains(name), "{}", outcome.log);
    }
}

#[test]
fn random_values_are_made_once_and_no_key() {
    let rekor = Rekor::set();
    rekor.redis().run().assert(0, &["done"]);
    let random = rekor.random();
    assert!(random.keys().eq(["password"]));
    assert!(random["password"].len() >= 32);
    assert!(random["password"].iter().all(u8::is_ascii_alphanumeric));
    assert!(rekor.private().is_empty());
    let before = rekor.0.objects();
    rekor.redis().run().assert(0, &["done"]);
    rekor.0.assert_unchanged(&before);
}

#[test]
fn a_new_random_value_is_added_and_the_others_are_kept() {
    let rekor = Rekor::set();
    rekor.redis().run().assert(0, &["done"]);
    let password = rekor.random()["password"].clone();
    let job = rekor
        .redis()
        .args(["--random-keys=password,user-password,other"]);
    job.run().assert(0, &["done"]);
    let random = rekor.random();
    assert!(random.keys().eq(["other", "password", "user-password"]));
    assert_eq!(random["password"], password);
    assert_ne!(random["other"], random["user-password"]);
}

#[test]
fn eight_that_make_random_values_at_once_end_as_one() {
    let rekor = Rekor::set();
    let running: Vec<_> = (0..8).map(|_| rekor.redis().start()).collect();
    for job in running {
        job.wait().assert(0, &["done"]);
    }
    rekor.0.calls.fail_once("update", Fault::Status(500));
    let before = rekor.0.objects();
    rekor.redis().run().assert(0, &["done"]);
    rekor.0.assert_unchanged(&before);
}

#[test]
fn a_random_value_under_an_impossible_name_is_refused() {
    let rekor = Rekor::set();
    let before = rekor.0.objects();
    let outcome = rekor.redis().args(["--random-keys=pass word"]).run();
    outcome.assert(3, &["Secret rekor-system/redis-auth", "pass word"]);
    rekor.0.assert_unchanged(&before);
}

#[test]
fn random_values_beside_others_under_other_names_are_refused() {
    let rekor = Rekor::set();
    let entries = |names: &[&str]| -> Entries {
        let entries = names
            .iter()
            .map(|name| ((*name).to_owned(), b"given".to_vec()));
        entries.collect()
    };
    let set = |names| {
        rekor
            .0
            .set_secret("rekor-system", "redis-auth", &entries(names))
    };
    set(&["redis-password"]);
    let before = rekor.0.objects();
    let found = r#"Secret rekor-system/redis-auth holds "redis-password", but no "password""#;
    rekor.redis().run().assert(3, &[found, "remove the rest"]);
    rekor.0.assert_unchanged(&before);

    set(&["redis-password", "password"]);
    rekor.redis().run().assert(0, &["done"]);
    assert_eq!(rekor.random(), entries(&["redis-password", "password"]));
}

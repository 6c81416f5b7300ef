//! The binary against the embedded Kubernetes API.

use std::time::SystemTime;

use certs::Chain;
use keys::PrivateKey;
use testbed::{
    Entries, Kubernetes, Process,
    material::{self, YEAR},
    suite::{Pair, Scene, States, Story, assert_belongs_together},
};

struct Tsa(Kubernetes);

impl Scene for Tsa {
    fn set() -> Self {
        Self(Kubernetes::start())
    }

    fn kubernetes(&self) -> &Kubernetes {
        &self.0
    }

    fn job(&self) -> Process<'_> {
        let binary = env!("CARGO_BIN_EXE_createcertchain");
        self.0.job("tsa-system", "createcertchain", binary)
    }
}

impl Pair for Tsa {
    const NAMESPACE: &str = "tsa-system";
    const PRIVATE: &str = "tsa-cert-chain";
    const PRIVATE_ENTRIES: &[&str] = &["signing-secret", "signing-secret-password", "cert-chain"];
    const PUBLIC: &str = "tsa-pub-chain";
    const PUBLIC_ENTRIES: &[&str] = &["cert-chain"];
    const DOCUMENTED: &str = "### A chain for the timestamp authority";
    const UNDERIVABLE: &[&str] = &["cert-chain"];
}

impl Story for Tsa {
    const NAME: &str = "createcertchain";

    fn verify(&self) {
        assert_belongs_together(self);
    }
}

impl States for Tsa {
    const KEYS: &[&str] = &["tsa-cert-chain signing-secret"];
}

testbed::job_tests!(Tsa);
testbed::job_tests!(Tsa: a_secret_of_ones_own_is_taken_as_the_documentation_makes_it);
testbed::pair_tests!(Tsa);
testbed::story_tests!(Tsa);
testbed::states_tests!(Tsa);

impl Tsa {
    /// Publishes a key that somebody brought along, with `chain` beside it.
    fn bring(&self, key: &PrivateKey, chain: &str) {
        let entries: Entries = [
            ("signing-secret", key.to_legacy_pem(b"own password")),
            ("signing-secret-password", "own password".into()),
            ("cert-chain", chain.into()),
        ]
        .map(|(name, value)| (name.into(), value.into_bytes()))
        .into();
        self.0.set_secret("tsa-system", "tsa-cert-chain", &entries);
    }

    fn assert_refused(&self, texts: &[&str]) {
        let before = self.0.objects();
        self.job().run().assert(3, texts);
        self.0.assert_unchanged(&before);
    }
}

#[test]
fn the_chain_is_for_the_key_and_has_the_flags_organization() {
    let tsa = Tsa::set();
    let job = tsa
        .job()
        .args(["--cert-organization=ours", "--validity=5y"]);
    job.run().assert(0, &["done"]);
    let entries = tsa.0.secret("tsa-system", "tsa-cert-chain");
    let password = &entries["signing-secret-password"];
    let key = PrivateKey::from_pem(&entries["signing-secret"], Some(password)).unwrap();
    let chain = Chain::from_pem(&entries["cert-chain"]).unwrap();
    assert_eq!(chain.first().public_key(), key.public_key());
    assert_eq!(chain.certificates().len(), 3);
    for certificate in chain.certificates() {
        assert_eq!(certificate.organization(), "ours");
        let now = SystemTime::now();
        assert!(certificate.not_after() > now + 5 * YEAR);
        assert!(certificate.not_after() < now + 6 * YEAR);
    }
}

#[test]
fn a_chain_for_another_key_is_refused() {
    let tsa = Tsa::set();
    let foreign = material::timestamping_chain(&material::key(), SystemTime::now(), YEAR);
    tsa.bring(&material::key(), &foreign.to_pem());
    tsa.assert_refused(&[
        "Secret tsa-system/tsa-cert-chain",
        "doesn't belong to the private key",
    ]);
}

#[test]
fn an_expired_chain_is_refused() {
    let tsa = Tsa::set();
    let key = material::key();
    let chain = material::timestamping_chain(&key, SystemTime::now() - 2 * YEAR, YEAR);
    tsa.bring(&key, &chain.to_pem());
    tsa.assert_refused(&[
        "\"cert-chain\" of Secret tsa-system/tsa-cert-chain",
        "expired at",
    ]);
}

#[test]
fn a_chain_that_ends_within_a_year_is_a_warning_in_every_run() {
    let tsa = Tsa::set();
    let key = material::key();
    let chain = material::timestamping_chain(&key, SystemTime::now(), YEAR / 2);
    tsa.bring(&key, &chain.to_pem());
    for _ in 0..2 {
        let outcome = tsa.job().run();
        outcome.assert(0, &["done"]);
        let warning = "WARN \"cert-chain\" of Secret tsa-system/tsa-cert-chain: ";
        assert!(outcome.log.contains(warning), "{}", outcome.log);
    }
}

#[test]
fn a_chain_in_the_wrong_order_is_refused() {
    let tsa = Tsa::set();
    let key = material::key();
    let chain = material::timestamping_chain(&key, SystemTime::now(), YEAR);
    let mut certificates = chain.certificates().to_vec();
    certificates.swap(1, 2);
    tsa.bring(&key, &certs::write_bundle(&certificates));
    tsa.assert_refused(&[
        "\"cert-chain\" of Secret tsa-system/tsa-cert-chain",
        "the order is leaf",
    ]);
}

#[test]
fn a_key_and_a_chain_brought_along_are_kept() {
    let tsa = Tsa::set();
    let key = material::key();
    let chain = material::timestamping_chain(&key, SystemTime::now(), 20 * YEAR).to_pem();
    tsa.bring(&key, &chain);
    let before = tsa.0.secret("tsa-system", "tsa-cert-chain");
    tsa.job().run().assert(0, &["done"]);
    assert_eq!(before, tsa.0.secret("tsa-system", "tsa-cert-chain"));
    let public = tsa.0.secret("tsa-system", "tsa-pub-chain");
    assert_eq!(public["cert-chain"], chain.as_bytes());
}

#[test]
fn what_the_original_made_is_kept_and_its_chain_is_published() {
    let tsa = Tsa::set();
    let original = material::original("tsa-cert-chain");
    tsa.0.set_secret("tsa-system", "tsa-cert-chain", &original);
    tsa.job().run().assert(0, &["done"]);
    assert_eq!(original, tsa.0.secret("tsa-system", "tsa-cert-chain"));
    let public = tsa.0.secret("tsa-system", "tsa-pub-chain");
    assert!(public.keys().eq(["cert-chain"]));
    assert_eq!(public["cert-chain"], original["cert-chain"]);
}

//! The binary against the embedded Kubernetes API.

mod issuers;
mod own;

use std::time::{Duration, SystemTime};

use certs::Chain;
use keys::{Kind, PrivateKey};
use testbed::{
    Entries, Kubernetes, Outcome, Process,
    material::{self, YEAR},
    suite::{Pair, Scene, States, Story, assert_belongs_together},
};

struct Fulcio(Kubernetes);

impl Scene for Fulcio {
    fn set() -> Self {
        Self(Kubernetes::start())
    }

    fn kubernetes(&self) -> &Kubernetes {
        &self.0
    }

    fn job(&self) -> Process<'_> {
        let binary = env!("CARGO_BIN_EXE_createcerts");
        self.0.job("fulcio-system", "createcerts", binary)
    }
}

impl Pair for Fulcio {
    const NAMESPACE: &str = "fulcio-system";
    const PRIVATE: &str = "fulcio-secret";
    const PRIVATE_ENTRIES: &[&str] = &["private", "password", "cert", "public"];
    const PUBLIC: &str = "fulcio-pub-key";
    const PUBLIC_ENTRIES: &[&str] = &["cert", "public"];
    const DOCUMENTED: &str = "### A CA for Fulcio";
    const KINDS: &[Kind] = Kind::ALL.split_at(6).0;
    const KEPT_KINDS: &[Kind] = &[Kind::Ed25519];
}

impl Story for Fulcio {
    const NAME: &str = "createcerts";

    fn verify(&self) {
        assert_belongs_together(self);
    }
}

impl States for Fulcio {
    const KEYS: &[&str] = &["fulcio-secret private"];
}

testbed::job_tests!(Fulcio);
testbed::job_tests!(Fulcio: a_secret_of_ones_own_is_taken_as_the_documentation_makes_it);
testbed::pair_tests!(Fulcio);
testbed::story_tests!(Fulcio);
testbed::states_tests!(Fulcio);

impl Fulcio {
    fn private(&self) -> Entries {
        self.0.secret("fulcio-system", "fulcio-secret")
    }

    fn public(&self) -> Entries {
        self.0.secret("fulcio-system", "fulcio-pub-key")
    }

    fn set_private(&self, entries: &Entries) {
        self.0.set_secret("fulcio-system", "fulcio-secret", entries);
    }

    fn assert_refused(&self, texts: &[&str]) -> Outcome {
        let before = self.0.objects();
        let outcome = self.job().run();
        outcome.assert(3, texts);
        self.0.assert_unchanged(&before);
        outcome
    }
}

/// A key that somebody brought along, with `cert` beside it.
fn own(key: &PrivateKey, cert: &str) -> Entries {
    [
        ("private", key.to_encrypted_pem(b"own password")),
        ("password", "own password".into()),
        ("cert", cert.into()),
    ]
    .map(|(name, value)| (name.into(), value.into_bytes()))
    .into()
}

#[test]
fn the_certificate_is_what_the_flags_say() {
    let fulcio = Fulcio::set();
    let job = fulcio.job().args([
        "--cert-common-name=a name",
        "--cert-organization=an organization",
        "--cert-country=DE",
        "--cert-province=a province",
        "--cert-locality=a city",
        "--cert-address=a street 1",
        "--cert-postal=12345",
        "--validity=10y",
    ]);
    job.run().assert(0, &["done"]);
    let entries = fulcio.private();
    let chain = Chain::from_pem(&entries["cert"]).unwrap();
    let subject = chain.root().subject();
    for part in [
        "CN=a name",
        "O=an organization",
        "C=DE",
        "ST=a province",
        "L=a city",
        "STREET=a street 1",
        "12345",
    ] {
        assert!(subject.contains(part), "{subject}");
    }
    let ten_years = humantime_years(10);
    let end = chain.root().not_after();
    let error = end.duration_since(SystemTime::now() + ten_years);
    let error = error.unwrap_or_else(|early| early.duration());
    assert!(error < Duration::from_secs(300), "{error:?}");

    let key = PrivateKey::from_pem(&entries["private"], Some(&entries["password"])).unwrap();
    assert_eq!(chain.root().public_key(), key.public_key());
    assert_eq!(entries["public"], key.public_key().to_pem().into_bytes());
}

fn humantime_years(years: u32) -> Duration {
    years * Duration::from_secs(31_557_600)
}

#[test]
fn without_flags_the_secrets_are_the_originals() {
    let fulcio = Fulcio::set();
    let job = fulcio.job().without_args().args(["--timeout=2s"]).run();
    job.assert(1, &["Secret fulcio-system/fulcio-secrets", "forbidden"]);
}

#[test]
fn a_validity_that_is_no_time_is_a_wrong_flag() {
    let fulcio = Fulcio::set();
    let outcome = fulcio.job().args(["--validity=long"]).run();
    assert_eq!(outcome.code, 2, "{}", outcome.log);
    assert!(outcome.log.contains("--validity"), "{}", outcome.log);
}

#[test]
fn a_value_that_no_certificate_can_have_is_a_wrong_flag() {
    let fulcio = Fulcio::set();
    for (flag, value) in [
        ("--validity", "9000y"),
        ("--validity", "20m"),
        ("--cert-country", "ÄÖ"),
        ("--cert-country", "USA"),
    ] {
        let outcome = fulcio.job().args([format!("{flag}={value}")]).run();
        assert_eq!(outcome.code, 2, "{}", outcome.log);
        assert!(outcome.log.contains(flag), "{}", outcome.log);
    }
}

#[test]
fn an_expired_certificate_is_refused() {
    let fulcio = Fulcio::set();
    let key = material::key();
    let cert = material::expired_root(&key, "old").to_pem();
    fulcio.set_private(&own(&key, &cert));
    fulcio.assert_refused(&[
        "\"cert\" of Secret fulcio-system/fulcio-secret",
        "CN=old",
        "expired at",
    ]);
}

#[test]
fn a_certificate_that_ends_within_a_year_is_a_warning_in_every_run() {
    let fulcio = Fulcio::set();
    let key = material::key();
    let cert = material::root(&key, "ending", YEAR / 2).to_pem();
    fulcio.set_private(&own(&key, &cert));
    for _ in 0..2 {
        let outcome = fulcio.job().run();
        outcome.assert(0, &["done"]);
        let warning =
            "WARN \"cert\" of Secret fulcio-system/fulcio-secret: CN=ending expires at 20";
        assert!(outcome.log.contains(warning), "{}", outcome.log);
    }
}

#[test]
fn a_certificate_for_another_key_is_refused() {
    let fulcio = Fulcio::set();
    let foreign = material::root(&material::key(), "foreign", 20 * YEAR).to_pem();
    fulcio.set_private(&own(&material::key(), &foreign));
    fulcio.assert_refused(&["\"cert\" of Secret fulcio-system/fulcio-secret doesn't belong"]);
}

#[test]
fn a_public_key_of_another_key_or_none_is_refused() {
    let key = material::key();
    let cert = material::root(&key, "own", 20 * YEAR).to_pem();
    let own_key = key.public_key().to_pem();
    for (public, problem) in [
        (material::key().public_key().to_pem(), " doesn't belong"),
        (
            own_key + &material::key().public_key().to_pem(),
            " can't be used (more than its one PEM block",
        ),
    ] {
        let fulcio = Fulcio::set();
        let mut entries = own(&key, &cert);
        entries.insert("public".into(), public.into());
        fulcio.set_private(&entries);
        let secret = "\"public\" of Secret fulcio-system/fulcio-secret";
        let text = format!("{secret}{problem}");
        fulcio.assert_refused(&[&text, "or remove it to have it derived"]);
    }
}

#[test]
fn what_stands_beside_a_public_key_isnt_published() {
    let fulcio = Fulcio::set();
    let key = material::key();
    let mut entries = own(&key, &material::root(&key, "own", 20 * YEAR).to_pem());
    let public = key.public_key().to_pem();
    entries.insert("public".into(), format!("a note\n{public}").into());
    fulcio.set_private(&entries);
    fulcio.job().run().assert(0, &["done"]);
    let published = fulcio.0.secret("fulcio-system", "fulcio-pub-key");
    assert_eq!(published["public"], public.as_bytes());
}

#[test]
fn what_is_no_certificate_is_refused() {
    let fulcio = Fulcio::set();
    let key = material::key();
    let chain = material::timestamping_chain(&material::key(), SystemTime::now(), YEAR);
    let mut backwards = chain.certificates().to_vec();
    backwards.reverse();
    let backwards = certs::write_bundle(&backwards);
    let gap = certs::write_bundle([chain.first(), chain.root()]);
    for (cert, text) in [
        ("no PEM", "not a PEM file"),
        (&backwards, "isn't signed by the one behind it"),
        (&gap, "whose certificate isn't behind it"),
    ] {
        fulcio.set_private(&own(&key, cert));
        fulcio.assert_refused(&[
            "\"cert\" of Secret fulcio-system/fulcio-secret can't be used (",
            text,
        ]);
    }
}

#[test]
fn a_key_and_a_certificate_brought_along_are_kept() {
    let fulcio = Fulcio::set();
    let key = material::key();
    let cert = material::root(&key, "own", 20 * YEAR).to_pem();
    let own = own(&key, &cert);
    fulcio.set_private(&own);
    fulcio.job().run().assert(0, &["done"]);
    let private = fulcio.private();
    assert!(own.iter().all(|(name, value)| private[name] == *value));
    assert_eq!(fulcio.public()["cert"], cert.as_bytes());
    assert_eq!(
        fulcio.public()["public"],
        key.public_key().to_pem().as_bytes()
    );
}

#[test]
fn a_lost_certificate_comes_back_from_the_public_secret() {
    let fulcio = Fulcio::set();
    fulcio.job().run().assert(0, &["done"]);
    let before = fulcio.private();
    let mut without = before.clone();
    without.remove("cert");
    fulcio.set_private(&without);
    fulcio.job().run().assert(0, &["done"]);
    assert_eq!(fulcio.private(), before);
}

#[test]
fn what_the_original_made_is_kept() {
    let fulcio = Fulcio::set();
    for name in ["fulcio-secret", "fulcio-pub-key"] {
        let entries = material::original(name);
        fulcio.0.set_secret("fulcio-system", name, &entries);
    }
    let before = fulcio.0.objects();
    fulcio.job().run().assert(0, &["done"]);
    fulcio.0.assert_unchanged(&before);
}

#[test]
fn a_certificate_that_fulcio_cannot_issue_with_is_refused() {
    let fulcio = Fulcio::set();
    let key = material::key();
    let chain = material::timestamping_chain(&key, SystemTime::now(), YEAR);
    fulcio.set_private(&own(&key, &chain.to_pem()));
    fulcio.assert_refused(&[
        "\"cert\" of Secret fulcio-system/fulcio-secret",
        "is no certificate authority",
    ]);
}

/// Whoever may write the public Secret could choose everybody's root.
#[test]
fn a_chain_that_only_the_public_secret_has_is_no_proof() {
    let fulcio = Fulcio::set();
    let key = material::key();
    let mut private = own(&key, "");
    private.remove("cert");
    fulcio.set_private(&private);
    let foreign = material::timestamping_chain(&key, SystemTime::now(), YEAR).to_pem();
    let public = Entries::from([("cert".into(), foreign.into_bytes())]);
    fulcio
        .0
        .set_secret("fulcio-system", "fulcio-pub-key", &public);
    fulcio.assert_refused(&[
        "\"cert\" of Secret fulcio-system/fulcio-secret is missing",
        "fulcio-pub-key is no proof",
    ]);
}

//! What Fulcio serves beside what is published of it.

use certs::Chain;
use testbed::{Entries, suite::Scene as _};

use crate::{CtLog, root};

impl CtLog {
    /// Publishes `cert` as what Fulcio has.
    fn publish_of_fulcio(&self, cert: &str) {
        let entries = Entries::from([("cert".into(), cert.into())]);
        self.kubernetes
            .set_secret("fulcio-system", "fulcio-pub-key", &entries);
    }
}

/// The first octets of the certificate's SHA-256, as messages show them.
fn digest(cert: &str) -> String {
    let chain = Chain::from_pem(cert.as_bytes()).unwrap();
    let octets = &chain.first().fingerprint()[..8];
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[test]
fn a_fulcio_that_serves_what_is_published_is_taken() {
    let ctlog = CtLog::set();
    let [one, two] = ["one", "two"].map(root);
    ctlog.publish_of_fulcio(&two);
    ctlog.fulcio.set_chains(&[&one, &two]);
    let outcome = ctlog.job().run();
    outcome.assert(0, &["done"]);
    assert!(!outcome.log.contains("fulcio-pub-key"), "{}", outcome.log);
}

#[test]
fn a_fulcio_that_serves_another_certificate_than_is_published_is_refused_with_both_digests() {
    let ctlog = CtLog::set();
    let [served, published] = ["served", "published"].map(root);
    ctlog.fulcio.set_chains(&[&served]);
    ctlog.publish_of_fulcio(&published);
    let both = [
        format!("serves a certificate with SHA-256 {}…", digest(&served)),
        format!(
            "\"cert\" of Secret fulcio-system/fulcio-pub-key has {}…",
            digest(&published)
        ),
    ];
    let texts = [&both[0], &both[1], "restart Fulcio"];
    ctlog.assert_refused(&[], &texts);
    ctlog.assert_refused(&["--accept-changes"], &texts);
    ctlog.assert_nothing_is_published();

    ctlog.fulcio.set_chains(&[&published]);
    ctlog.job().run().assert(0, &["done"]);
    ctlog.fulcio.set_chains(&[&served]);
    ctlog.assert_refused(&["--accept-changes"], &texts);

    let job = || ctlog.job().args(["--accept-changes"]);
    job().args(["--fulcio-secret="]).run().assert(0, &["done"]);
    let outcome = job().run();
    outcome.assert(0, &["done"]);
    let warning = format!("WARN Fulcio at {}/ {}", ctlog.fulcio.url(), both[0]);
    assert!(outcome.log.contains(&warning), "{}", outcome.log);
}

#[test]
fn without_the_right_to_read_what_is_published_nothing_is_compared() {
    let ctlog = CtLog::set();
    ctlog.publish_of_fulcio(&root("published"));
    ctlog
        .kubernetes
        .delete("RoleBinding", "fulcio-system", "createctconfig");
    let outcome = ctlog.job().run();
    outcome.assert(0, &["done"]);
    let told = "isn't compared with what is published: reading Secret fulcio-system/fulcio-pub-key";
    assert!(outcome.log.contains(told), "{}", outcome.log);
}

#[test]
fn what_is_published_and_no_chain_is_refused() {
    let ctlog = CtLog::set();
    ctlog.publish_of_fulcio("no PEM");
    ctlog.assert_refused(
        &[],
        &[
            "\"cert\" of Secret fulcio-system/fulcio-pub-key can't be used (",
            "run createcerts again",
        ],
    );
}

//! A TesseraCT that starts before Fulcio serves: with the roots that `createcerts` published.

use testbed::suite::{Scene as _, Story as _};

use super::{PRIVATE, TesseraCt};
use crate::root;

impl TesseraCt {
    /// Publishes `cert` as what Fulcio has.
    fn publish_of_fulcio(&self, cert: &str) {
        let entries = [("cert".into(), cert.into())].into();
        self.kubernetes
            .set_secret("fulcio-system", "fulcio-pub-key", &entries);
    }
}

#[test]
fn the_key_and_the_roots_are_there_before_fulcio_serves() {
    let ctlog = TesseraCt::set();
    let published = root("published");
    ctlog.publish_of_fulcio(&published);
    ctlog.fulcio.set_chains(&[]);
    let mut job = ctlog.job().start();
    ctlog.fulcio.calls.wait_for("GET", 1);
    ctlog.verify();
    assert_eq!(ctlog.secret(PRIVATE)["rootca"], published.as_bytes());
    assert!(job.ended().is_none(), "{}", job.log());

    let before = ctlog.kubernetes.objects();
    ctlog.fulcio.set_chains(&[&published]);
    job.wait().assert(0, &["done"]);
    ctlog.kubernetes.assert_unchanged(&before);
}

#[test]
fn a_fulcio_that_serves_another_root_is_refused_and_its_root_not_trusted() {
    let ctlog = TesseraCt::set();
    let [published, served] = ["published", "served"].map(root);
    ctlog.publish_of_fulcio(&published);
    for served in [vec![&*served], vec![&*published, &*served]] {
        ctlog.fulcio.set_chains(&served);
        for _ in 0..2 {
            ctlog.job().run().assert(3, &[]);
            assert_eq!(ctlog.secret(PRIVATE)["rootca"], published.as_bytes());
        }
    }
    ctlog.fulcio.set_chains(&[&served]);
    let texts = ["serves a certificate with SHA-256", "restart Fulcio"];
    ctlog.assert_refused(&[], &texts);
}

//! Fulcio over TLS.

use std::fs;

use tempfile::NamedTempFile;
use testbed::{Fulcio, Identity, Process, Proxy, suite::Scene as _};

use super::{CtLog, root};

/// A Fulcio that speaks TLS, and a file with the certificate to trust there.
fn with_tls(identity: Identity) -> (Fulcio, NamedTempFile) {
    let (fulcio, roots) = Fulcio::start_with_tls(&root("sigstore"), identity);
    let file = NamedTempFile::new().unwrap();
    fs::write(file.path(), roots).unwrap();
    (fulcio, file)
}

/// The two ways to name the certificates: a flag, and Go's variable.
fn trusting<'a>(job: Process<'a>, file: &NamedTempFile, by_flag: bool) -> Process<'a> {
    let path = file.path().display();
    match by_flag {
        true => job.args([format!("--fulcio-ca-file={path}")]),
        false => job.env("SSL_CERT_FILE", &path.to_string()),
    }
}

#[test]
fn fulcio_is_asked_over_tls_with_the_certificates_in_a_file() {
    for by_flag in [true, false] {
        for identity in [Identity::OfCa, Identity::SelfSigned] {
            let (fulcio, roots) = with_tls(identity);
            let scene = CtLog::set();
            let job = scene.job_with(&fulcio.url());
            trusting(job, &roots, by_flag).run().assert(0, &["done"]);
        }
    }
}

#[test]
fn a_redirect_to_https_is_followed_with_the_same_certificates() {
    for by_flag in [true, false] {
        let (fulcio, roots) = with_tls(Identity::OfCa);
        let scene = CtLog::set();
        scene.fulcio.redirect_to(&fulcio.url());
        trusting(scene.job(), &roots, by_flag)
            .run()
            .assert(0, &["done"]);
    }
}

#[test]
fn a_fulcio_that_is_not_trusted_is_told_from_one_that_does_not_answer() {
    let (_, foreign) = with_tls(Identity::OfCa);
    for redirected in [true, false] {
        for (identity, by_flag, reason) in [
            (Identity::OfCa, true, "none of the CAs"),
            (Identity::OfCa, false, "none of the CAs"),
            (Identity::OfAnother, true, "another name"),
            (Identity::Expired, true, "isn't valid any more"),
            (Identity::SelfSignedCa, true, "is a CA's own (CA:TRUE)"),
        ] {
            let (fulcio, own) = with_tls(identity);
            let scene = CtLog::set();
            let job = match redirected {
                true => {
                    scene.fulcio.redirect_to(&fulcio.url());
                    scene.job()
                }
                false => scene.job_with(&fulcio.url()),
            };
            let roots = if identity == Identity::OfCa {
                &foreign
            } else {
                &own
            };
            let mut job = trusting(job, roots, by_flag).start();
            job.wait_for_line("not yet: ");
            let log = job.log();
            assert!(log.contains(reason), "{log}");
            let address = format!("Fulcio can't be asked at {}", fulcio.url());
            assert!(log.contains(&address), "{log}");
        }
    }
}

#[test]
fn without_any_certificates_a_fulcio_in_the_clear_is_asked_all_the_same() {
    let empty = NamedTempFile::new().unwrap();
    let scene = CtLog::set();
    let proxy = Proxy::start(&scene.kubernetes);
    let job = |url: &str| {
        let job = scene.job_with(url).behind(&proxy);
        let job = job
            .env("HTTPS_PROXY", &proxy.url())
            .env("NO_PROXY", "127.0.0.1");
        trusting(job, &empty, false)
    };
    job(&scene.fulcio.url()).run().assert(0, &["done"]);

    let (fulcio, _) = with_tls(Identity::OfCa);
    let mut asked = job(&fulcio.url()).start();
    asked.wait_for_line("without certificates to trust (--fulcio-ca-file)");
    scene.fulcio.redirect_to(&fulcio.url());
    let mut redirected = job(&scene.fulcio.url()).start();
    redirected.wait_for_line("none of the CAs that are signed it");
}

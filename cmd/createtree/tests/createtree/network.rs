//! The ways to Trillian and to the API server: TLS, names, proxies.

use std::{env, fs, path::PathBuf};

use tempfile::NamedTempFile;
use testbed::{Address, Identity, Kubernetes, Process, Proxy, Trillian, suite::Scene as _};

use super::Rekor;

/// A Trillian that speaks TLS, and the certificate to trust there.
fn with_tls(identity: Identity) -> (Rekor, String) {
    let (trillian, roots) = Trillian::start_with_tls(identity);
    let kubernetes = Kubernetes::start();
    let rekor = Rekor {
        kubernetes,
        trillian,
    };
    (rekor, roots)
}

fn file(text: &str) -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    fs::write(file.path(), text).unwrap();
    file
}

fn trusting<'a>(job: Process<'a>, file: &NamedTempFile) -> Process<'a> {
    job.args([format!("--tls_cert_file={}", file.path().display())])
}

/// The log of a Job that goes on trying, up to the line where it says `text`.
fn not_yet(job: Process<'_>, text: &str) -> String {
    let mut job = job.start();
    job.wait_for_line("not yet: ");
    let log = job.log().to_owned();
    assert!(log.contains(text), "no {text:?} in {log}");
    log
}

#[test]
fn tls_is_spoken_with_the_certificates_in_a_file() {
    for identity in [Identity::OfCa, Identity::SelfSigned] {
        let (rekor, roots) = with_tls(identity);
        let roots = file(&roots);
        trusting(rekor.job(), &roots).run().assert(0, &["done"]);
        rekor.check();
    }
}

#[test]
fn with_several_certificates_in_the_file_each_is_trusted() {
    let (rekor, roots) = with_tls(Identity::OfCa);
    let (_, other) = with_tls(Identity::OfCa);
    let roots = file(&(other + &roots));
    trusting(rekor.job(), &roots).run().assert(0, &["done"]);
}

#[test]
fn a_server_that_is_not_trusted_is_told_from_one_that_does_not_answer() {
    let (_, foreign) = with_tls(Identity::OfCa);
    for (identity, roots, reason) in [
        (Identity::OfCa, Some(foreign), "none of the CAs"),
        (Identity::OfAnother, None, "another name"),
        (Identity::Expired, None, "isn't valid any more"),
        (Identity::SelfSignedCa, None, "is a CA's own (CA:TRUE)"),
    ] {
        let (rekor, own) = with_tls(identity);
        let roots = file(&roots.unwrap_or(own));
        let log = not_yet(trusting(rekor.job(), &roots), reason);
        assert!(
            log.contains("Trillian can't be asked at 127.0.0.1:"),
            "{log}"
        );
        assert!(rekor.trillian.calls.log().is_empty());
    }
}

#[test]
fn one_side_without_tls_is_named() {
    let (_, roots) = with_tls(Identity::OfCa);
    let roots = file(&roots);
    not_yet(trusting(Rekor::set().job(), &roots), "it doesn't speak TLS");
    let (rekor, _) = with_tls(Identity::OfCa);
    not_yet(rekor.job(), "--tls_cert_file");
}

#[test]
fn a_target_of_dns_is_the_same_server() {
    let rekor = Rekor::set();
    let address = format!("--admin_server=dns:///{}", rekor.trillian.address());
    rekor.job().args([address]).run().assert(0, &["done"]);
    rekor.check();
}

#[test]
fn an_address_that_grpc_cannot_use_is_a_wrong_flag() {
    for (address, reason) in [
        ("http://log-server:80", "host:port"),
        ("log-server", "host:port"),
        ("log-server:99999", "from 1 to 65535"),
        ("$(TRILLIAN):80", "was to be replaced"),
        ("unix:///run/trillian.sock", "host:port"),
    ] {
        let rekor = Rekor::set();
        let outcome = rekor
            .job()
            .args([format!("--admin_server={address}")])
            .run();
        assert_eq!(outcome.code, 2, "{}", outcome.log);
        assert!(outcome.log.contains(reason), "{}", outcome.log);
    }
}

/// The API server's name leads nowhere but through the proxy.
#[test]
fn the_api_server_is_reached_through_the_proxy_that_kubectl_takes() {
    for variable in ["HTTPS_PROXY", "https_proxy"] {
        let rekor = Rekor::set();
        let proxy = Proxy::start(&rekor.kubernetes);
        let job = rekor.job().behind(&proxy).env(variable, &proxy.url());
        job.env("NO_PROXY", "localhost,127.0.0.1,.svc")
            .run()
            .assert(0, &["done"]);
        rekor.check();
        let asked = proxy.asked();
        assert!(
            asked[0].starts_with("CONNECT kubernetes.example:6443 "),
            "{asked:?}"
        );
    }
}

#[test]
fn the_api_server_is_reached_directly_where_kubectl_would_do_so() {
    // Nobody listens at that proxy.
    let nobody = Address::reserve();
    let proxy = format!("http://{}", nobody.get());
    for variable in ["HTTP_PROXY", "HTTPS_PROXY"] {
        let rekor = Rekor::set();
        rekor.job().env(variable, &proxy).run().assert(0, &["done"]);
    }
    let rekor = Rekor::set();
    let proxy = Proxy::start(&rekor.kubernetes);
    let job = rekor.job().behind(&proxy).env("HTTPS_PROXY", &proxy.url());
    not_yet(
        job.env("NO_PROXY", "*.example"),
        "the API server can't be reached",
    );
    assert!(proxy.asked().is_empty());
}

/// `hack/tls.sh` starts one, and names its address, and a folder with `ca.pem`, where this
/// leaves the `tree`.
#[test]
fn a_real_trillian_speaks_tls_with_us() {
    // Without one there is nothing to ask.
    let Ok(address) = env::var("TEST_TRILLIAN_TLS") else {
        return;
    };
    let folder = PathBuf::from(env::var("TEST_TRILLIAN_TLS_FOLDER").unwrap());
    let rekor = Rekor::set();
    let (_, foreign) = with_tls(Identity::OfCa);
    let foreign = file(&foreign);
    let at = |address: &str| rekor.job().args([format!("--admin_server={address}")]);
    not_yet(at(&address), "--tls_cert_file");
    not_yet(trusting(at(&address), &foreign), "none of the CAs");
    let roots = file(&fs::read_to_string(folder.join("ca.pem")).unwrap());
    // The name is the certificate's, the address isn't.
    let by_address = address.replace("localhost", "127.0.0.1");
    not_yet(trusting(at(&by_address), &roots), "another name");
    for address in [format!("dns:///{address}"), address] {
        trusting(at(&address), &roots).run().assert(0, &["done"]);
    }
    fs::write(folder.join("tree"), rekor.published()).unwrap();
}

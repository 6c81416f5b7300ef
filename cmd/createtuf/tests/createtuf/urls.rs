//! Where clients are told to go.

use super::*;

/// Whatever is published as a URL has been parsed as clients parse it.
#[test]
fn urls_that_no_client_could_use_are_refused_with_a_reason() {
    let tuf = Tuf::set();
    let before = tuf.0.objects();
    for flag in [
        "--fulcio-url",
        "--rekor-url",
        "--ctlog-url",
        "--tsa-url",
        "--oidc-issuer",
    ] {
        for (url, reason) in [
            ("https://$(REKOR_HOST)", "$"),
            ("https://${HOST}/api", "$"),
            ("https://<your-host>", "<"),
            ("https://rekor.example.com:99999", "port"),
            ("https://https://rekor.example.com", "twice"),
            ("https://user:password@rekor.example.com", "password"),
            ("http://[fd00::1", "["),
            ("rekor.example.com", "http:// or https://"),
            ("ftp://rekor.example.com", "http:// or https://"),
            ("https://", "http:// or https://"),
            ("https://rekor example.com", "' '"),
            ("", "http:// or https://"),
        ] {
            let outcome = tuf.run(&[&format!("{flag}={url}")]);
            assert_eq!(outcome.code, 2, "{flag}={url}: {}", outcome.log);
            let line = outcome.log.lines().find(|line| line.contains("error"));
            let line = line.unwrap_or_default();
            assert!(
                line.contains(flag) && line.contains(reason),
                "{url}: {}",
                outcome.log
            );
        }
    }
    assert_eq!(before, tuf.0.objects());
}

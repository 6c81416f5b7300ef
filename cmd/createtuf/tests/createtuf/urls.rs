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
            let outcome = tuf.run_by_flags(&[&format!("{flag}={url}")]);
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

const URLS: [(&str, &str); 5] = [
    ("fulcio", "--fulcio-url"),
    ("rekor", "--rekor-url"),
    ("ctlog", "--ctlog-url"),
    ("tsa", "--tsa-url"),
    ("issuer", "--oidc-issuer"),
];
const ADDRESSES: &str = "ConfigMap tuf-system/addresses";

/// Whatever is said in the ConfigMap is what the flags would have said.
#[test]
fn clients_are_told_what_the_config_map_says() {
    let (said, by_flags) = (Tuf::set(), Tuf::set());
    let mut flags = vec![];
    for (entry, flag) in URLS {
        let url = format!("https://{entry}.example.com/a");
        said.set_address(entry, Some(&url));
        flags.push(format!("{flag}={url}"));
    }
    said.run(&[]).assert(0, &["done"]);
    let flags: Vec<_> = flags.iter().map(String::as_str).collect();
    by_flags.run_by_flags(&flags).assert(0, &["done"]);
    let urls = |tuf: &Tuf| {
        let targets = ["trusted_root.json", "signing_config.v0.2.json"];
        let texts = targets.map(|target| {
            String::from_utf8(tuf.repository().target(target).unwrap().into()).unwrap()
        });
        let texts = texts.concat();
        let words = texts.split('"').filter(|word| word.starts_with("https://"));
        words.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(urls(&said), urls(&by_flags));
    for (entry, _) in URLS {
        let url = format!("https://{entry}.example.com/a");
        assert!(urls(&said).contains(&url), "{url}");
    }
}

/// The Job and the CronJob have one source, so what the one publishes the other finds. A flag of
/// one of the two would part them.
#[test]
fn no_flag_contradicts_the_config_map() {
    let tuf = Tuf::set();
    let before = tuf.0.objects();
    let tiles = [("", "--rekor-tiles-url"), ("", "--ctlog-tiles-url")];
    for (_, flag) in URLS.into_iter().chain(tiles) {
        let outcome = tuf.run(&[&format!("{flag}=https://example.com")]);
        assert_eq!(outcome.code, 2, "{}", outcome.log);
        for name in [flag, "--addresses", "cannot be used with"] {
            assert!(outcome.log.contains(name), "{}", outcome.log);
        }
    }
    assert_eq!(before, tuf.0.objects());
}

/// Each address, changed after the first run: refused, reported by the CronJob, and published when
/// it is accepted; then the CronJob has nothing to report.
#[test]
fn a_changed_address_is_refused_until_it_is_accepted() {
    let told = |outcome: &Outcome| outcome.log.contains("WARN not published: ");
    for (entry, _) in URLS {
        let tuf = Tuf::published();
        let outcome = tuf.run(&["--renew"]);
        outcome.assert(0, &["done"]);
        assert!(!told(&outcome), "{}", outcome.log);
        let url = format!("https://{entry}.example.com");
        tuf.set_address(entry, Some(&url));
        tuf.assert_refused(&[], &[&url, &tuf.address_before(entry), "--accept-changes"]);
        let outcome = tuf.run(&["--renew"]);
        outcome.assert(0, &["done"]);
        assert!(
            told(&outcome) && outcome.log.contains(&url),
            "{}",
            outcome.log
        );
        tuf.run(&["--accept-changes"]).assert(0, &[]);
        let outcome = tuf.run(&["--renew"]);
        assert!(!told(&outcome), "{}", outcome.log);
        tuf.run(&[]).assert(0, &["done"]);
    }
}

impl Tuf {
    fn address_before(&self, entry: &str) -> String {
        Self::set().address(entry)
    }
}

/// What is wrong with an address is told with the entry to correct, and keeps nothing from being
/// renewed.
#[test]
fn an_address_that_no_client_could_use_is_refused_with_its_entry() {
    for entry in ["fulcio", "rekor", "ctlog", "tsa", "tuf", "issuer"] {
        let tuf = Tuf::published();
        for (url, reason) in [
            (Some("https://$(HOST)"), "was to be replaced"),
            (Some("https://${HOST}"), "was to be replaced"),
            (Some("https://<host>"), "was to be replaced"),
            (Some("ftp://a.example.com"), "http:// or https://"),
            (Some("a.example.com"), "http:// or https://"),
            (Some(""), "is missing"),
            (None, "is missing"),
        ] {
            // Nobody is told of that one by us.
            if entry == "tuf" && reason == "is missing" {
                continue;
            }
            tuf.set_address(entry, url);
            let object = format!("{entry:?} of {ADDRESSES} ");
            tuf.assert_refused(&[], &[&object, reason, "put the URL there"]);
            let outcome = tuf.run(&["--renew"]);
            outcome.assert(0, &["done"]);
            let warning = "WARN renewed without a look at the inputs: ";
            assert!(outcome.log.contains(warning), "{}", outcome.log);
        }
    }
    let tuf = Tuf::set();
    tuf.set_address("recor", Some("https://rekor.example.com"));
    tuf.assert_refused(
        &[],
        &[
            "\"recor\" of ",
            ADDRESSES,
            "is no address",
            "fulcio, rekor,",
        ],
    );
}

#[test]
fn addresses_that_arent_there_yet_are_waited_for() {
    let tuf = Tuf::set();
    let addresses = tuf.0.config_map(NAMESPACE, "addresses");
    tuf.0.delete("ConfigMap", NAMESPACE, "addresses");
    let mut job = tuf.job().start();
    let missing = format!("{ADDRESSES} isn't there yet (kubectl apply makes it)");
    job.wait_for_line(&missing);
    assert!(tuf.secret("tuf-keys").is_empty());
    let entries = addresses.iter();
    let entries: Vec<_> = entries
        .map(|(entry, url)| (entry.as_str(), url.as_str()))
        .collect();
    tuf.0.set_config_map(NAMESPACE, "addresses", &entries);
    job.wait().assert(0, &["done"]);
}

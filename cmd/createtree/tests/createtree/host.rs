//! Rekor's name in its checkpoints: the host in its address.

use testbed::suite::Scene as _;

use super::Rekor;

const ADDRESSES: &str = "ConfigMap tuf-system/addresses";

impl Rekor {
    fn set_address(&self, url: &str) {
        self.set_addresses(&[("rekor", url)]);
    }

    fn set_addresses(&self, entries: &[(&str, &str)]) {
        self.kubernetes
            .set_config_map("tuf-system", "addresses", entries);
    }

    fn host(&self) -> Option<String> {
        let mut entries = self.kubernetes.config_map("rekor-system", "rekor-config");
        entries.remove("host")
    }
}

/// Rekor waits for both, and starts with one write.
#[test]
fn the_host_comes_with_the_tree() {
    for (url, host) in [
        ("http://rekor.rekor-system.svc", "rekor.rekor-system.svc"),
        ("https://rekor.example.com:8443/v1", "rekor.example.com"),
    ] {
        let rekor = Rekor::set();
        rekor.set_address(url);
        rekor.job().run().assert(0, &["done"]);
        rekor.check();
        assert_eq!(rekor.host().as_deref(), Some(host));
        let calls = &rekor.kubernetes.calls;
        assert_eq!(calls.count("create configmaps"), 1);
        assert_eq!(calls.count("update configmaps"), 0);
    }
}

#[test]
fn without_the_flag_there_is_no_host() {
    let rekor = Rekor::set();
    rekor.job_in("ctlog-system").run().assert(0, &["done"]);
    let ctlog = rekor.kubernetes.config_map("ctlog-system", "ctlog-config");
    assert!(ctlog.keys().eq(["treeID"]), "{ctlog:?}");
}

#[test]
fn a_tree_that_was_published_without_a_host_gets_one() {
    let rekor = Rekor::set();
    rekor.job().run().assert(0, &["done"]);
    let id = rekor.published();
    for host in [None, Some(""), Some(" \n")] {
        let mut entries = vec![("treeID", id.as_str())];
        entries.extend(host.map(|host| ("host", host)));
        rekor
            .kubernetes
            .set_config_map("rekor-system", "rekor-config", &entries);
        rekor.job().run().assert(0, &["done"]);
        assert_eq!(rekor.host().as_deref(), Some("rekor.rekor-system.svc"));
        assert_eq!(rekor.published(), id);
    }
}

#[test]
fn another_host_is_refused_until_it_is_accepted() {
    let rekor = Rekor::set();
    rekor.job().run().assert(0, &["done"]);
    rekor.set_address("https://rekor.example.com");
    let difference = r#"is "rekor.rekor-system.svc", Rekor's name in checkpoints, and "rekor" of "#;
    let object = r#""host" of ConfigMap rekor-system/rekor-config"#;
    let texts = [
        object,
        difference,
        ADDRESSES,
        "put that back",
        "--accept-changes",
    ];
    rekor.assert_refused(&[], &texts);
    rekor.assert_refused(&["--accept-changes=false"], &texts);
    let id = rekor.published();
    let outcome = rekor.job().args(["--accept-changes"]).run();
    outcome.assert(0, &["done"]);
    assert!(
        outcome.log.contains("WARN accepted: \"host\" of "),
        "{}",
        outcome.log
    );
    assert_eq!(rekor.host().as_deref(), Some("rekor.example.com"));
    assert_eq!(rekor.published(), id);
    rekor.job().run().assert(0, &["done"]);

    // The same host at another port and with another scheme is no other name.
    rekor.set_address("http://rekor.example.com:3000");
    rekor.job().run().assert(0, &["done"]);
}

/// Before there is a tree, so nothing is left behind.
#[test]
fn an_address_that_is_of_no_use_is_refused_with_its_entry() {
    let rekor = Rekor::set();
    for (entry, url, reason) in [
        ("rekor", "https://$(REKOR_HOST)", "was to be replaced"),
        ("rekor", "https://<host>", "was to be replaced"),
        ("rekor", "rekor.example.com", "http:// or https://"),
        ("rekor", "https://Rekor.example.com", "lower case"),
        ("rekor", "", "is missing"),
        ("tuf", "https://${TUF_HOST}", "was to be replaced"),
        ("recor", "https://rekor.example.com", "is no address"),
    ] {
        rekor.set_addresses(&[("rekor", "https://rekor.example.com"), (entry, url)]);
        let before = rekor.kubernetes.objects();
        let outcome = rekor.job().run();
        let object = format!("refused: {entry:?} of {ADDRESSES} ");
        outcome.assert(3, &[&object, reason]);
        assert_eq!(before, rekor.kubernetes.objects());
        assert!(rekor.trillian.trees().is_empty());
    }
}

#[test]
fn addresses_that_arent_there_yet_are_waited_for() {
    let rekor = Rekor::set();
    let addresses = rekor.kubernetes.config_map("tuf-system", "addresses");
    rekor
        .kubernetes
        .delete("ConfigMap", "tuf-system", "addresses");
    let mut job = rekor.job().start();
    let missing = format!("{ADDRESSES} isn't there yet (kubectl apply makes it)");
    job.wait_for_line(&missing);
    assert!(rekor.trillian.trees().is_empty());
    rekor.set_address(&addresses["rekor"]);
    job.wait().assert(0, &["done"]);
    rekor.check();
}

//! What differs from what is published.

use ctfe::Config;
use testbed::suite::Scene as _;

use crate::{CtLog, UNKNOWN, root};

#[test]
fn a_new_root_is_refused_until_it_is_accepted() {
    let ctlog = CtLog::set();
    ctlog.job().run().assert(0, &["done"]);
    let old = ctlog.private()["rootca"].clone();
    let new = root("new");
    ctlog.fulcio.set_chains(&[&new]);
    for flags in [&[][..], &["--accept-changes=false"]] {
        let texts = [
            "Secret ctlog-system/ctlog-secret has other roots",
            "CN=new",
            "--accept-changes",
        ];
        ctlog.assert_refused(flags, &texts);
    }
    ctlog
        .job()
        .args(["--accept-changes"])
        .run()
        .assert(0, &["done"]);
    assert_eq!(ctlog.private()["rootca"], [old, new.into_bytes()].concat());
    ctlog.job().run().assert(0, &["done"]);
}

#[test]
fn another_tree_is_refused() {
    let ctlog = CtLog::set();
    ctlog.job().run().assert(0, &["done"]);
    ctlog.publish_tree("43");
    for flags in [&[][..], &["--accept-changes"]] {
        let texts = [
            "\"config\" of Secret ctlog-system/ctlog-secret is for tree 42",
            "\"treeID\" of ConfigMap ctlog-system/ctlog-config is 43",
        ];
        ctlog.assert_refused(flags, &texts);
    }
    ctlog.publish_tree("no number");
    ctlog.assert_refused(
        &[],
        &[
            "\"treeID\" of ConfigMap ctlog-system/ctlog-config is \"no number\"",
            "correct it",
        ],
    );
}

#[test]
fn changed_flags_are_refused_until_they_are_accepted() {
    for (flag, name) in [
        ("--log-prefix=new", "--log-prefix"),
        ("--trillian-server=new:80", "--trillian-server"),
        ("--private-key-path=/new", "--private-key-path"),
        ("--roots-path=/new", "--roots-path"),
    ] {
        let ctlog = CtLog::set();
        ctlog.job().run().assert(0, &["done"]);
        ctlog.assert_refused(
            &[flag],
            &["\"config\" of Secret ctlog-system/ctlog-secret isn't", name],
        );
        let accepted = || ctlog.job().args([flag, "--accept-changes=true"]);
        accepted().run().assert(0, &["done"]);
        let log = format!("{:?}", ctlog.private()["config"]);
        accepted().run().assert(0, &["done"]);
        assert_eq!(log, format!("{:?}", ctlog.private()["config"]));
    }
}

#[test]
fn a_broken_configuration_is_refused_and_one_for_another_key_too() {
    let ctlog = CtLog::set();
    ctlog.job().run().assert(0, &["done"]);
    let other = CtLog::set();
    other.job().run().assert(0, &["done"]);
    let mut entries = ctlog.private();
    for (config, text) in [
        (b"no configuration".to_vec(), "correct it, or remove it"),
        (other.private()["config"].clone(), "is for another key"),
    ] {
        entries.insert("config".into(), config);
        ctlog
            .kubernetes
            .set_secret("ctlog-system", "ctlog-secret", &entries);
        ctlog.assert_refused(
            &[],
            &["\"config\" of Secret ctlog-system/ctlog-secret ", text],
        );
    }
}

#[test]
fn what_is_unknown_in_the_configuration_stays_in_the_secret() {
    let ctlog = CtLog::set();
    let original = ctlog.set_original();
    ctlog.job_after_the_original().run().assert(0, &["done"]);
    assert_eq!(
        ctlog.log().password,
        Config::parse(&original["config"])
            .unwrap()
            .log()
            .unwrap()
            .password
    );
    let complete = String::from_utf8(ctlog.private()["config"].clone()).unwrap();
    assert!(complete.contains(UNKNOWN), "{complete}");
    let copy = ctlog.kubernetes.config_map("ctlog-system", "ctlog-config");
    assert!(copy["config"].contains("sigstorescaffolding"));
    assert!(!copy["config"].contains("hush"), "{}", copy["config"]);
}

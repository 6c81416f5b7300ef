//! The key: a new one, the user's own, the original's.

use std::fs;

use ctfe::Config;
use keys::PrivateKey;
use testbed::{
    Entries, Fault, documented, material,
    suite::{Pair as _, Scene as _, Story as _},
};

use crate::{CtLog, UNKNOWN};

#[test]
fn a_password_can_be_given_in_three_ways() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), "given-in-a-file\n").unwrap();
    let in_file = format!("--key-password-file={}", file.path().display());
    let given = |ctlog: &CtLog| String::from_utf8(ctlog.private()["password"].clone()).unwrap();

    let ctlog = CtLog::set();
    ctlog.job().args([in_file]).run().assert(0, &["done"]);
    assert_eq!(given(&ctlog), "given-in-a-file");
    let ctlog = CtLog::set();
    ctlog
        .job()
        .args(["--key-password=given-as-flag"])
        .run()
        .assert(0, &["done"]);
    assert_eq!(given(&ctlog), "given-as-flag");
    let ctlog = CtLog::set();
    ctlog
        .job()
        .env("KEY_PASSWORD", "given-in-env")
        .run()
        .assert(0, &["done"]);
    assert_eq!(given(&ctlog), "given-in-env");

    let outcome = ctlog.job().args(["--key-password=given-later"]).run();
    outcome.assert(0, &["done"]);
    assert!(
        outcome
            .log
            .contains("WARN the password given isn't the one"),
        "{}",
        outcome.log
    );
    assert_eq!(given(&ctlog), "given-in-env");
}

#[test]
fn a_key_of_ones_own_is_imported_and_never_replaces_another() {
    let key = material::key();
    for pem in [
        key.to_encrypted_pem(b"own password"),
        key.to_legacy_pem(b"own password"),
    ] {
        let ctlog = CtLog::set();
        ctlog.allow_own();
        let flags = ["--private-secret=own", "--key-password=own password"];
        let mut job = ctlog.job().args(flags).start();
        job.wait_for_line("\"private\" of Secret ctlog-system/own isn't there yet");
        ctlog.set_own(&pem);
        job.wait().assert(0, &["done"]);
        assert_eq!(ctlog.key().public_key(), key.public_key());

        ctlog.set_own(&material::key().to_encrypted_pem(b"own password"));
        ctlog.assert_refused(
            &flags,
            &["\"private\" of Secret ctlog-system/ctlog-secret is another key"],
        );
        ctlog.set_own("no key");
        ctlog.assert_refused(
            &flags,
            &["\"private\" of Secret ctlog-system/own can't be used (no PEM block"],
        );

        ctlog.kubernetes.delete("Secret", "ctlog-system", "own");
        let before = ctlog.kubernetes.objects();
        ctlog.job().args(flags).run().assert(0, &["done"]);
        ctlog.kubernetes.assert_unchanged(&before);
    }
}

#[test]
fn a_lost_key_is_restored_from_ones_own_secret_and_no_other_key_takes_its_place() {
    for survivors in [
        &["public", "config", "password", "rootca", "fulcio-0"][..],
        &["config"],
        &[],
    ] {
        let ctlog = CtLog::set();
        ctlog.allow_own();
        ctlog.job().run().assert(0, &["done"]);
        let (key, mut entries) = (ctlog.key(), ctlog.private());
        entries.retain(|entry, _| survivors.contains(&entry.as_str()));
        let secrets = &ctlog.kubernetes;
        secrets.set_secret("ctlog-system", "ctlog-secret", &entries);

        let flags = ["--private-secret=own", "--key-password=own password"];
        ctlog.set_own(&material::key().to_encrypted_pem(b"own password"));
        let text = "doesn't belong to the key that --private-secret names";
        ctlog.assert_refused(&flags, &["\"public\" of Secret ctlog-system/ctlog-", text]);

        ctlog.set_own(&key.to_encrypted_pem(b"own password"));
        ctlog.job().args(flags).run().assert(0, &["done"]);
        assert_eq!(ctlog.key().public_key(), key.public_key());
        assert_eq!(ctlog.log().password.as_bytes(), ctlog.private()["password"]);
    }
}

#[test]
fn a_key_in_a_form_that_the_server_does_not_open_is_refused_with_a_way_that_works() {
    let key = material::key();
    for password in [Some("hush"), None] {
        let ctlog = CtLog::set();
        ctlog.allow_own();
        let pem = key.to_encrypted_pem(b"hush");
        let public = Entries::from([("public".into(), key.public_key().to_pem().into())]);
        let kubernetes = &ctlog.kubernetes;
        kubernetes.set_secret("ctlog-system", "ctlog-public-key", &public);
        let rest = password.map(|password| ("password".to_owned(), password.into()));
        let mut entries: Entries = rest.into_iter().collect();
        entries.insert("private".into(), pem.clone().into());
        kubernetes.set_secret("ctlog-system", "ctlog-secret", &entries);
        let flags = match password {
            Some(_) => &[][..],
            None => &["--key-password=hush"],
        };
        ctlog.assert_refused(flags, &["DEK-Info", "\"private\" of another Secret"]);

        ctlog.set_own(&pem);
        entries.remove("private");
        kubernetes.set_secret("ctlog-system", "ctlog-secret", &entries);
        let job = ctlog.job().args(flags).args(["--private-secret=own"]);
        job.run().assert(0, &["done"]);
        assert_eq!(ctlog.key().public_key(), key.public_key());
    }
}

#[test]
fn the_only_copy_of_a_password_is_not_advised_away() {
    let ctlog = CtLog::set();
    let mut entries = ctlog.set_original();
    let config = entries.insert("config".into(), b"no configuration".to_vec());
    let log = Config::parse(&config.unwrap()).unwrap().log().unwrap();
    let set = |entries: &Entries| {
        ctlog
            .kubernetes
            .set_secret("ctlog-system", "ctlog-secret", entries);
    };
    set(&entries);
    let advice = "put its password into \"password\" of that Secret first, then remove it";
    ctlog.assert_refused(
        &[],
        &[
            "\"config\" of Secret ctlog-system/ctlog-secret can't be used (",
            advice,
        ],
    );

    entries.insert("password".into(), log.password.clone().into());
    entries.remove("config");
    set(&entries);
    ctlog.job_after_the_original().run().assert(0, &["done"]);
    assert_eq!(ctlog.log().password, log.password);
}

#[test]
fn the_config_maps_configuration_counts_only_for_a_key_that_the_original_made() {
    let ctlog = CtLog::set();
    let mut entries = ctlog.set_original();
    let config = String::from_utf8(entries.remove("config").unwrap()).unwrap();
    let kubernetes = &ctlog.kubernetes;
    let from_config_map = |entries: &Entries| {
        let config_map = [("treeID", "4205681293847561234"), ("config", &config)];
        kubernetes.set_config_map("ctlog-system", "ctlog-config", &config_map);
        kubernetes.set_secret("ctlog-system", "ctlog-secret", entries);
        // So that a try that fails comes before the one that publishes.
        ctlog
            .fulcio
            .calls
            .fail_once("GET /api/v2/trustBundle", Fault::Status(502));
        ctlog.job_after_the_original().run().assert(0, &["done"]);
        String::from_utf8(ctlog.private()["config"].clone()).unwrap()
    };
    let kept = from_config_map(&entries);
    assert!(kept.contains(UNKNOWN), "{kept}");

    entries.insert("password".into(), ctlog.log().password.into());
    let anew = from_config_map(&entries);
    assert!(!anew.contains(UNKNOWN), "{anew}");
}

#[test]
fn what_the_original_made_is_kept_and_completed() {
    for secret in ["ctlog-secret", "ctlog-rsa"] {
        let ctlog = CtLog::set();
        ctlog.publish_tree("4205681293847561234");
        let original = material::original(secret);
        ctlog
            .kubernetes
            .set_secret("ctlog-system", "ctlog-secret", &original);
        ctlog.job_after_the_original().run().assert(0, &["done"]);
        let entries = ctlog.private();
        let kept = |(key, value): (&String, &Vec<u8>)| entries[key] == *value;
        assert!(original.iter().all(kept), "{secret}");
        assert!(entries.contains_key("password") && entries.contains_key("rootca"));
    }
}

#[test]
fn a_secret_of_ones_own_with_its_key_under_another_name_is_refused() {
    let ctlog = CtLog::set();
    ctlog.allow_own();
    let pem = material::key().to_encrypted_pem(b"hush");
    let own = Entries::from([("tls.key".into(), pem.into())]);
    ctlog.kubernetes.set_secret("ctlog-system", "own", &own);
    let texts = [
        r#"Secret ctlog-system/own holds a key as "tls.key", but none as "private""#,
        r#"patch secret own --type=json -p '[{"op":"copy","from":"/data/tls.key","path":"/data/private"}]'"#,
    ];
    ctlog.assert_refused(&["--private-secret=own"], &texts);
}

#[test]
fn a_key_of_ones_own_is_taken_as_the_documentation_makes_it() {
    let ctlog = CtLog::set();
    ctlog.allow_own();
    let own = documented::own_secret(CtLog::DOCUMENTED, "ctlog-own");
    ctlog.kubernetes.set_secret("ctlog-system", "own", &own);
    let job = ctlog.job().args(["--private-secret=own"]);
    job.run().assert(0, &["done"]);
    let key = PrivateKey::from_pem(&own["private"], None).unwrap();
    assert_eq!(ctlog.key().public_key(), key.public_key());
    ctlog.verify();
}

//! What can't be used, continued or done.

use super::*;

#[test]
fn unusable_inputs_are_refused() {
    let key = material::key();
    let chain = material::timestamping_chain(&key, SystemTime::now(), YEAR);
    let gap = certs::write_bundle([chain.first(), chain.root()]);
    let mut backwards = chain.certificates().to_vec();
    backwards.reverse();
    let backwards = certs::write_bundle(&backwards);
    let expired = material::expired_root(&key, "old").to_pem();
    for (name, key, value, problem) in [
        (
            "fulcio-pub-key",
            "cert",
            "no PEM",
            "\"cert\" of Secret tuf-system/fulcio-pub-key can't be used (",
        ),
        (
            "rekor-pub-key",
            "public",
            "no PEM",
            "\"public\" of Secret tuf-system/rekor-pub-key can't be used (",
        ),
        (
            "tsa-cert-chain",
            "cert-chain",
            &gap,
            "\"cert-chain\" of Secret tuf-system/tsa-cert-chain can't be used (",
        ),
        (
            "tsa-cert-chain",
            "cert-chain",
            &backwards,
            "\"cert-chain\" of Secret tuf-system/tsa-cert-chain can't be used (",
        ),
        (
            "fulcio-pub-key",
            "cert",
            &expired,
            "the certificate CN=old expired at ",
        ),
        (
            "fulcio-pub-key",
            "cert",
            &chain.to_pem(),
            "Fulcio's chain holds a certificate that may not sign",
        ),
    ] {
        let tuf = Tuf::set();
        tuf.put(name, key, value);
        tuf.assert_refused(&[], &[problem]);
    }
}

#[test]
fn a_lost_repository_or_key_is_refused() {
    let tuf = Tuf::published();
    let root = tuf.secret("tuf-root");
    tuf.delete("tuf-root");
    for flags in [&[][..], &["--renew"], &["--accept-changes"]] {
        tuf.assert_refused(
            flags,
            &[
                "Secret tuf-system/tuf-root has no \"repository\", and one was published with the keys of \
                 Secret tuf-system/tuf-keys (root 1, timestamp 1): restore it from a backup",
            ],
        );
    }
    tuf.0.set_secret(NAMESPACE, "tuf-root", &root);

    let keys = tuf.secret("tuf-keys");
    tuf.delete("tuf-keys");
    let lost = [
        "Secret tuf-system/tuf-keys lacks the key ",
        "restore it from a backup",
    ];
    tuf.assert_refused(&[], &lost);
    tuf.assert_refused(&["--renew"], &lost);
    let without = |role: &str| {
        keys.clone()
            .into_iter()
            .filter(|(name, _)| !name.starts_with(role))
            .collect()
    };
    for role in ["root", "snapshot", "targets", "timestamp"] {
        tuf.0.set_secret(NAMESPACE, "tuf-keys", &without(role));
        tuf.assert_refused(
            &[],
            &[
                &format!("of the role {role}, so nothing can be signed"),
                lost[1],
            ],
        );
    }
    tuf.0.set_secret(NAMESPACE, "tuf-keys", &keys);
    tuf.run(&[]).assert(0, &["done"]);
}

/// Whoever writes `tuf-root` without a key must not have withdrawn trust signed anew.
#[test]
fn an_older_repository_is_never_signed_as_the_newest() {
    let tuf = Tuf::published();
    let old = tuf.secret("tuf-root");
    tuf.put("rekor-pub-key", "public", new_key());
    tuf.run(&["--accept-changes"]).assert(0, &["done"]);
    let newest = tuf.secret("tuf-root");
    tuf.0.set_secret(NAMESPACE, "tuf-root", &old);
    for flags in [&[][..], &["--renew"], &["--accept-changes"]] {
        let texts = [
            "Secret tuf-system/tuf-root isn't the repository that was published last",
            "restore",
        ];
        tuf.assert_refused(flags, &texts);
    }
    tuf.0.set_secret(NAMESPACE, "tuf-root", &newest);
    tuf.run(&[]).assert(0, &["done"]);
}

/// Clients walk them, and the newest root says nothing of them.
#[test]
fn another_former_root_is_never_kept() {
    let tuf = Tuf::published();
    tuf.run(&["--rotate=root"]).assert(0, &["done"]);
    let mut files = tuf.repository().files().clone();
    files.get_mut("1.root.json").unwrap().push(b'\n');
    let forged = Repository::new(files).unwrap();
    tuf.put("tuf-root", "repository", forged.to_archive().unwrap());
    let texts = ["Secret tuf-system/tuf-root isn't the repository that was published last"];
    tuf.assert_refused(&["--renew"], &texts);
}

#[test]
fn a_backup_from_before_a_rotation_is_refused() {
    let tuf = Tuf::published();
    let backup = ["tuf-keys", "tuf-root"].map(|name| (name, tuf.secret(name)));
    tuf.run(&["--rotate=root"]).assert(0, &["done"]);
    for (name, entries) in &backup {
        tuf.0.set_secret(NAMESPACE, name, entries);
    }
    for flags in [
        &[][..],
        &["--renew"],
        &["--accept-changes"],
        &["--rotate=root"],
    ] {
        let texts = [
            "Secret tuf-system/tuf-root has root 1, and ConfigMap tuf-system/sigstore-trust told clients of a \
             later one",
            "delete that ConfigMap",
        ];
        tuf.assert_refused(flags, &texts);
    }
    tuf.0.delete("ConfigMap", NAMESPACE, "sigstore-trust");
    tuf.run(&["--renew"]).assert(0, &["done"]);
}

#[test]
fn an_unreadable_record_is_named() {
    let tuf = Tuf::published();
    tuf.put("tuf-keys", "published", "x");
    let texts = [
        "\"published\" of Secret tuf-system/tuf-keys ",
        "restore it from a backup",
    ];
    tuf.assert_refused(&[], &texts);
}

#[test]
fn a_trust_that_clients_have_is_not_followed_by_another_one() {
    let tuf = Tuf::published();
    tuf.delete("tuf-keys");
    tuf.delete("tuf-root");
    let texts = [
        "clients were given a root of trust before",
        "sigstore-trust",
    ];
    tuf.assert_refused(&[], &texts);
    tuf.assert_refused(&["--renew"], &texts);
    tuf.0.delete("ConfigMap", NAMESPACE, "sigstore-trust");
    tuf.run(&[]).assert(0, &["done"]);
}

#[test]
fn damaged_secrets_are_refused() {
    let archive = Tuf::published().secret("tuf-root")["repository"].clone();
    let key = |tuf: &Tuf| {
        tuf.secret("tuf-keys")
            .into_keys()
            .find(|name| name.starts_with("root"))
            .unwrap()
    };
    let tuf = Tuf::published();
    tuf.put("tuf-root", "repository", &archive[..archive.len() / 2]);
    tuf.assert_refused(
        &[],
        &["\"repository\" of Secret tuf-system/tuf-root can't be used (the archive "],
    );
    // Another stack's.
    tuf.put("tuf-root", "repository", archive);
    tuf.assert_refused(&[], &["Secret tuf-system/tuf-keys lacks the key "]);

    let tuf = Tuf::published();
    tuf.put("tuf-keys", &key(&tuf), "no PEM");
    tuf.assert_refused(
        &[],
        &[
            "\"root-",
            ".pem\" of Secret tuf-system/tuf-keys can't be read",
        ],
    );
    let tuf = Tuf::published();
    tuf.put("tuf-keys", "published", "{}");
    tuf.assert_refused(&[], &["\"published\" of Secret tuf-system/tuf-keys "]);
    tuf.put(
        "tuf-keys",
        "published",
        r#"{"root":9,"snapshot":1,"targets":1,"timestamp":1}"#,
    );
    tuf.assert_refused(&[], &["Secret tuf-system/tuf-root has root 1, and root 9 was published before: restore the newest one"]);
}

#[test]
fn a_right_that_is_missing_is_named() {
    for (verb, resource) in [
        ("get", "secrets"),
        ("create", "secrets"),
        ("create", "configmaps"),
        ("update", "secrets"),
    ] {
        let tuf = Tuf::set();
        let mut role = tuf.0.get("Role", NAMESPACE, "createtuf").unwrap();
        let rules = role["rules"].as_array_mut().unwrap();
        for rule in rules
            .iter_mut()
            .filter(|rule| rule["resources"] == json!([resource]))
        {
            rule["verbs"]
                .as_array_mut()
                .unwrap()
                .retain(|allowed| allowed != verb);
        }
        rules.retain(|rule| rule["verbs"] != json!([]));
        tuf.0.apply(&role);
        let outcome = tuf.run(&["--timeout=3s"]);
        outcome.assert(
            1,
            &[
                "is forbidden",
                &format!("cannot {verb} resource \"{resource}\""),
            ],
        );
    }
}

#[test]
fn flags_of_the_original_that_cant_work_are_refused_with_a_reason() {
    let tuf = Tuf::set();
    let before = tuf.0.objects();
    for (flag, reason) in [
        ("--no-k8s", "are in Kubernetes' Secrets"),
        ("--no-k8s=true", "are in Kubernetes' Secrets"),
        ("--target-dir=/tmp", "--rootsecret"),
        ("--mode=init", "is never made anew"),
        ("--mode=init-and-serve", "tufserver serves the repository"),
        ("--mode=serve", "tufserver serves the repository"),
        ("--secret-name=tuf-secrets", "without a Secret in between"),
        ("--trusted-root=false", "records what was trusted before"),
        ("--valid-from=yesterday", "'yesterday'"),
        ("--timestamp-lifetime=30s", "at least an hour"),
        ("--rekor-url=rekor.example.com", "http:// or https://"),
        ("--metadata-targets=maybe", "'maybe'"),
    ] {
        let outcome = tuf.run_by_flags(&[flag]);
        assert_eq!(outcome.code, 2, "{flag}: {}", outcome.log);
        let name = flag.split('=').next().unwrap();
        assert!(
            outcome.log.contains(name) && outcome.log.contains(reason),
            "{}",
            outcome.log
        );
    }
    assert_eq!(before, tuf.0.objects());
    let harmless = [
        "--no-k8s=F",
        "--mode=init-no-overwrite",
        "--trusted-root",
        "--metadata-targets=false",
        "--signing-config=false",
    ];
    tuf.run(&harmless).assert(0, &["done"]);
    assert!(tuf.repository().target("rekor.pub").is_none());
    assert!(
        tuf.repository()
            .target("signing_config.v0.2.json")
            .is_none()
    );
}

#[test]
fn a_clock_before_the_last_signature_is_refused() {
    let tuf = Tuf::published();
    let signed = tuf.secret("tuf-keys")["published-at"].clone();
    tuf.put("tuf-keys", "published-at", "2199-01-01T00:00:00Z");
    for flags in [
        &[][..],
        &["--renew"],
        &["--rotate=root"],
        &["--accept-changes"],
    ] {
        tuf.assert_refused(
            flags,
            &[
                "the clock is at 20",
                " h before Secret tuf-system/tuf-root was signed last: set the clock",
                "remove \"published-at\" from Secret tuf-system/tuf-keys",
            ],
        );
    }
    tuf.put("tuf-keys", "published-at", "yesterday");
    tuf.assert_refused(
        &[],
        &["\"published-at\" of Secret tuf-system/tuf-keys is no time"],
    );
    tuf.put("tuf-keys", "published-at", signed);
    let before = tuf.0.objects();
    tuf.run(&[]).assert(0, &["done"]);
    assert_eq!(before, tuf.0.objects());
}

#[test]
fn a_key_that_isnt_the_roles_is_refused_by_name() {
    let tuf = Tuf::published();
    let mut keys = tuf.secret("tuf-keys");
    keys.retain(|name, _| !name.starts_with("root-"));
    keys.insert(
        "root.pem".into(),
        openssl(&["genpkey", "-algorithm", "ed25519"]).into(),
    );
    tuf.0.set_secret(NAMESPACE, "tuf-keys", &keys);
    let texts = [
        "of the role root (\"root.pem\" is another), so nothing can be signed",
        "restore it from a backup",
    ];
    tuf.assert_refused(&[], &texts);
    tuf.assert_refused(&["--rotate=root"], &texts);
}

#[test]
fn entries_of_others_count_for_the_secrets_limit() {
    let tuf = Tuf::published();
    let used: usize = tuf.secret("tuf-root").values().map(Vec::len).sum();
    tuf.put("tuf-root", "notes", vec![b'x'; 1024 * 1024 - used]);
    tuf.run(&[]).assert(0, &["done"]);
    tuf.put("rekor-pub-key", "public", new_key());
    tuf.assert_refused(
        &["--accept-changes"],
        &[
            "Secret tuf-system/tuf-root would take 10",
            "that aren't createtuf's",
        ],
    );
}

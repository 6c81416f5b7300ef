//! The inputs change, and time passes.

use super::*;

#[test]
fn changed_inputs_are_refused_until_the_change_is_accepted() {
    let tuf = Tuf::published();
    tuf.put("rekor-pub-key", "public", new_key());
    tuf.assert_refused(
        &[],
        &[
            "Secret tuf-system/tuf-root differs from the inputs (",
            "Rekor's key with the log ID ",
            " isn't published",
            " is published, but not among the inputs",
            "--accept-changes",
        ],
    );
    tuf.assert_refused(&["--accept-changes=false"], &["--accept-changes"]);
    let outcome = tuf.run(&["--accept-changes"]);
    outcome.assert(0, &["done"]);
    let accepted = "WARN accepted: Rekor's key with the log ID ";
    assert_eq!(outcome.log.matches(accepted).count(), 2, "{}", outcome.log);
    assert_eq!(
        tuf.recorded(),
        Versions {
            root: 1,
            snapshot: 2,
            targets: 2,
            timestamp: 2
        }
    );
    let logs = tuf.trusted_root()["tlogs"].clone();
    assert_eq!(logs.as_array().unwrap().len(), 2);
    assert!(logs[0]["publicKey"]["validFor"]["end"].is_string());
    let settled = tuf.0.objects();
    tuf.run(&[]).assert(0, &["done"]);
    assert_eq!(settled, tuf.0.objects());
}

#[test]
fn a_moved_service_is_refused_until_the_change_is_accepted() {
    let tuf = Tuf::published();
    tuf.set_address("rekor", Some("https://rekor.example.com"));
    let difference =
        "Rekor is at https://rekor.example.com (published: http://rekor.rekor-system.svc)";
    tuf.assert_refused(&[], &[difference]);
    tuf.run(&["-accept-changes"]).assert(0, &["done"]);
    assert_eq!(
        tuf.trusted_root()["tlogs"][0]["baseUrl"],
        "https://rekor.example.com"
    );
}

#[test]
fn renewal_publishes_no_change_and_reports_it() {
    let tuf = Tuf::published();
    tuf.put("rekor-pub-key", "public", new_key());
    let before = tuf.0.objects();
    for flags in [&["--renew"][..], &["--renew", "--accept-changes"]] {
        let outcome = tuf.run(flags);
        outcome.assert(0, &["done"]);
        assert!(
            outcome
                .log
                .contains("WARN not published: Rekor's key with the log ID "),
            "{}",
            outcome.log
        );
        assert_eq!(before, tuf.0.objects());
    }
}

#[test]
fn renewal_reports_a_chain_that_is_ending() {
    let tuf = Tuf::set();
    let root = material::root(&material::key(), "sigstore", YEAR / 2);
    tuf.put("fulcio-pub-key", "cert", root.to_pem());
    tuf.run(&[]).assert(0, &["done"]);
    let outcome = tuf.run(&["--renew"]);
    outcome.assert(0, &["done"]);
    let text = "WARN \"cert\" of Secret tuf-system/fulcio-pub-key: CN=sigstore expires at ";
    assert!(outcome.log.contains(text), "{}", outcome.log);
}

/// A write that nobody waits for any longer may still be done, while another run is on its way.
#[test]
fn a_repository_that_is_written_late_is_gone_on_with() {
    let tuf = Tuf::published();
    let calls = &tuf.0.calls;
    let before = tuf.secret("tuf-root");
    tuf.put("rekor-pub-key", "public", new_key());
    calls.fail_after(1, "update secrets tuf-system/tuf-keys", Fault::Status(500));
    let gives_up = ["--accept-changes", "--timeout=1s"];
    tuf.run(&gives_up).assert(1, &["tuf-keys"]);
    calls.heal();
    let late = tuf.secret("tuf-root");
    assert_ne!(late, before);
    tuf.0.set_secret(NAMESPACE, "tuf-root", &before);

    let published = "update secrets tuf-system/tuf-root";
    let count = calls.count(published);
    calls.fail(published, Fault::Status(500));
    let job = tuf.job().args(["--renew"]).start();
    calls.wait_for(published, count + 2);
    tuf.0.set_secret(NAMESPACE, "tuf-root", &late);
    calls.heal();
    job.wait().assert(0, &["done"]);
    assert_eq!(
        tuf.secret("tuf-keys")["published-trust"],
        tuf.repository().trust_digest().as_bytes()
    );
    assert_eq!(tuf.trusted_root()["tlogs"].as_array().unwrap().len(), 2);
}

#[test]
fn renewal_depends_on_no_input() {
    for (version, (name, value)) in [
        ("tsa-cert-chain", None),
        ("rekor-pub-key", Some("no PEM".to_owned())),
        (
            "fulcio-pub-key",
            Some(material::expired_root(&material::key(), "old").to_pem()),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let tuf = Tuf::published();
        match value {
            None => tuf.delete(name),
            Some(value) => {
                let key = tuf.secret(name).into_keys().next().unwrap();
                tuf.put(name, &key, value);
            }
        }
        // Half of a longer life is over at once.
        let outcome = tuf.run(&["--renew", "--timestamp-lifetime=2y"]);
        outcome.assert(0, &["done"]);
        assert!(
            outcome
                .log
                .contains("WARN renewed without a look at the inputs: "),
            "{version}: {}",
            outcome.log
        );
        assert_eq!(tuf.repository().versions().timestamp, 2);
        assert_eq!(tuf.recorded().timestamp, 2);
    }
}

#[test]
fn a_refused_change_keeps_nothing_from_being_renewed() {
    let tuf = Tuf::published();
    tuf.put("rekor-pub-key", "public", new_key());
    tuf.run(&["--root-lifetime=30y"])
        .assert(3, &["--accept-changes"]);
    let repository = tuf.repository();
    assert_eq!(
        repository.versions(),
        Versions {
            root: 2,
            ..Versions {
                root: 0,
                snapshot: 1,
                targets: 1,
                timestamp: 1
            }
        }
    );
    assert_eq!(tuf.secret("tuf-root")["root"], repository.root());
    assert!(repository.files().contains_key("1.root.json"));
}

#[test]
fn there_is_nothing_to_renew_before_the_first_run() {
    let tuf = Tuf::set();
    let before = tuf.0.objects();
    let outcome = tuf.run(&["--renew", "--timeout=2s"]);
    outcome.assert(
        1,
        &["\"repository\" of Secret tuf-system/tuf-root isn't there yet (createtuf without --renew and --rotate makes it)"],
    );
    assert_eq!(before, tuf.0.objects());
}

/// What a person has to do is the last line, also when the answer to what was written got lost.
#[test]
fn the_last_line_names_the_servers_to_restart_in_their_order() {
    let key = material::key();
    let fulcio = (
        "fulcio-pub-key",
        "cert",
        material::root(&key, "new", YEAR).to_pem(),
    );
    let rekor = ("rekor-pub-key", "public", new_key());
    let ctlog = ("ctlog-public-key", "public", new_key());
    let chain = material::timestamping_chain(&key, SystemTime::now(), YEAR).to_pem();
    let tsa = ("tsa-cert-chain", "cert-chain", chain);
    for (changes, servers) in [
        (vec![rekor.clone()], "the TUF server, Rekor"),
        (vec![ctlog.clone()], "the CT log, the TUF server"),
        (vec![fulcio.clone()], "the CT log, the TUF server, Fulcio"),
        (vec![tsa.clone()], "the TUF server, the timestamp authority"),
        (
            vec![fulcio, rekor, ctlog, tsa],
            "the CT log, the TUF server, Fulcio, Rekor, the timestamp authority",
        ),
    ] {
        let tuf = Tuf::published();
        for (name, key, value) in changes {
            tuf.put(name, key, value);
        }
        tuf.0
            .calls
            .fail_once("update secrets tuf-system/tuf-root", Fault::DropAfter);
        let line = format!("done: within 1day, restart in this order: {servers}");
        let outcome = tuf.run(&["--accept-changes"]);
        outcome.assert(0, &[&line]);
        assert!(outcome.log.trim_end().ends_with(&line), "{}", outcome.log);
        let again = tuf.run(&["--accept-changes"]);
        assert!(again.log.trim_end().ends_with("done"), "{}", again.log);
    }
}

#[test]
fn what_is_replaced_overlaps_with_what_replaces_it() {
    for (flags, hours) in [
        (&[][..], 24),
        (&["--overlap=0s"], 0),
        (&["--overlap=7d"], 7 * 24),
    ] {
        let tuf = Tuf::published();
        tuf.put("rekor-pub-key", "public", new_key());
        let before = SystemTime::now();
        tuf.run(&[&["--accept-changes"], flags].concat())
            .assert(0, &["done"]);
        let end = tuf.trusted_root()["tlogs"][0]["publicKey"]["validFor"]["end"].clone();
        let end = humantime::parse_rfc3339(end.as_str().unwrap()).unwrap();
        let overlap = end.duration_since(before).unwrap().as_secs();
        assert!(
            (hours * 3600..hours * 3600 + 60).contains(&overlap),
            "{overlap}"
        );
    }
}

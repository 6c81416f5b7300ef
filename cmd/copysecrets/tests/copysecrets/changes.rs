//! Sources that differ from their copies, and whatever else is refused.

use certs::read_bundle;
use keys::PublicKey;
use serde_json::json;
use testbed::{Entries, material, suite::Scene as _, suite::Story as _};

use crate::{Tuf, entries, new_sources, sources};

#[test]
fn a_source_that_changed_is_refused_until_the_change_is_accepted() {
    let tuf = Tuf::set();
    tuf.job().run().assert(0, &["done"]);
    let new = material::key().public_key().to_pem();
    tuf.set_source("rekor-system", "rekor-pub-key", "public", &new);
    let before = tuf.0.objects();
    for flags in [&[][..], &["--accept-changes=false"]] {
        let outcome = tuf.job().args(flags).run();
        outcome.assert(
            3,
            &[
                "\"public\" of Secret rekor-system/rekor-pub-key isn't what Secret \
                 tuf-system/rekor-pub-key has",
                "--accept-changes",
            ],
        );
        tuf.0.assert_unchanged(&before);
    }
    for flag in [
        "--accept-changes",
        "--accept-changes=true",
        "-accept-changes",
    ] {
        let new = material::key().public_key().to_pem();
        tuf.set_source("rekor-system", "rekor-pub-key", "public", &new);
        tuf.job().args([flag]).run().assert(0, &["done"]);
        assert_eq!(tuf.copy("rekor-pub-key")["public"], new.as_bytes());
    }
}

#[test]
fn every_change_is_named_when_it_is_refused_and_when_it_is_accepted() {
    let tuf = Tuf::set();
    tuf.job().run().assert(0, &["done"]);
    // Of several certificates the first: all of them are new.
    let digest = |entries: &Entries, entry: &str| {
        let pem = &entries[entry];
        hex::encode(match entry {
            "public" => PublicKey::from_pem(pem).unwrap().log_id(),
            _ => read_bundle(pem).unwrap()[0].fingerprint(),
        })
    };
    let mut changes = vec![];
    for (old, new) in sources().into_iter().zip(new_sources()) {
        let (namespace, name, copy, old) = old;
        let (.., new) = new;
        tuf.0.set_secret(namespace, name, &new);
        for entry in new.keys() {
            changes.push(format!(
                "{entry:?} of Secret {namespace}/{name} isn't what Secret tuf-system/{copy} has \
                 (SHA-256 {} instead of {})",
                digest(&new, entry),
                digest(&old, entry)
            ));
        }
    }
    assert_eq!(changes.len(), 5);

    let before = tuf.0.objects();
    let outcome = tuf.job().run();
    let refusals = changes
        .iter()
        .map(|change| format!("refused: {change}: if that was you, add --accept-changes"));
    let refusals: Vec<_> = refusals.collect();
    outcome.assert(3, &refusals.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(!outcome.log.contains("accepted"), "{}", outcome.log);
    // Kubernetes shows so much of a log as the reason why a pod failed.
    assert!(outcome.log.len() < 2048, "{}", outcome.log.len());
    tuf.0.assert_unchanged(&before);

    let outcome = tuf.job().args(["--accept-changes"]).run();
    outcome.assert(0, &["done"]);
    for change in &changes {
        let line = format!(" WARN accepted: {change}\n");
        assert!(outcome.log.contains(&line), "{line}\n{}", outcome.log);
    }
    tuf.verify();
    let outcome = tuf.job().args(["--accept-changes"]).run();
    assert!(!outcome.log.contains("accepted"), "{}", outcome.log);
}

#[test]
fn nothing_is_copied_or_accepted_when_anything_is_refused() {
    let tuf = Tuf::set();
    tuf.job().run().assert(0, &["done"]);
    let changed = material::key().public_key().to_pem();
    tuf.set_source("fulcio-system", "fulcio-pub-key", "public", &changed);
    tuf.set_source("ctlog-system", "ctlog-public-key", "public", "no PEM");
    tuf.set_source("tsa-system", "tsa-pub-chain", "cert-chain", "no PEM");
    tuf.0.delete("Secret", "tuf-system", "rekor-pub-key");
    let before = tuf.0.objects();
    let unfit = [
        "\"public\" of Secret ctlog-system/ctlog-public-key can't be copied (no PEM block is in it)",
        "\"cert-chain\" of Secret tsa-system/tsa-pub-chain can't be copied (not a PEM file of certificates: no PEM block is in it)",
    ];
    let change = "\"public\" of Secret fulcio-system/fulcio-pub-key isn't what";
    for (flags, expected) in [
        (&[][..], &[unfit[0], unfit[1], change][..]),
        (&["--accept-changes"], &unfit),
    ] {
        let outcome = tuf.job().args(flags).run();
        outcome.assert(3, expected);
        assert!(!outcome.log.contains("accepted"), "{}", outcome.log);
        tuf.0.assert_unchanged(&before);
    }
}

#[test]
fn each_copy_that_cannot_be_written_is_named() {
    let tuf = Tuf::set();
    for name in ["ctlog-public-key", "rekor-pub-key"] {
        tuf.0.apply(&json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"namespace": "tuf-system", "name": name},
            "immutable": true,
        }));
    }
    let outcome = tuf.job().run();
    let refused = "refused: Secret tuf-system/ctlog-public-key is immutable and lacks \"public\"";
    let second = "refused: Secret tuf-system/rekor-pub-key is immutable and lacks \"public\"";
    outcome.assert(3, &[refused, second]);
    assert_eq!(outcome.log.matches("rekor-pub-key is immutable").count(), 1);
}

#[test]
fn a_copy_that_cannot_be_read_is_another() {
    let tuf = Tuf::set();
    let broken = entries([("public", "no PEM".into())]);
    tuf.0.set_secret("tuf-system", "rekor-pub-key", &broken);
    let outcome = tuf.job().run();
    outcome.assert(3, &["isn't what", "instead of what can't be read)"]);
    assert_eq!(tuf.copy("rekor-pub-key"), broken);
    tuf.job()
        .args(["--accept-changes"])
        .run()
        .assert(0, &["done"]);
    tuf.verify();
}

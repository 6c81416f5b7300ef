//! A repository that the Go original made, with the keys it exported.

use std::collections::BTreeSet;

use super::*;

/// The Secrets that the original's Jobs wrote, `--keyssecret` included.
pub(crate) fn originals() -> Tuf {
    let kubernetes = Kubernetes::start();
    for name in [
        "tuf-keys",
        "tuf-root",
        "rekor-pub-key",
        "fulcio-pub-key",
        "ctlog-public-key",
        "tsa-cert-chain",
    ] {
        kubernetes.set_secret(NAMESPACE, name, &material::original(name));
    }
    Tuf(kubernetes)
}

const SECOND: Versions = Versions {
    root: 2,
    snapshot: 2,
    targets: 2,
    timestamp: 2,
};

#[test]
fn the_originals_repository_is_taken_over() {
    let tuf = originals();
    let keys = tuf.secret("tuf-keys");
    // It goes on at once, and what is new in it waits to be accepted.
    tuf.run(&[]).assert(
        3,
        &[
            "Rekor is at http://rekor.rekor-system.svc",
            "--accept-changes",
        ],
    );
    assert_eq!(tuf.repository().versions(), SECOND);
    let first = tuf.repository().files()["1.root.json"].clone();
    assert_eq!(first, material::original("tuf-root")["root"]);

    tuf.run(&["--accept-changes"]).assert(0, &["done"]);
    assert_eq!(tuf.repository().versions().root, 2);
    assert_eq!(tuf.repository().versions().targets, 3);
    assert!(
        tuf.repository()
            .target("signing_config.v0.2.json")
            .is_some()
    );
    let trust = tuf.trusted_root();
    for list in [
        "tlogs",
        "ctlogs",
        "certificateAuthorities",
        "timestampAuthorities",
    ] {
        assert_eq!(trust[list].as_array().unwrap().len(), 1, "{list}");
    }
    for (name, bytes) in &keys {
        assert_eq!(&tuf.secret("tuf-keys")[name], bytes, "{name}");
    }
    let settled = tuf.0.objects();
    tuf.run(&[]).assert(0, &["done"]);
    assert_eq!(settled, tuf.0.objects());

    let all = "--rotate=root,snapshot,targets,timestamp";
    tuf.run(&[all]).assert(0, &["done"]);
    assert_eq!(tuf.repository().versions().root, 3);
    let names: BTreeSet<_> = tuf.secret("tuf-keys").into_keys().collect();
    assert!(
        names.iter().all(|name| !name.ends_with(".json")),
        "{names:?}"
    );
}

#[test]
fn without_all_of_its_keys_the_originals_repository_stays_as_it_is() {
    for role in ["root", "snapshot", "targets", "timestamp"] {
        let tuf = originals();
        let mut keys = tuf.secret("tuf-keys");
        keys.remove(&format!("{role}.json"));
        tuf.0.set_secret(NAMESPACE, "tuf-keys", &keys);
        tuf.assert_refused(
            &["--accept-changes"],
            &[&format!("of the role {role}, so nothing can be signed")],
        );
    }
}

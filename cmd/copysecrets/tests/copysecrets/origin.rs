//! The public half of a log with an origin: neither is copied without the other.

use contract::REKOR_TILES;
use serde_json::json;
use testbed::{Process, material, suite::Scene as _};

use crate::{Tuf, entries};

/// A cluster with the public Secret of a Rekor v2.
fn with_rekor_v2() -> Tuf {
    let tuf = Tuf::set();
    let kubernetes = &tuf.0;
    kubernetes.apply(&json!({
        "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE},
    }));
    let rbac = "rbac.authorization.k8s.io";
    let metadata = json!({"namespace": NAMESPACE, "name": "copysecrets"});
    kubernetes.apply(&json!({
        "apiVersion": format!("{rbac}/v1"), "kind": "Role", "metadata": metadata,
        "rules": [{
            "apiGroups": [""], "resources": ["secrets"], "resourceNames": [NAME], "verbs": ["get"],
        }],
    }));
    kubernetes.apply(&json!({
        "apiVersion": format!("{rbac}/v1"), "kind": "RoleBinding", "metadata": metadata,
        "subjects": [{
            "kind": "ServiceAccount", "namespace": "tuf-system", "name": "copysecrets",
        }],
        "roleRef": {"apiGroup": rbac, "kind": "Role", "name": "copysecrets"},
    }));
    let role = kubernetes.get("Role", "tuf-system", "copysecrets");
    let mut role = role.expect("config/ has it");
    let names = role["rules"][1]["resourceNames"].as_array_mut();
    names.expect("the rule names Secrets").push(NAME.into());
    kubernetes.apply(&role);
    tuf.set_source(NAMESPACE, NAME, "public", &public());
    tuf.set_source(NAMESPACE, NAME, "origin", ORIGIN);
    tuf
}

fn public() -> String {
    material::key().public_key().to_pem()
}

impl Tuf {
    fn job_with_rekor_v2(&self) -> Process<'_> {
        self.job().args([format!("--copy={NAMESPACE}/{NAME}")])
    }
}

#[test]
fn the_origin_is_copied_with_the_key() {
    let tuf = with_rekor_v2();
    tuf.job_with_rekor_v2().run().assert(0, &["done"]);
    assert_eq!(tuf.copy(NAME), tuf.0.secret(NAMESPACE, NAME));
    let before = tuf.0.objects();
    tuf.job_with_rekor_v2().run().assert(0, &["done"]);
    tuf.0.assert_unchanged(&before);
}

#[test]
fn both_are_waited_for() {
    for (there, missing) in [("public", "origin"), ("origin", "public")] {
        let tuf = with_rekor_v2();
        let all = tuf.0.secret(NAMESPACE, NAME);
        let value = String::from_utf8(all[there].clone()).unwrap();
        tuf.0
            .set_secret(NAMESPACE, NAME, &entries([(there, value)]));
        let mut job = tuf.job_with_rekor_v2().start();
        job.wait_for_line(&format!(
            "not yet: {missing:?} of Secret {NAMESPACE}/{NAME} isn't there yet (createsecret makes it)"
        ));
        assert!(tuf.copy(NAME).is_empty());
        tuf.0.set_secret(NAMESPACE, NAME, &all);
        job.wait().assert(0, &["done"]);
        assert_eq!(tuf.copy(NAME), all);
    }
}

#[test]
fn another_origin_is_refused_until_it_is_accepted() {
    let tuf = with_rekor_v2();
    tuf.job_with_rekor_v2().run().assert(0, &["done"]);
    tuf.set_source(NAMESPACE, NAME, "origin", "other.example.com");
    let before = tuf.0.objects();
    let outcome = tuf.job_with_rekor_v2().run();
    let difference = format!(
        "isn't what Secret tuf-system/{NAME} has (\"other.example.com\" instead of \"{ORIGIN}\")"
    );
    outcome.assert(3, &[&difference, "--accept-changes"]);
    tuf.0.assert_unchanged(&before);
    let job = tuf.job_with_rekor_v2().args(["--accept-changes"]);
    job.run().assert(0, &["done"]);
    assert_eq!(tuf.copy(NAME)["origin"], b"other.example.com");
}

#[test]
fn what_is_no_origin_is_not_copied() {
    let tuf = with_rekor_v2();
    for (origin, reason) in [
        ("http://rekor", "without http://"),
        ("rekor\n", "'\\n'"),
        ("a private key", "' '"),
    ] {
        tuf.set_source(NAMESPACE, NAME, "origin", origin);
        let outcome = tuf.job_with_rekor_v2().run();
        outcome.assert(3, &["\"origin\" of", "can't be copied (", reason]);
        assert!(tuf.copy(NAME).is_empty());
    }
}

const NAMESPACE: &str = REKOR_TILES.public.namespace;
const NAME: &str = REKOR_TILES.public.name;
const ORIGIN: &str = "rekor.rekor-tiles-system.svc";

//! Fulcio's configuration, and what the API server calls itself.

use serde_json::json;

use super::*;

/// What API servers call themselves: kubeadm's, an EKS's, another domain's, a short one.
const CLUSTERS: [&str; 4] = [
    "https://kubernetes.default.svc.cluster.local",
    "https://oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF",
    "https://kubernetes.default.svc.example.com",
    "https://kubernetes.default.svc",
];

impl Fulcio {
    fn configure(&self, config: &str) {
        self.0.apply(&json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"namespace": "fulcio-system", "name": "fulcio-config"},
            "data": {"config.yaml": config},
        }));
    }
}

fn listed(urls: &[&str], pattern: &str) -> String {
    let mut text = String::from("oidc-issuers:\n");
    for url in urls {
        text += &format!("  {url}: {{issuer-url: {url}, client-id: sigstore, type: kubernetes}}\n");
    }
    text + &format!("meta-issuers:\n  {pattern}: {{client-id: sigstore, type: kubernetes}}\n")
}

/// Each name in the configuration of each cluster: it is made, or refused with both names before
/// anything is.
#[test]
fn a_cluster_that_is_named_otherwise_than_it_names_itself_is_refused() {
    for cluster in CLUSTERS {
        for name in CLUSTERS {
            let fulcio = Fulcio::set();
            fulcio.0.set_issuer(cluster);
            fulcio.configure(&listed(&[name], "https://kubernetes.*.elsewhere"));
            let outcome = fulcio.job().run();
            // Another cluster's tokens may be taken as well as anybody's.
            if name == cluster || name == CLUSTERS[1] {
                outcome.assert(0, &["done"]);
                continue;
            }
            outcome.assert(
                3,
                &[
                    "\"config.yaml\" of ConfigMap fulcio-system/fulcio-config",
                    name,
                ],
            );
            outcome.assert(3, &[cluster, "docs/issuers.md"]);
            assert!(fulcio.private().is_empty());

            fulcio.configure(&listed(&[name, cluster], "https://kubernetes.*.svc"));
            fulcio.job().run().assert(0, &["done"]);
        }
    }
}

/// As in JSON, and by a pattern.
#[test]
fn every_way_to_write_the_configuration_is_read() {
    let fulcio = Fulcio::set();
    fulcio.0.set_issuer(CLUSTERS[1]);
    let issuers = json!({CLUSTERS[0]: {"IssuerURL": CLUSTERS[0], "ClientID": "sigstore", "Type": "kubernetes"}});
    fulcio.configure(&json!({"OIDCIssuers": issuers}).to_string());
    fulcio.job().run().assert(3, &[CLUSTERS[0], CLUSTERS[1]]);
    fulcio.configure(&listed(
        &[CLUSTERS[0]],
        "https://oidc.eks.*.amazonaws.com/id/*",
    ));
    fulcio.job().run().assert(0, &["done"]);
}

/// What only Fulcio can judge is left to it, and who may not know the issuer doesn't ask again.
#[test]
fn what_cannot_be_known_is_no_reason_to_wait() {
    let fulcio = Fulcio::set();
    fulcio
        .0
        .delete("ConfigMap", "fulcio-system", "fulcio-config");
    let job = || fulcio.job().args(["--timeout=1s"]);
    job().run().assert(
        1,
        &["ConfigMap fulcio-system/fulcio-config isn't there yet (kubectl apply makes it)"],
    );
    fulcio.configure(&listed(&[CLUSTERS[0]], "https://kubernetes.*.svc"));
    job().run().assert(0, &["done"]);
    fulcio.0.set_issuer(CLUSTERS[1]);
    for config in ["", "oidc-issuers: [", "meta-issuers: {}", "{}"] {
        fulcio.configure(config);
        job().run().assert(0, &["done"]);
    }
}

//! The embedded Kubernetes API answers as the real one does.
//!
//! One script asks both. The real server's answers are recorded in `data/kubernetes.txt`, so this
//! needs no cluster. With one, `TEST_KUBECONFIG=<an administrator's> cargo test -p testbed --test
//! kubernetes` asks it anew, and with `UPDATE=1` records what it says.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

mod cluster;
#[path = "../golden/mod.rs"]
mod golden;
mod names;
mod objects;
mod rights;
mod script;

use std::env;

use kube::config::Kubeconfig;
use serde_json::Value;
use testbed::Kubernetes;

use cluster::{Cluster, send};
use script::play;

#[tokio::test]
async fn the_embedded_api_answers_as_the_recorded_one() {
    let embedded = Kubernetes::empty();
    let file = embedded.administrator();
    let kubeconfig = Kubeconfig::read_from(file.path()).unwrap();
    let mut cluster = Cluster::new(kubeconfig, Some(&embedded));
    play(&mut cluster).await;
    golden::compare("kubernetes.txt", &cluster.answers);
}

#[tokio::test]
async fn a_real_api_still_answers_as_recorded() {
    // Without a cluster there is nothing to ask.
    let Some(file) = env::var_os("TEST_KUBECONFIG") else {
        return;
    };
    let mut cluster = Cluster::new(Kubeconfig::read_from(file).unwrap(), None);
    play(&mut cluster).await;
    let namespace = format!("/api/v1/namespaces/{}", cluster.namespace);
    send(
        &cluster.client("admin").await,
        "DELETE",
        &namespace,
        &Value::Null,
    )
    .await;
    match env::var_os("UPDATE") {
        None => golden::compare("kubernetes.txt", &cluster.answers),
        Some(_) => golden::record("kubernetes.txt", &cluster.answers),
    }
}

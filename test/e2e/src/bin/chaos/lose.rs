//! What gets lost, and what has to be there again afterwards.

use anyhow::{Context as _, Result, ensure};
use contract::{
    CONFIG, CTLOG, CTLOG_CONFIG, REKOR_CONFIG, ROOT, SIGSTORE_TRUST, TREE_ID, TUF_ROOT,
};
use e2e::{Cosign, client, process, unchanged};
use k8s_openapi::api::{
    apps::v1::Deployment,
    core::v1::{ConfigMap, PersistentVolumeClaim, Secret},
};
use kube::{
    Resource,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::json;

use crate::{database, stack::Stack};

/// Loses `rekor-config` and the configuration of the CT log, which are made again as they were.
pub(crate) async fn tree_and_config(stack: &Stack) -> Result<()> {
    let cluster = &stack.cluster;
    let tree = async || {
        cluster
            .config_map(REKOR_CONFIG.namespace, REKOR_CONFIG.name)
            .await
    };
    let ctlog = async || {
        cluster
            .secret(CTLOG.private.namespace, CTLOG.private.name)
            .await
    };
    let before = (tree().await?, ctlog().await?);
    let maps = cluster.objects::<ConfigMap>(REKOR_CONFIG.namespace);
    maps.delete(REKOR_CONFIG.name, &DeleteParams::default())
        .await?;
    let secrets = cluster.objects::<Secret>(CTLOG.private.namespace);
    let patch = Patch::Merge(json!({"data": {CONFIG: null}}));
    secrets
        .patch(CTLOG.private.name, &PatchParams::default(), &patch)
        .await?;
    stack.retry().await?;
    process::run("hack/wait.sh", &[]).await?;
    ensure!(
        (tree().await?, ctlog().await?) == before,
        "another tree, or another configuration"
    );
    for server in ["rekor", "ctlog"] {
        let deployments = cluster.objects::<Deployment>(&format!("{server}-system"));
        deployments.restart(server).await?;
    }
    Ok(())
}

/// Loses the TUF repository. The new one has new keys, which every client has to be told. But its
/// `trusted_root.json` is the old one, byte for byte, since the time from which a server's key is
/// valid doesn't depend on when the repository is made.
pub(crate) async fn tuf(stack: &Stack) -> Result<()> {
    let before = (trusted_root(stack).await?, root(stack).await?);
    stack
        .cluster
        .delete_namespaces(&[TUF_ROOT.namespace.into()], false)
        .await?;
    stack.cluster.apply().await?;
    stack.cluster.wait_for_servers().await?;
    ensure!(
        trusted_root(stack).await? == before.0,
        "another trusted_root.json"
    );
    ensure!(root(stack).await? != before.1, "the same root");
    client::both(async |cosign| check_old_root_is_refused(stack, cosign).await).await
}

async fn trusted_root(stack: &Stack) -> Result<Vec<u8>> {
    let trust = stack
        .cluster
        .config_map(SIGSTORE_TRUST.namespace, SIGSTORE_TRUST.name)
        .await?;
    let root = trust.get("trusted_root.json").cloned();
    root.context("sigstore-trust has no trusted_root.json")
}

async fn root(stack: &Stack) -> Result<Vec<u8>> {
    let repository = stack
        .cluster
        .secret(TUF_ROOT.namespace, TUF_ROOT.name)
        .await?;
    repository
        .get(ROOT)
        .cloned()
        .context("tuf-root has no root")
}

/// Checks that a client with the old root fails as the README says, and that its way out works.
async fn check_old_root_is_refused(stack: &Stack, cosign: Cosign) -> Result<()> {
    process::fails(cosign.verify("first"), &["not enough signatures"]).await?;
    let below = ["valid signatures did not meet threshold"];
    process::fails(cosign.initialize_again(), &below).await?;
    cosign.initialize(&stack.cluster).await
}

/// Loses every namespace but that of the database. They are made anew and filled from a backup, as
/// the README says.
pub(crate) async fn all_but_the_database(stack: &Stack) -> Result<()> {
    let cluster = &stack.cluster;
    let mut lost = stack.namespaces.clone();
    lost.retain(|namespace| namespace != "trillian-system");
    let before = cluster.contents(&stack.namespaces).await?;
    let secrets = cluster.list::<Secret>(&lost).await?.into_iter();
    let maps = cluster.list::<ConfigMap>(&lost).await?.into_iter();
    cluster.delete_namespaces(&lost, false).await?;
    let left = cluster.contents(&stack.namespaces).await?;
    ensure!(unchanged(&before, &left).is_err(), "nothing was lost");

    process::run("kubectl", &["apply", "-f", "config/100-namespaces.yaml"]).await?;
    let secrets: Vec<_> = secrets.map(without_version).collect();
    cluster.create(&secrets).await?;
    let maps: Vec<_> = maps.map(without_version).collect();
    cluster.create(&maps).await?;
    stack.retry().await?;
    cluster.wait_for_servers().await?;
    unchanged(&before, &cluster.contents(&stack.namespaces).await?)
}

/// The object as it can be created again.
pub(crate) fn without_version<K: Resource>(mut object: K) -> K {
    let metadata = object.meta_mut();
    metadata.uid = None;
    metadata.resource_version = None;
    object
}

/// Loses the database. Its trees are gone, so the Jobs refuse with the way out.
pub(crate) async fn database(stack: &Stack) -> Result<()> {
    let cluster = &stack.cluster;
    let mut trees = vec![];
    for config in [REKOR_CONFIG, CTLOG_CONFIG] {
        let map = cluster.config_map(config.namespace, config.name).await?;
        let tree = map.get(TREE_ID).context("there is no tree")?;
        trees.push(format!("tree {}", String::from_utf8_lossy(tree)));
    }
    let claims = cluster.objects::<PersistentVolumeClaim>("trillian-system");
    claims
        .delete("data-mysql-0", &DeleteParams::default())
        .await?;
    database::restart().await?;
    database::wait_until_ready().await?;
    let retry = stack.retry().await;
    let failure = format!("{:#}", retry.err().context("no Job misses its tree")?);
    process::says(&failure, &["exit code 3"])?;
    let refused = |tree: &String| process::says(&failure, &[tree, "restore Trillian"]).is_ok();
    ensure!(
        trees.iter().any(refused),
        "the way out for none of {trees:?} is in {failure}"
    );
    Ok(())
}

/// Makes new trees for the keys that exist, as the README says.
pub(crate) async fn start_new_trees() -> Result<()> {
    process::script(&docs::block("docs/backup.md", "## Lost for good")?).await?;
    Ok(())
}

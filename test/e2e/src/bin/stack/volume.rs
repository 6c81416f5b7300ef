//! Volumes that are lost, or put back as they were before.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use e2e::{Cluster, process, wait_until};
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use kube::api::ListParams;
use tempfile::TempDir;

use crate::{clients::Client, entries::Log};

/// Loses a log's volume, puts an older copy of it back, and at last the newest.
pub(crate) async fn lose(cluster: &Cluster, log: Log) -> Result<()> {
    let copies = TempDir::new()?;
    let [older, newest] = ["older", "newest"].map(|name| copies.path().join(name));
    scale(log, 0).await?;
    copy(&volume(cluster, log).await?, &older).await?;
    scale(log, 1).await?;
    cluster.wait_for_servers().await?;
    Client::all()[0].sign(cluster, "meanwhile").await?;
    log.record(cluster).await?;
    scale(log, 0).await?;
    copy(&volume(cluster, log).await?, &newest).await?;

    // The claim takes the volume with it, and a new one gets another.
    let (name, namespace) = (log.name, log.namespace());
    let delete = format!("kubectl --namespace={namespace} delete pvc {name}");
    process::script(&delete).await?;
    cluster.apply().await?;
    scale(log, 1).await?;
    let lost = refused(cluster, log, &["isn't there"]).await;
    let folder = volume(cluster, log).await?;
    put_back(log, &older, &folder).await?;
    let stale = refused(cluster, log, &["has recorded"]).await;
    put_back(log, &newest, &folder).await?;
    cluster.wait_for_servers().await?;
    for (what, message) in [("lost", lost?), ("older", stale?)] {
        println!("      {name}'s volume {what}: {message}");
    }
    Ok(())
}

/// Checks that the log's pod doesn't start, and returns what it says.
async fn refused(cluster: &Cluster, log: Log, words: &[&str]) -> Result<String> {
    let pods = cluster.objects::<Pod>(log.namespace());
    let selected = ListParams::default().labels(&format!("app={}", log.name));
    let last_words = async || {
        let pods = pods.list(&selected).await?.items;
        let statuses = pods.iter().flat_map(|pod| &pod.status);
        let gates = statuses.flat_map(|status| &status.init_container_statuses);
        let states = gates
            .flatten()
            .flat_map(|gate| [&gate.state, &gate.last_state]);
        let ended = states.flatten().find_map(|state| state.terminated.clone());
        anyhow::Ok(ended)
    };
    wait_until("the pod's init container has ended", async || {
        Ok(last_words().await?.is_some())
    })
    .await?;
    let ended = last_words().await?.context("the pod is gone")?;
    let message = ended.message.unwrap_or_default();
    ensure!(
        ended.exit_code == 3,
        "exit code {}: {message}",
        ended.exit_code
    );
    process::says(&message, words)?;
    let servers = pods.list(&selected).await?;
    let started = servers.iter().flat_map(|pod| &pod.status).any(|status| {
        let containers = status.container_statuses.iter().flatten();
        containers
            .into_iter()
            .any(|container| container.started == Some(true))
    });
    ensure!(!started, "{} has started", log.name);
    Ok(message.trim().to_owned())
}

async fn scale(log: Log, replicas: usize) -> Result<()> {
    let (name, namespace) = (log.name, log.namespace());
    let scale = format!("kubectl --namespace={namespace} scale deployment/{name}");
    let gone = format!("kubectl --namespace={namespace} wait --for=delete pod --timeout=2m");
    process::script(&format!("{scale} --replicas={replicas}")).await?;
    match replicas {
        0 => process::script(&format!("{gone} --selector=app={name}")).await?,
        _ => String::new(),
    };
    Ok(())
}

/// The folder of the log's volume on this machine.
async fn volume(cluster: &Cluster, log: Log) -> Result<PathBuf> {
    let claims = cluster.objects::<PersistentVolumeClaim>(log.namespace());
    let claim = claims.get(log.name).await?;
    let name = claim.spec.and_then(|spec| spec.volume_name);
    let name = name.context("the claim has no volume")?;
    Ok(Path::new(VOLUMES).join(format!("{name}_{}_{}", log.namespace(), log.name)))
}

async fn copy(from: &Path, to: &Path) -> Result<()> {
    let (from, to) = (from.display(), to.display());
    process::script(&format!("cp -a {from} {to}")).await?;
    Ok(())
}

/// Puts a copy into a volume's folder, and has the pod look anew.
async fn put_back(log: Log, copy: &Path, folder: &Path) -> Result<()> {
    let (name, namespace) = (log.name, log.namespace());
    let (copy, folder) = (copy.display(), folder.display());
    process::script(&format!(
        "find {folder} -mindepth 1 -delete
        cp -a {copy}/. {folder}
        kubectl --namespace={namespace} delete pod --selector=app={name}"
    ))
    .await?;
    Ok(())
}

/// Where local-path-provisioner makes volumes (hack/cluster.d/volumes.json).
const VOLUMES: &str = "/run/cluster/volumes";

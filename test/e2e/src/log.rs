//! A log that keeps its tree as tiles: how far it is, and how far it was recorded to be.

use anyhow::{Context as _, Result};
use contract::{CHECKPOINT, Published};
use k8s_openapi::{
    api::batch::v1::{CronJob, Job},
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};

use crate::{Cluster, process};

/// The size of the tree that a checkpoint is of, which is its second line.
///
/// # Errors
///
/// That it isn't one.
pub fn size(checkpoint: &[u8]) -> Result<u64> {
    let text = std::str::from_utf8(checkpoint)?;
    let size = text.lines().nth(1).and_then(|size| size.parse().ok());
    size.with_context(|| format!("no checkpoint: {text}"))
}

/// The size of the tree that was recorded last.
///
/// # Errors
///
/// That none was.
pub async fn recorded_size(cluster: &Cluster, log: Published) -> Result<u64> {
    let map = cluster.config_map(log.namespace, log.name).await?;
    size(map.get(CHECKPOINT).context("nothing was recorded")?)
}

/// Records how far the log is: does what `record-log` does, in a Job that isn't the CronJob's,
/// which removes its older ones.
///
/// # Errors
///
/// That it doesn't complete.
pub async fn record(cluster: &Cluster, log: Published, job: &str) -> Result<()> {
    let namespace = log.namespace;
    let recorders = cluster.objects::<CronJob>(namespace);
    let template = recorders.get("record-log").await?.spec;
    let recorder = Job {
        metadata: ObjectMeta {
            name: Some(job.into()),
            namespace: Some(namespace.into()),
            ..ObjectMeta::default()
        },
        spec: template.and_then(|template| template.job_template.spec),
        status: None,
    };
    cluster.create(&[recorder]).await?;
    process::script(&format!(
        "kubectl --namespace={namespace} wait --for=condition=Complete --timeout=2m job/{job}
        kubectl --namespace={namespace} delete job {job}"
    ))
    .await?;
    Ok(())
}

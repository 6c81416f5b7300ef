//! A Job of `config/` on its own, and how its pod ended.

use anyhow::{Context as _, Result, ensure};
use k8s_openapi::api::{batch::v1::Job, core::v1::Pod};
use kube::{ResourceExt as _, api::ListParams};

use crate::{Cluster, cluster::wait_until, process::says};

/// How the first pod of a Job ended.
#[derive(Debug)]
pub struct Ended {
    code: i32,
    message: String,
}

impl Ended {
    /// Checks the exit code, and that one line of what it said last has all of `words`, if there
    /// are any.
    ///
    /// # Errors
    ///
    /// How it ended instead.
    pub fn check(&self, code: i32, words: &[&str]) -> Result<()> {
        ensure!(
            self.code == code,
            "exit code {}, not {code}: {}",
            self.code,
            self.message
        );
        match words {
            [] => Ok(()),
            _ => says(&self.message, words),
        }
    }
}

/// Adds arguments behind those that a Job has.
pub fn add_args(job: &mut Job, args: &[&str]) {
    let pods = job.spec.iter_mut().flat_map(|spec| &mut spec.template.spec);
    for container in pods.flat_map(|pod| &mut pod.containers) {
        let own = container.args.get_or_insert_default();
        own.extend(args.iter().map(|&arg| arg.to_owned()));
    }
}

/// Creates a Job, and waits until its first pod has ended.
///
/// # Errors
///
/// What the API server says, and that it takes too long.
pub async fn run(cluster: &Cluster, job: &Job) -> Result<Ended> {
    cluster.create(std::slice::from_ref(job)).await?;
    let pods = cluster.objects::<Pod>(&job.namespace().unwrap_or_default());
    let selected = ListParams::default().labels(&format!("job-name={}", job.name_any()));
    let first = async || Ok::<_, kube::Error>(pods.list(&selected).await?.iter().find_map(ended));
    wait_until("the Job's pod has ended", async || {
        Ok(first().await?.is_some())
    })
    .await?;
    first().await?.context("the pod is gone")
}

fn ended(pod: &Pod) -> Option<Ended> {
    let statuses = pod
        .status
        .iter()
        .flat_map(|status| &status.container_statuses);
    let mut states = statuses
        .flatten()
        .filter_map(|status| status.state.as_ref());
    let terminated = states.next()?.terminated.as_ref()?;
    Some(Ended {
        code: terminated.exit_code,
        message: terminated.message.clone().unwrap_or_default(),
    })
}

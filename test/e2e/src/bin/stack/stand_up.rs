//! The stand-up, and what the project promises of it.

use std::{collections::BTreeSet, fmt, time::Instant};

use anyhow::{Result, ensure};
use e2e::{Cluster, namespaces, process};
use k8s_openapi::api::core::v1::{Container, Pod};

/// The stand-ups that were measured.
#[derive(Debug, Default)]
pub(crate) struct StandUps {
    /// From the apply until all Jobs were complete, and until all servers were ready.
    seconds: Vec<[f64; 2]>,
    failed_pods: usize,
    restarts: i32,
}

impl StandUps {
    /// Stands up on an empty cluster. No pod may fail meanwhile, and no container start twice.
    pub(crate) async fn measure(&mut self, cluster: &Cluster) -> Result<()> {
        let start = Instant::now();
        cluster.apply().await?;
        let applied = start.elapsed().as_secs_f64();
        // Beside each other: servers may be ready before the last Job is counted as complete.
        let jobs = async {
            process::run("hack/wait.sh", &[]).await?;
            anyhow::Ok(start.elapsed().as_secs_f64())
        };
        let servers = async {
            process::script(ALL_READY).await?;
            anyhow::Ok(start.elapsed().as_secs_f64())
        };
        let (jobs, servers) = tokio::try_join!(jobs, servers)?;
        let seconds = [jobs, servers];
        println!(
            "{applied:.1} s to apply, {jobs:.1} s to all Jobs complete, {servers:.1} s to all servers ready"
        );
        self.seconds.push(seconds);
        let pods = cluster.list::<Pod>(&namespaces()).await?;
        let failed = pods.iter().filter(|pod| phase(pod) == "Failed").count();
        let restarts: i32 = pods.iter().map(restarts).sum();
        self.failed_pods += failed;
        self.restarts += restarts;
        ensure!(failed == 0, "{failed} pods failed");
        ensure!(
            restarts == 0,
            "containers were started {restarts} times again"
        );
        Ok(())
    }
}

impl fmt::Display for StandUps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let median = |column: usize| {
            let mut seconds: Vec<_> = self.seconds.iter().map(|both| both[column]).collect();
            seconds.sort_by(f64::total_cmp);
            seconds.get(seconds.len() / 2).copied().unwrap_or_default()
        };
        write!(
            f,
            "median of {} stand-ups: {:.1} s to all Jobs complete, {:.1} s to all servers ready; in \
             all {} failed pods, {} container restarts",
            self.seconds.len(),
            median(0),
            median(1),
            self.failed_pods,
            self.restarts
        )
    }
}

fn phase(pod: &Pod) -> &str {
    let phase = pod
        .status
        .as_ref()
        .and_then(|status| status.phase.as_deref());
    phase.unwrap_or_default()
}

fn restarts(pod: &Pod) -> i32 {
    let status = pod.status.iter();
    let containers = status.flat_map(|status| {
        let all = [&status.init_container_statuses, &status.container_statuses];
        all.into_iter().flatten().flatten()
    });
    containers.map(|container| container.restart_count).sum()
}

/// Checks how much memory the servers of others request, and from how many images they are.
pub(crate) async fn check_requests(cluster: &Cluster) -> Result<()> {
    let pods = cluster.list::<Pod>(&namespaces()).await?;
    let containers = pods
        .iter()
        .flat_map(|pod| &pod.spec)
        .flat_map(|spec| &spec.containers);
    let theirs: Vec<_> = containers
        .filter(|container| !image(container).starts_with(OURS))
        .collect();
    let images: BTreeSet<_> = theirs.iter().map(|container| image(container)).collect();
    let mebibytes: u64 = theirs.iter().map(|container| requested(container)).sum();
    println!(
        "{} third-party images, {mebibytes} MiB requested by their servers",
        images.len()
    );
    ensure!(images.len() == 4, "{images:?}");
    ensure!(mebibytes < 200, "{mebibytes} MiB requested");
    Ok(())
}

fn image(container: &Container) -> &str {
    container.image.as_deref().unwrap_or_default()
}

/// The memory that a container requests, in MiB.
fn requested(container: &Container) -> u64 {
    let requests = container
        .resources
        .as_ref()
        .and_then(|resources| resources.requests.as_ref());
    let memory = requests.and_then(|requests| requests.get("memory"));
    let mebibytes = memory.and_then(|memory| memory.0.strip_suffix("Mi")?.parse().ok());
    mebibytes.expect("every container requests memory, in MiB")
}

/// Runs all Jobs again, as the README says for `config/`.
pub(crate) async fn retry(cluster: &Cluster) -> Result<()> {
    process::script("kubectl delete job -l scaffolding/gate=true -A").await?;
    cluster.apply().await?;
    cluster.wait_for_servers().await
}

/// Waits until each server of the stack is ready.
const ALL_READY: &str = "kubectl get deployments,statefulsets --all-namespaces \
    --selector=app.kubernetes.io/part-of=sigstore --no-headers \
    --output=custom-columns=N:.metadata.namespace,K:.kind,O:.metadata.name |
    while read -r namespace kind name; do
        kubectl rollout status \"$kind/$name\" --namespace=\"$namespace\" --timeout=5m
    done";

const OURS: &str = "localhost/scaffolding/";

//! Who is killed, and when: random moments come from the seed.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use contract::REKOR_CONFIG;
use e2e::{Cluster, Manifests, client, process, wait_until};
use fastrand::Rng;
use k8s_openapi::api::{batch::v1::Job, core::v1::ConfigMap};
use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use crate::{
    stack::Stack,
    trees::{Session, count},
};

/// Kills the API server within 5 s, and starts it again as `hack/cluster up` does.
pub(crate) async fn api_server(rng: &mut Rng) -> Result<()> {
    sleep(Duration::from_millis(rng.u64(..5000))).await;
    let process = fs::read_to_string("/run/cluster/pid/kube-apiserver")?;
    kill(process.trim())?;
    sleep(Duration::from_secs(2)).await;
    process::run("hack/cluster", &["boot"]).await?;
    Ok(())
}

/// Deletes every pod. Rekor finds what was signed before.
pub(crate) async fn servers(stack: &Stack) -> Result<()> {
    stack.cluster.delete_pods(&stack.namespaces).await?;
    stack.cluster.wait_for_servers().await?;
    if stack.has_database() {
        client::search("first").await?;
    }
    stack.cluster.apply().await
}

/// Kills every process of a Job that is seen within 12 s, or deletes its pod, at a moment of its
/// first 0.3 s, or 3 s. Returns how many it killed.
pub(crate) async fn jobs(stack: &Stack, rng: &mut Rng) -> Result<usize> {
    let end = Instant::now() + Duration::from_secs(12);
    let mut seen = BTreeSet::new();
    let mut killers = JoinSet::new();
    while Instant::now() < end {
        for process in JobProcess::all()? {
            if seen.insert(process.folder.clone()) {
                let longest = if rng.u8(..4) == 0 { 3000 } else { 300 };
                let moment = Duration::from_millis(rng.u64(..longest));
                killers.spawn(process.kill_in(moment, rng.bool(), stack.cluster.clone()));
            }
        }
        sleep(Duration::from_millis(5)).await;
    }
    let killed = killers.join_all().await;
    Ok(killed.into_iter().filter(|killed| *killed).count())
}

/// Kills createtree at the moment when its tree is in Trillian and in no ConfigMap. For that the
/// database locks the table of signed roots: createtree waits for the lock when it gives the tree
/// its first root.
pub(crate) async fn createtree(stack: &Stack) -> Result<()> {
    let manifests = Manifests::prefixed("race-0-");
    manifests.create_accounts(&stack.cluster).await?;
    let namespace = format!("race-0-{}", REKOR_CONFIG.namespace);
    let trees = count("Trees").await?;
    let mut session = Session::open()?;
    session
        .run("BEGIN; SELECT COUNT(*) FROM TreeHead FOR UPDATE;\n")
        .await?;
    session.row().await?;

    let jobs = manifests.objects::<Job>()?.into_iter();
    let is_creates_tree = |job: &Job| {
        let metadata = &job.metadata;
        metadata.name.as_deref() == Some("createtree")
            && metadata.namespace.as_ref() == Some(&namespace)
    };
    let job: Vec<_> = jobs.filter(is_creates_tree).collect();
    stack.cluster.create(&job).await?;
    wait_until("the tree is in Trillian", async || {
        Ok(count("Trees").await? == trees + 1)
    })
    .await?;
    for process in JobProcess::all()?
        .iter()
        .filter(|process| process.namespace == namespace)
    {
        process.kill()?;
    }
    let maps = stack.cluster.objects::<ConfigMap>(&namespace);
    let published = maps.get_opt(REKOR_CONFIG.name).await?;
    ensure!(published.is_none(), "the tree is published already");
    session.run("ROLLBACK;\n").await?;

    let jobs = stack.cluster.objects::<Job>(&namespace);
    let status =
        async || Ok::<_, kube::Error>(jobs.get("createtree").await?.status.unwrap_or_default());
    wait_until("createtree is complete", async || {
        Ok(status().await?.succeeded == Some(1))
    })
    .await?;
    let failed = status().await?.failed;
    ensure!(failed == Some(1), "{failed:?} pods of createtree failed");
    ensure!(
        count("Trees").await? == trees + 1,
        "another tree with each try"
    );
    Ok(())
}

/// A Job's process in a pod, seen from outside.
#[derive(Debug, Clone)]
struct JobProcess {
    /// Its folder in `/proc`.
    folder: PathBuf,
    namespace: String,
    pod: String,
}

impl JobProcess {
    /// All processes of Jobs, without those that end meanwhile.
    fn all() -> Result<Vec<Self>> {
        let processes = fs::read_dir("/proc").context("reading /proc")?;
        let processes = processes.filter_map(|process| Self::read(&process.ok()?.path()));
        Ok(processes.collect())
    }

    fn read(folder: &Path) -> Option<Self> {
        let program = fs::read_link(folder.join("exe")).ok()?;
        let program = program.to_str()?.strip_prefix('/')?;
        if program != "copysecrets" && !program.starts_with("create") {
            return None;
        }
        let text = |file: &str| {
            let text = fs::read_to_string(folder.join("root").join(file)).ok()?;
            Some(text.trim().to_owned())
        };
        Some(Self {
            folder: folder.into(),
            namespace: text("var/run/secrets/kubernetes.io/serviceaccount/namespace")?,
            pod: text("etc/hostname")?,
        })
    }

    /// Kills it, or deletes its pod. Returns whether it was there then.
    async fn kill_in(self, moment: Duration, with_pod: bool, cluster: Cluster) -> bool {
        sleep(moment).await;
        let killed = match self.folder.exists() {
            true if with_pod => cluster.kill_pod(&self.namespace, &self.pod).await,
            true => self.kill(),
            false => return false,
        };
        killed.is_ok()
    }

    fn kill(&self) -> Result<()> {
        let id = self.folder.file_name().context("it is in /proc")?;
        kill(&id.to_string_lossy())
    }
}

fn kill(process: &str) -> Result<()> {
    let id = Pid::from_raw(process.parse()?).context("0 is no process")?;
    kill_process(id, Signal::KILL).with_context(|| format!("killing {process}"))
}

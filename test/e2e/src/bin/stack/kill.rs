//! Servers that die.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context as _, Result, ensure};
use e2e::{Cluster, client, namespaces, process, wait_until};
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::sleep;

use crate::{
    entries::{LOGS, used_logs},
    load::Load,
};

/// Kills each server while entries come in. All that was answered is in the logs, and both go on
/// from where they were recorded.
pub(crate) async fn under_load(cluster: &Cluster) -> Result<()> {
    let load = &Load::new(client::token().await?)?;
    let kill = async {
        let killed = one_after_another(cluster).await;
        load.stop();
        killed
    };
    let ((), killed) = tokio::join!(load.run(), kill);
    killed?;
    for log in LOGS {
        log.record(cluster).await?;
    }
    load.check(used_logs().len() == LOGS.len()).await
}

async fn one_after_another(cluster: &Cluster) -> Result<()> {
    for server in SERVERS {
        sleep(Duration::from_secs(3)).await;
        let processes = running(server)?;
        ensure!(!processes.is_empty(), "{server} doesn't run");
        for id in &processes {
            kill_process(*id, Signal::KILL).with_context(|| format!("killing {server}"))?;
        }
        wait_until(&format!("{server} runs again"), async || {
            let again = running(server)?;
            Ok(again.len() == processes.len() && again.iter().all(|id| !processes.contains(id)))
        })
        .await?;
        cluster.wait_for_servers().await?;
    }
    sleep(Duration::from_secs(3)).await;
    Ok(())
}

/// The processes of a program in containers.
fn running(program: &str) -> Result<Vec<Pid>> {
    let processes = fs::read_dir("/proc").context("reading /proc")?;
    let ids = processes.filter_map(|process| {
        let folder = process.ok()?.path();
        let link = fs::read_link(folder.join("exe")).ok()?;
        let id = folder.file_name()?.to_str()?.parse().ok()?;
        (link == Path::new(program)).then(|| Pid::from_raw(id))?
    });
    Ok(ids.collect())
}

/// Deletes every pod.
pub(crate) async fn pods(cluster: &Cluster) -> Result<()> {
    cluster.delete_pods(&namespaces()).await?;
    process::run("hack/wait.sh", &["--servers"]).await?;
    Ok(())
}

/// The programs, where their images have them.
const SERVERS: [&str; 6] = [
    "/usr/local/bin/rekor-server",
    "/ko-app/posix",
    "/tileserver",
    "/ko-app/fulcio",
    "/ko-app/timestamp-server",
    "/tufserver",
];

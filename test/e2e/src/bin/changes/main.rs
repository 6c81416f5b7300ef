//! New keys for each server of a running stack: the phases of `docs/changes.md`.
//!
//! They are made and published as `docs/changes.md` says. After each, both cosigns sign with the
//! new key, and verify what was signed with every key before, wherever they last looked.

mod change;

use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Parser;
use e2e::{Cluster, Cosign, Phases, client, namespaces, newest, process};

use change::CHANGES;

#[derive(Parser)]
#[command(
    version,
    about = "Changes the keys of a stack on a real cluster, and looks what still verifies"
)]
struct Args {}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    Args::parse();
    let cluster = Cluster::connect().await?;
    let mut phases = Phases::default();
    if stand_up(&cluster, &mut phases).await {
        change_all(&cluster, &mut phases).await;
    }
    Ok(phases.end())
}

/// Returns whether there is a stack whose keys can be changed.
async fn stand_up(cluster: &Cluster, phases: &mut Phases) -> bool {
    let namespaces = namespaces();
    let all = [&namespaces[..], &["e2e".into()]].concat();
    let empty = cluster.delete_namespaces(&all, true);
    phases.run("empty volumes", empty).await
        && phases
            .run("kubectl apply -f config/", cluster.apply())
            .await
        && phases
            .run("kubectl wait for the Jobs", wait_for_jobs(&namespaces))
            .await
        && phases
            .run("hack/wait.sh --servers", cluster.wait_for_servers())
            .await
        && phases.run("a client in the cluster", client::start()).await
}

async fn wait_for_jobs(namespaces: &[String]) -> Result<()> {
    let complete = [
        "wait",
        "--for=condition=Complete",
        "--timeout=5m",
        "job",
        "--all",
    ];
    for namespace in namespaces {
        process::run("kubectl", &[&complete[..], &["-n", namespace]].concat()).await?;
    }
    Ok(())
}

async fn change_all(cluster: &Cluster, phases: &mut Phases) {
    let mut first_key = String::new();
    phases
        .run("the first signatures", async {
            first_key = newest::rekor_log_id(cluster).await?;
            sign_first(cluster).await
        })
        .await;
    let mut signed = vec!["first"];
    for change in CHANGES {
        let name = change.name;
        let what = format!("{name}: made, published, servers restarted");
        phases.run(&what, change.make(cluster)).await;
        let what = format!("{name}: signs with it");
        phases.run(&what, sign(cluster, name)).await;
        signed.push(name);
        let what = format!(
            "{name}: {} signatures verify, to old clients and to new ones",
            signed.len()
        );
        phases.run(&what, verify_all(cluster, &signed)).await;
    }
    let what = "Rekor's first key: withdrawn, and nothing that was signed with another";
    phases
        .run(what, async {
            change::withdraw(cluster, &first_key).await?;
            verify_all(cluster, &signed[1..]).await?;
            refuse("first").await
        })
        .await;
}

/// Both cosigns refuse what was signed under what was withdrawn.
async fn refuse(blob: &str) -> Result<()> {
    for cosign in Cosign::BOTH {
        ensure!(cosign.verify(blob).await.is_err(), "{blob:?} verifies");
    }
    Ok(())
}

/// Keeps the TUF repository as the cosigns have it now.
async fn sign_first(cluster: &Cluster) -> Result<()> {
    for cosign in Cosign::BOTH {
        cosign.initialize(cluster).await?;
        cosign.run("cp -r tuf tuf-at-first").await?;
    }
    sign(cluster, "first").await
}

/// Has both cosigns sign a blob of that name. The bundle has to be the newest keys' work.
async fn sign(cluster: &Cluster, blob: &str) -> Result<()> {
    for cosign in Cosign::BOTH {
        cosign.sign(blob).await?;
        newest::check(cluster, &cosign.bundle(blob).await?).await?;
    }
    Ok(())
}

/// Has both cosigns verify the blobs with the TUF repository as they left it now, as they left it
/// at the first signature, and new.
async fn verify_all(cluster: &Cluster, blobs: &[&str]) -> Result<()> {
    for cosign in Cosign::BOTH {
        verify_each(cosign, blobs).await?;
        cosign.run("rm -rf tuf && cp -r tuf-at-first tuf").await?;
        verify_each(cosign, blobs).await?;
        cosign.initialize(cluster).await?;
        verify_each(cosign, blobs).await?;
    }
    Ok(())
}

async fn verify_each(cosign: Cosign, blobs: &[&str]) -> Result<()> {
    for blob in blobs {
        cosign.verify(blob).await?;
    }
    Ok(())
}

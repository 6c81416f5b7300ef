//! A stack without a database, or one with both kinds of log: the phases of `hack/e2e.sh --stack`.
//!
//! It stands up, clients sign and verify, servers are killed while entries come in, and volumes are
//! lost or put back as they were before. Whatever was answered is in the logs, and no volume that
//! isn't a log's own is served.

#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

mod clients;
mod entries;
mod kill;
mod load;
mod stand_up;
mod volume;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use e2e::{Cluster, Phases, client, namespaces, unchanged};

use crate::{clients::Client, stand_up::StandUps};

#[derive(Parser)]
#[command(
    version,
    about = "Stands up a stack with Rekor v2 and TesseraCT on a real cluster, and tries what its logs last"
)]
struct Args {
    /// Stand up so many times on empty volumes
    #[arg(long, default_value_t = 1)]
    stand_ups: usize,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let args = Args::parse();
    let cluster = Cluster::connect().await?;
    let mut phases = Phases::default();
    if stand_up(&cluster, &mut phases, args.stand_ups).await {
        sign(&cluster, &mut phases).await;
        last(&cluster, &mut phases).await;
        lose(&cluster, &mut phases).await;
    }
    Ok(phases.end())
}

/// Returns whether there is a stack to sign with.
async fn stand_up(cluster: &Cluster, phases: &mut Phases, times: usize) -> bool {
    let all = [&namespaces()[..], &["e2e".into()]].concat();
    let mut figures = StandUps::default();
    for _ in 0..times {
        let empty = cluster.delete_namespaces(&all, true);
        if !phases.run("empty volumes", empty).await
            || !phases.run("stand-up", figures.measure(cluster)).await
        {
            return false;
        }
    }
    println!("{figures}");
    let budget = stand_up::check_requests(cluster);
    let what = "third-party servers: four images, under 200 MiB requested";
    if !namespaces().iter().any(|name| name == "trillian-system") {
        phases.run(what, budget).await;
    }
    phases.run("a client in the cluster", client::start()).await
}

async fn sign(cluster: &Cluster, phases: &mut Phases) {
    let what = "the first entry of Rekor's log is its own";
    phases.run(what, entries::check_first(cluster)).await;
    for client in Client::all() {
        let what = format!("{client}: signs and verifies");
        phases.run(&what, client.sign(cluster, "first")).await;
    }
    let what = "every client verifies what every other signed";
    phases
        .run(what, clients::verify_all(cluster, "first"))
        .await;
}

async fn last(cluster: &Cluster, phases: &mut Phases) {
    let what = "kill -9 of each server under load: nothing lost";
    phases.run(what, kill::under_load(cluster)).await;
    let what = "every pod deleted: nothing lost";
    phases
        .run(what, works_after(cluster, kill::pods(cluster)))
        .await;
    let what = "every Job deleted, apply again: nothing changes";
    phases.run(what, works_after(cluster, again(cluster))).await;
}

async fn lose(cluster: &Cluster, phases: &mut Phases) {
    for log in entries::used_logs() {
        let what = format!(
            "{}: volume lost or older: refused, with the way out",
            log.name
        );
        phases
            .run(&what, works_after(cluster, volume::lose(cluster, log)))
            .await;
    }
}

/// Does something, after which the first signatures verify, and others can be made.
async fn works_after(cluster: &Cluster, action: impl Future<Output = Result<()>>) -> Result<()> {
    action.await?;
    cluster.wait_for_servers().await?;
    clients::verify_all(cluster, "first").await?;
    Client::all()[0].sign(cluster, "after").await
}

/// Runs every Job twice. The second time there is nothing new in the logs.
async fn again(cluster: &Cluster) -> Result<()> {
    stand_up::retry(cluster).await?;
    let before = cluster.versions(&namespaces()).await?;
    stand_up::retry(cluster).await?;
    unchanged(&before, &cluster.versions(&namespaces()).await?)
}

//! The way from Rekor v1 to Rekor v2 on a real cluster: the phases of `docs/tiles.md`.
//!
//! `hack/to-tiles.sh` is killed again and again at every step, and comes to its end. At each step
//! both cosigns sign, and every client verifies all that was signed so far.

use std::{process::ExitCode, time::Duration};

use anyhow::{Result, ensure};
use clap::Parser;
use e2e::{Cluster, Cosign, Phases, client, namespaces, outside, process};
use tokio::time::{sleep, timeout};

#[derive(Parser)]
#[command(
    version,
    about = "Brings a stack on a real cluster from Rekor v1 to Rekor v2, and verifies all that it signed"
)]
struct Args {
    /// How long clients go on with the trust that they have
    #[arg(long, default_value = "120s")]
    overlap: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let args = Args::parse();
    let mut way = Way {
        cluster: Cluster::connect().await?,
        overlap: format!("--overlap={}", args.overlap),
        signed: vec![],
    };
    let mut phases = Phases::default();
    if way.stand_up(&mut phases).await {
        way.go(&mut phases).await;
    }
    Ok(phases.end())
}

struct Way {
    cluster: Cluster,
    overlap: String,
    signed: Vec<(Cosign, String)>,
}

impl Way {
    /// Returns whether there is a stack of `config/`.
    async fn stand_up(&self, phases: &mut Phases) -> bool {
        let tiles = ["rekor-tiles-system", "ctlog-tiles-system", "e2e"].map(String::from);
        let all = [&namespaces()[..], &tiles].concat();
        let empty = self.cluster.delete_namespaces(&all, true);
        phases.run("empty volumes", empty).await
            && phases.run("kubectl apply -f config/", self.cluster.apply()).await
            && phases
                .run("hack/wait.sh --servers", self.cluster.wait_for_servers())
                .await
            && phases.run("a client in the cluster", client::start()).await
            // sigstore-python reads no entry of index 0.
            && phases.run("Rekor v1's first entry", first_entry(&self.cluster)).await
    }

    async fn go(&mut self, phases: &mut Phases) {
        self.sign(phases, "before", V1).await;
        self.walk(phases, "v2 is trusted", &[], "run this again")
            .await;
        self.sign(phases, "trusted", V1).await;
        phases.run("the overlap is over", self.offered()).await;
        self.walk(phases, "v2 is offered", &[], "--freeze ends v1")
            .await;
        self.sign(phases, "offered", V2).await;
        self.walk(phases, "back to v1", &["--back"], "back at v1")
            .await;
        self.sign(phases, "back", V1).await;
        self.walk(phases, "v2 again", &[], "").await;
        phases.run("the overlap is over", self.offered()).await;
        self.walk(phases, "v1 ends", &["--freeze"], "v1 has ended")
            .await;
        self.sign(phases, "frozen", V2).await;
        let refused = process::fails(Cosign::V2.sign("late"), &["rekor"]);
        phases.run("v1 takes no entry any more", refused).await;
        let back = self.run(&["--back"]);
        let refused = process::fails(back, &["there is no way back"]);
        phases.run("there is no way back", refused).await;
        self.walk(phases, "v1 is removed", &["--remove"], "done:")
            .await;
        self.sign(phases, "removed", V2).await;
    }

    /// Runs the script, killed after ever longer times, until it comes to its end; and once more.
    async fn walk(&self, phases: &mut Phases, what: &str, flags: &[&str], end: &str) {
        let walk = async {
            let mut patience = Duration::from_millis(500);
            // Dropped, it is killed.
            while timeout(patience, self.run(flags)).await.is_err() {
                patience = patience * 3 / 2;
            }
            process::says(&self.run(flags).await?, &[end])
        };
        phases
            .run(&format!("{what}, killed at every step"), walk)
            .await;
    }

    async fn run(&self, flags: &[&str]) -> Result<String> {
        let flags = [&[self.overlap.as_str()], flags].concat();
        process::run("hack/to-tiles.sh", &flags).await
    }

    /// Waits until the script doesn't ask to wait any more, without letting it go on.
    async fn offered(&self) -> Result<()> {
        let seconds: String = self.overlap.chars().filter(char::is_ascii_digit).collect();
        sleep(Duration::from_secs(seconds.parse()?)).await;
        Ok(())
    }

    /// Has both cosigns sign, in Rekor `version`, and every client verify all that was signed.
    async fn sign(&mut self, phases: &mut Phases, blob: &str, version: &str) {
        for cosign in Cosign::BOTH {
            let sign = async {
                cosign.initialize(&self.cluster).await?;
                let found = cosign.sign_as_configured(blob).await?;
                ensure!(found == version, "it signed in another Rekor: {found}");
                Ok(())
            };
            let what = format!("{blob}: {} signs", cosign.name());
            if phases.run(&what, sign).await {
                self.signed.push((cosign, blob.to_owned()));
            }
        }
        let number = self.signed.len();
        for cosign in Cosign::BOTH {
            let verify = async {
                for (by, blob) in &self.signed {
                    cosign.verify(&format!("../{}/{blob}", by.name())).await?;
                }
                Ok(())
            };
            let what = format!("{blob}: {} verifies all {number}", cosign.name());
            phases.run(&what, verify).await;
        }
        for (name, program) in outside::CLIENTS {
            let verify = outside::verify(&self.cluster, program, &self.signed);
            let what = format!("{blob}: {name} verifies all {number}");
            phases.run(&what, verify).await;
        }
    }
}

async fn first_entry(cluster: &Cluster) -> Result<()> {
    Cosign::V3.initialize(cluster).await?;
    Cosign::V3.sign("first").await
}

/// The versions of entries.
const V1: &str = "0.0.1";
const V2: &str = "0.0.2";

//! Runs the whole stack's Jobs on this machine: no cluster, no root, no network.
//!
//! The Jobs, their accounts, Roles and arguments are those of `config/`; the binaries are the real
//! ones. Kubernetes, Trillian and Fulcio are the embedded ones that the tests run on. In the end
//! the real TUF server serves the repository, and a TUF client that isn't ours starts from it.

#![expect(clippy::print_stdout, reason = "what it shows is what it is for")]

mod binaries;
mod board;
mod client;
mod images;
mod keep;
mod kubelet;
mod tilelog;

use std::{io::Write as _, path::PathBuf, process::ExitCode};

use anyhow::{Context as _, Result, anyhow};
use clap::Parser;
use testbed::{Kubernetes, Manifest, Pod};
use tokio::signal::unix::{SignalKind, signal};

use kubelet::Kubelet;

#[derive(Parser)]
#[command(version, about)]
struct Args {
    /// Folder of the manifests; kubectl renders one that has nothing but a Kustomization
    #[arg(
        long,
        value_name = "DIR",
        default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config"),
        hide_default_value = true
    )]
    config: PathBuf,

    /// Write every object into this folder, as YAML (private keys, too)
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,

    /// Stay up, with the TUF server and the API server
    #[arg(long)]
    serve: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args = Args::parse();
    let stood_up = tokio::select! {
        stood_up = stand_up(&args) => stood_up,
        () = interrupted() => return ExitCode::from(INTERRUPTED),
    };
    match stood_up {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "standup: {failure:#}");
            ExitCode::FAILURE
        }
    }
}

async fn stand_up(args: &Args) -> Result<()> {
    let manifests = Manifest::read(&args.config).map_err(|cause| anyhow!(cause))?;
    kubelet::check(&manifests)?;
    let pods = Pod::read_all(&manifests).map_err(|cause| anyhow!(cause))?;
    images::check(&pods)?;
    let binaries = binaries::build()?;

    let kubernetes = Kubernetes::empty();
    let mut kubelet = Kubelet::new(&kubernetes, &binaries, &manifests, &pods)?;
    kubelet.run().await?;
    keep::show(&kubernetes);

    let (_server, tuf) = kubelet.tuf_server()?;
    let trust = client::initialise(&kubernetes, &tuf).await;
    println!("{}", trust.context("initialising a TUF client")?);
    match &args.keep {
        Some(folder) => {
            keep::write(&kubernetes, folder)?;
            println!("every object is in {}", folder.display());
        }
        None => println!("--keep DIR writes every object as YAML, --serve stays up"),
    }
    if args.serve {
        let kubeconfig = kubernetes.administrator();
        let kubeconfig = kubeconfig.path().display();
        println!("TUF repository: {tuf}/1.root.json");
        println!(
            "API server: kubectl --kubeconfig {kubeconfig} get --raw \
             /api/v1/namespaces/tuf-system/configmaps/sigstore-trust"
        );
        std::future::pending::<()>().await;
    }
    Ok(())
}

/// Waits for Ctrl-C, or for SIGTERM.
async fn interrupted() {
    let handler = |kind| signal(kind).expect("the runtime has its signal driver");
    let (mut interrupt, mut terminate) = (
        handler(SignalKind::interrupt()),
        handler(SignalKind::terminate()),
    );
    tokio::select! {
        _ = interrupt.recv() => (),
        _ = terminate.recv() => (),
    }
}

const INTERRUPTED: u8 = 130;

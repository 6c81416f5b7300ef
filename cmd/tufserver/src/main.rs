//! Serves the TUF repository that `createtuf` publishes.
//!
//! Clients of the stack ask it for metadata and targets. The repository is a mounted Secret: when
//! Kubernetes replaces it, what is served is replaced as a whole, between two requests.

mod http;
mod metrics;
mod site;
mod source;

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result};
use clap::Parser;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::{net::TcpListener, sync::watch, time::timeout};
use tracing::{error, info, warn};

use crate::{metrics::Metrics, source::Source};

#[derive(Parser)]
#[command(version, about)]
struct Args {
    /// The repository as a tar.gz: `repository` of the Secret that createtuf writes
    #[arg(long, value_name = "FILE", default_value = "/var/run/tuf/repository")]
    repository: PathBuf,

    /// Port for clients
    #[arg(long, default_value_t = 8080)]
    port: u16,

    /// Port for /healthz, /readyz and /metrics
    #[arg(long, default_value_t = 8081)]
    health_port: u16,
}

#[tokio::main]
async fn main() -> ExitCode {
    let args: Args = job::parse();
    job::start_log();
    match serve(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            error!("{failure:#}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(args: Args) -> Result<()> {
    let clients = bind(args.port).await?;
    let health = bind(args.health_port).await?;
    let (sender, served) = watch::channel(None);
    let metrics = Arc::new(Metrics::new(served.clone()));
    let source = Source::new(args.repository, sender, metrics.reloads.clone());
    thread::spawn(|| source.watch());

    let to_client = {
        let (served, metrics) = (served.clone(), metrics.clone());
        move |request: &_| {
            let answer = http::to_client(&served, request);
            metrics.count(request, &answer);
            answer
        }
    };
    let to_cluster = move |request: &_| http::to_cluster(&served, &metrics, request);
    let connections = GracefulShutdown::new();
    let name = tokio::select! {
        name = job::terminated() => name,
        never = http::accept(clients, &connections, to_client) => never,
        never = http::accept(health, &connections, to_cluster) => never,
    };
    info!("stopped by {name}");
    if timeout(LAST_ANSWERS, connections.shutdown()).await.is_err() {
        warn!("some clients didn't take their answers");
    }
    Ok(())
}

/// Listens on all addresses, on IPv4's alone where the kernel knows no other.
async fn bind(port: u16) -> Result<TcpListener> {
    let listener = match TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)).await {
        Ok(listener) => Ok(listener),
        Err(_) => TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await,
    };
    let listener = listener.with_context(|| format!("listening on port {port}"))?;
    info!("listening on {}", listener.local_addr()?);
    Ok(listener)
}

/// How long an answer may take that was begun when the end came.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

//! Serves the TUF repository that `createtuf` publishes.
//!
//! Clients of the stack ask it for metadata and targets. The repository is a mounted Secret: when
//! Kubernetes replaces it, what is served is replaced as a whole, between two requests.

mod http;
mod metrics;
mod site;
mod source;
mod workers;

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    thread,
};

use anyhow::{Context as _, Result};
use clap::Parser;
use hyper_util::server::graceful::GracefulShutdown;
use socket2::{Domain, Socket, Type};
use tokio::sync::watch;
use tracing::{error, info};

use crate::{metrics::Metrics, source::Source, workers::Workers};

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

    #[command(flatten)]
    _log: job::LogOptions,
}

fn main() -> ExitCode {
    let args: Args = job::parse();
    match serve(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            error!("{failure:#}");
            ExitCode::FAILURE
        }
    }
}

fn serve(args: Args) -> Result<()> {
    let clients = bind(args.port)?;
    let cluster = bind(args.health_port)?;
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

    let mut workers = Workers::start(to_client)?;
    let name = workers::runtime()?.block_on(async {
        let (clients, cluster) = (clients.try_into()?, cluster.try_into()?);
        let probes = GracefulShutdown::new();
        tokio::select! {
            name = job::terminated() => io::Result::Ok(name),
            never = http::accept(clients, |connection| workers.take(connection)) => never,
            never = http::accept(cluster, |connection| {
                http::serve(connection, &probes, to_cluster.clone());
            }) => never,
        }
    })?;
    info!("stopped by {name}");
    workers.stop();
    Ok(())
}

/// Listens on all addresses, on IPv4's alone where the kernel knows no other.
fn bind(port: u16) -> Result<TcpListener> {
    let listener = listen((Ipv6Addr::UNSPECIFIED, port).into())
        .or_else(|_| listen((Ipv4Addr::UNSPECIFIED, port).into()))
        .with_context(|| format!("listening on port {port}"))?;
    info!("listening on {}", listener.local_addr()?);
    Ok(listener)
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    if address.is_ipv6() {
        // IPv4's addresses, too, whatever the kernel's net.ipv6.bindv6only says.
        socket.set_only_v6(false)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(MOST_WAITING)?;
    Ok(socket.into())
}

/// Connections that the kernel keeps until they are accepted, or fewer (net.core.somaxconn).
const MOST_WAITING: i32 = 4096;

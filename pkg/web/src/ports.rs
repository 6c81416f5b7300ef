//! Two ports: one for clients, and one for the cluster.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
};

use anyhow::{Context as _, Result};
use hyper_util::server::graceful::GracefulShutdown;
use socket2::{Domain, Socket, Type};
use tracing::info;

use crate::{
    Serves, connections,
    workers::{self, Workers},
};

/// The flags of the ports.
#[derive(clap::Args, Debug, Clone, Copy)]
pub struct Ports {
    /// Address for both ports; all that there are, if none is named
    #[arg(long)]
    address: Option<IpAddr>,

    /// Port for clients
    #[arg(long, default_value_t = 8080)]
    port: u16,

    /// Port for /healthz, /readyz and /metrics
    #[arg(long, default_value_t = 8081)]
    health_port: u16,
}

/// Both ports, open: connections wait until they are served.
pub struct Listening {
    clients: TcpListener,
    cluster: TcpListener,
}

impl Ports {
    /// Opens both ports.
    ///
    /// # Errors
    ///
    /// Which of them can't be opened, and why.
    pub fn listen(self) -> Result<Listening> {
        Ok(Listening {
            clients: self.bind(self.port)?,
            cluster: self.bind(self.health_port)?,
        })
    }

    /// Listens on the address, or on all: on IPv4's alone where the kernel knows no other.
    fn bind(self, port: u16) -> Result<TcpListener> {
        let listener = match self.address {
            Some(address) => listen((address, port).into()),
            None => listen((Ipv6Addr::UNSPECIFIED, port).into())
                .or_else(|_| listen((Ipv4Addr::UNSPECIFIED, port).into())),
        };
        let listener = listener.with_context(|| format!("listening on port {port}"))?;
        info!("listening on {}", listener.local_addr()?);
        Ok(listener)
    }
}

impl Listening {
    /// Answers clients, and the cluster, until a signal ends the process; then the answers that
    /// were begun are still sent.
    ///
    /// # Errors
    ///
    /// The system's, when it has no files left.
    pub fn serve(self, to_client: impl Serves, to_cluster: impl Serves) -> Result<()> {
        let mut workers = Workers::start(to_client)?;
        let name = workers::runtime()?.block_on(async {
            let (clients, cluster) = (self.clients.try_into()?, self.cluster.try_into()?);
            let probes = GracefulShutdown::new();
            tokio::select! {
                name = job::terminated() => io::Result::Ok(name),
                never = connections::accept(clients, |connection| workers.take(connection)) => {
                    never
                }
                never = connections::accept(cluster, |connection| {
                    connections::serve(connection, &probes, to_cluster.clone());
                }) => never,
            }
        })?;
        info!("stopped by {name}");
        workers.stop();
        Ok(())
    }
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

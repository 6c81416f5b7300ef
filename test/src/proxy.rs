//! A proxy behind which the embedded Kubernetes API is, over TLS and under a name of its own.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, mpsc},
    thread,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
    runtime,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    Kubernetes,
    tls::{self, Identity},
};

/// A running proxy. It knows [`Proxy::SERVER`] and nobody else, whom only it can reach.
pub struct Proxy {
    address: SocketAddr,
    roots: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// The API server behind it.
    pub const SERVER: &str = "https://kubernetes.example:6443";

    /// Starts one before an API server. Its thread ends with the test.
    ///
    /// # Panics
    ///
    /// When there is no free port.
    pub fn start(kubernetes: &Kubernetes) -> Self {
        let (acceptor, roots) = tls::server(Identity::OfCa, "kubernetes.example");
        let behind = kubernetes.address();
        let asked = Arc::new(Mutex::new(vec![]));
        let (ready, listening) = mpsc::channel();
        let log = asked.clone();
        thread::spawn(move || {
            let mut runtime = runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = TcpListener::bind(("127.0.0.1", 0)).await;
                let listener = listener.expect("a free port");
                let address = listener.local_addr().expect("it is bound");
                ready.send(address).expect("the starter waits");
                loop {
                    let (stream, _) = listener.accept().await.expect("a connection");
                    tokio::spawn(tunnel(stream, behind, acceptor.clone(), log.clone()));
                }
            });
        });
        Self {
            address: listening.recv().expect("the proxy listens"),
            roots,
            asked,
        }
    }

    /// Where it is, as in `HTTPS_PROXY`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The certificate to trust at [`Proxy::SERVER`] (PEM).
    pub(crate) fn roots(&self) -> &str {
        &self.roots
    }

    /// The first line of each request so far.
    ///
    /// # Panics
    ///
    /// When a request has panicked.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no request panicked").clone()
    }
}

async fn tunnel(
    mut client: TcpStream,
    behind: SocketAddr,
    acceptor: TlsAcceptor,
    asked: Arc<Mutex<Vec<String>>>,
) -> std::io::Result<()> {
    let mut head = vec![];
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head);
    let line = head.lines().next().unwrap_or_default().to_owned();
    let is_known = line.starts_with("CONNECT kubernetes.example:6443 ");
    asked.lock().expect("no request panicked").push(line);
    if !is_known {
        return client.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n").await;
    }
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
    let mut client = acceptor.accept(client).await?;
    let mut server = TcpStream::connect(behind).await?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

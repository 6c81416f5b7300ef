//! A server in a thread of its own, over HTTP/1 or HTTP/2, whichever the client speaks.

use std::{
    future::{Future, pending},
    io,
    net::SocketAddr,
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
};

use http_body_util::BodyExt as _;
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpSocket},
    runtime,
    sync::{Notify, oneshot},
};
use tokio_rustls::TlsAcceptor;
use tonic::body::Body;

use crate::{Calls, Fault};

/// What a server serves.
pub(crate) trait Service: Send + Sync + 'static {
    /// The call's line in [`Calls`].
    fn name(&self, request: &Request<Bytes>) -> String;
    /// Does what is asked.
    fn answer(&self, request: Request<Bytes>) -> impl Future<Output = Response<Body>> + Send;
    /// The answer for [`Fault::Status`].
    fn fault(&self, status: u16) -> Response<Body>;
}

/// An address on loopback that is ours and where nobody answers, until a server is started there.
pub struct Address {
    socket: TcpSocket,
    address: SocketAddr,
}

impl Address {
    /// An address at a port that the system picks.
    ///
    /// # Panics
    ///
    /// When there is no free port.
    pub fn reserve() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        socket.bind(any).expect("a free port");
        let address = socket.local_addr().expect("the socket is bound");
        Self { socket, address }
    }

    /// The address at a port where somebody of ours listened just before.
    ///
    /// # Errors
    ///
    /// When it is taken.
    pub fn at(port: u16) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        socket.bind(address)?;
        Ok(Self { socket, address })
    }

    /// The host and the port.
    pub fn get(&self) -> SocketAddr {
        self.address
    }
}

/// A running server. It ends, with all its connections, when this is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts serving in the clear, and returns when it listens.
    pub(crate) fn start(address: Address, calls: Calls, service: impl Service) -> Self {
        Self::start_with(None, address, calls, service)
    }

    /// As [`Server::start`], over TLS if there is somebody to accept it.
    pub(crate) fn start_with(
        tls: Option<TlsAcceptor>,
        address: Address,
        calls: Calls,
        service: impl Service,
    ) -> Self {
        let (stop, stopped) = oneshot::channel();
        let (ready, listening) = mpsc::channel();
        let Address { socket, address } = address;
        let thread = thread::spawn(move || {
            let mut runtime = runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = socket.listen(1024).expect("the address is ours");
                ready.send(()).expect("the starter waits");
                tokio::select! {
                    _ = stopped => (),
                    () = accept(listener, tls, calls, Arc::new(service)) => (),
                }
            });
        });
        listening.recv().expect("the server listens");
        Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    calls: Calls,
    service: Arc<impl Service>,
) {
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        let (tls, calls, service) = (tls.clone(), calls.clone(), service.clone());
        tokio::spawn(async move {
            match tls {
                None => serve(stream, calls, service).await,
                // A client that doesn't trust us, or speaks no TLS, knows it.
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        serve(stream, calls, service).await;
                    }
                }
            }
        });
    }
}

/// Serves a connection until the client or a fault ends it.
async fn serve<S>(stream: S, calls: Calls, service: Arc<impl Service>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let broken = Arc::new(Notify::new());
    let answers = service_fn({
        let broken = broken.clone();
        move |request| answer(request, calls.clone(), service.clone(), broken.clone())
    });
    let connection = auto::Builder::new(TokioExecutor::new());
    tokio::select! {
        _ = connection.serve_connection(TokioIo::new(stream), answers) => (),
        () = broken.notified() => (),
    }
}

async fn answer(
    request: Request<Incoming>,
    calls: Calls,
    service: Arc<impl Service>,
    broken: Arc<Notify>,
) -> hyper::Result<Response<Body>> {
    let (head, body) = request.into_parts();
    let request = Request::from_parts(head, body.collect().await?.to_bytes());
    let (fault, healed) = calls.admit(service.name(&request));
    match fault {
        None => return Ok(service.answer(request).await),
        Some(Fault::Status(status)) => return Ok(service.fault(status)),
        Some(Fault::StatusAfter(status)) => {
            drop(service.answer(request).await);
            return Ok(service.fault(status));
        }
        Some(Fault::Hold) => {
            calls.hold(healed).await;
            return Ok(service.answer(request).await);
        }
        Some(Fault::HoldAfter) => {
            let answer = service.answer(request).await;
            calls.hold(healed).await;
            return Ok(answer);
        }
        Some(Fault::DropBefore) => (),
        Some(Fault::DropAfter) => drop(service.answer(request).await),
    }
    broken.notify_one();
    pending().await
}

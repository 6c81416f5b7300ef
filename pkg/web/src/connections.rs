//! Connections: taking them, and answering what comes over them.

use std::{convert::Infallible, error::Error, future::ready, net, time::Duration};

use hyper::{
    Request, Response,
    body::{Body, Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::sleep,
};
use tracing::warn;

/// What answers requests, on every thread.
pub trait Serves: Clone + Send + 'static {
    /// What answers carry.
    type Body: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static;

    /// Answers at once.
    fn answer(&self, request: &Request<Incoming>) -> Response<Self::Body>;
}

impl<B, F> Serves for F
where
    F: Fn(&Request<Incoming>) -> Response<B> + Clone + Send + 'static,
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    type Body = B;

    fn answer(&self, request: &Request<Incoming>) -> Response<B> {
        self(request)
    }
}

/// Accepts connections, and gives each of them to `take`.
pub(crate) async fn accept(listener: TcpListener, mut take: impl FnMut(net::TcpStream)) -> ! {
    loop {
        match listener
            .accept()
            .await
            .and_then(|(stream, _)| stream.into_std())
        {
            Ok(connection) => take(connection),
            // Most likely there are too many open files. Some will be closed soon.
            Err(failure) => {
                warn!("accepting a connection: {failure}");
                sleep(PAUSE).await;
            }
        }
    }
}

/// Answers every request on `connection`, in a task of its own.
pub(crate) fn serve(
    connection: net::TcpStream,
    connections: &GracefulShutdown,
    answers: impl Serves,
) {
    // An answer is written in one piece, so the kernel needn't wait for more of it before it sends.
    let _ = connection.set_nodelay(true);
    let stream = match TcpStream::from_std(connection) {
        Ok(stream) => TokioIo::new(stream),
        Err(failure) => return warn!("taking a connection: {failure}"),
    };
    let service = service_fn(move |request| ready(Ok::<_, Infallible>(answers.answer(&request))));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(stream, service);
    let connection = connections.watch(connection);
    // It fails when the client goes away, which is no failure of ours.
    tokio::spawn(async { connection.await.ok() });
}

const PAUSE: Duration = Duration::from_millis(100);

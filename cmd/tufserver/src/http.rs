//! HTTP: what clients of TUF and what the cluster is answered.

use std::{convert::Infallible, future::ready, net, time::Duration};

use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{
        ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH,
        X_CONTENT_TYPE_OPTIONS,
    },
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

use crate::{metrics::Metrics, site::Served};

pub(crate) type Answer = Response<Full<Bytes>>;

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
    answer: impl Fn(&Request<Incoming>) -> Answer + Send + 'static,
) {
    // An answer is written in one piece, so the kernel needn't wait for more of it before it sends.
    let _ = connection.set_nodelay(true);
    let stream = match TcpStream::from_std(connection) {
        Ok(stream) => TokioIo::new(stream),
        Err(failure) => return warn!("taking a connection: {failure}"),
    };
    let service = service_fn(move |request| ready(Ok::<_, Infallible>(answer(&request))));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(stream, service);
    let connection = connections.watch(connection);
    // It fails when the client goes away, which is no failure of ours.
    tokio::spawn(async { connection.await.ok() });
}

/// Answers a client with a file of the repository.
///
/// A client takes 404 to mean that there is no newer root. So every file that isn't there is
/// answered with 404, and nothing else is.
pub(crate) fn to_client<B>(served: &Served, request: &Request<B>) -> Answer {
    if let Some(answer) = method_not_allowed(request.method()) {
        return answer;
    }
    let Some(site) = served.borrow().clone() else {
        return plain(
            StatusCode::SERVICE_UNAVAILABLE,
            "there is no repository yet\n",
        );
    };
    let Some(page) = site.page(request.uri().path()) else {
        return plain(StatusCode::NOT_FOUND, "not found\n");
    };
    let known = request
        .headers()
        .get_all(IF_NONE_MATCH)
        .iter()
        .any(|tags| matches(tags.as_bytes(), page.etag.as_bytes()));
    let body = if known {
        Bytes::new()
    } else {
        page.bytes.clone()
    };
    let mut answer = Response::new(Full::new(body));
    let headers = answer.headers_mut();
    headers.insert(ETAG, page.etag.clone());
    headers.insert(CACHE_CONTROL, page.cache_control.clone());
    if known {
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        headers.insert(CONTENT_TYPE, page.content_type.clone());
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    }
    answer
}

/// Answers the cluster: whether this process runs, whether clients may be sent here, and
/// Prometheus.
pub(crate) fn to_cluster<B>(served: &Served, metrics: &Metrics, request: &Request<B>) -> Answer {
    if let Some(answer) = method_not_allowed(request.method()) {
        return answer;
    }
    match request.uri().path() {
        "/healthz" => plain(StatusCode::OK, "ok\n"),
        "/readyz" if served.borrow().is_some() => plain(StatusCode::OK, "ok\n"),
        "/readyz" => plain(
            StatusCode::SERVICE_UNAVAILABLE,
            "there is no repository yet\n",
        ),
        "/metrics" => {
            let mut answer = plain(StatusCode::OK, metrics.text());
            let kind = HeaderValue::from_static(OPEN_METRICS);
            answer.headers_mut().insert(CONTENT_TYPE, kind);
            answer
        }
        _ => plain(StatusCode::NOT_FOUND, "not found\n"),
    }
}

/// The answer to a request that doesn't just read; `None` for one that does.
fn method_not_allowed(method: &Method) -> Option<Answer> {
    if method == Method::GET || method == Method::HEAD {
        return None;
    }
    let mut answer = plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n");
    answer
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    Some(answer)
}

/// A plain text, which no cache may keep: clients behind one that keeps a 404 wouldn't see the next
/// root.
fn plain(status: StatusCode, text: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(text.into()));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// Whether `etag` is among `tags` (RFC 9110, section 13.1.2).
fn matches(tags: &[u8], etag: &[u8]) -> bool {
    tags.split(|byte| *byte == b',')
        .map(<[u8]>::trim_ascii)
        .any(|tag| tag == b"*" || tag.strip_prefix(b"W/").unwrap_or(tag) == etag)
}

const PAUSE: Duration = Duration::from_millis(100);

/// The content type by which Prometheus knows the format.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

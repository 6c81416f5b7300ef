//! Answers that don't depend on what is served.

use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::Bytes,
    header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue},
};

/// An answer that is held in memory.
pub type Answer = Response<Full<Bytes>>;

/// Answers the cluster: whether this process runs, whether clients may be sent here (or why not),
/// and Prometheus.
pub fn to_cluster<B>(
    request: &Request<B>,
    is_ready: Result<(), &'static str>,
    metrics: impl FnOnce() -> String,
) -> Answer {
    if let Some(answer) = method_not_allowed(request.method()) {
        return answer;
    }
    match (request.uri().path(), is_ready) {
        ("/healthz", _) | ("/readyz", Ok(())) => plain(StatusCode::OK, "ok\n"),
        ("/readyz", Err(reason)) => plain(StatusCode::SERVICE_UNAVAILABLE, reason),
        ("/metrics", _) => {
            let mut answer = plain(StatusCode::OK, metrics());
            let kind = HeaderValue::from_static(OPEN_METRICS);
            answer.headers_mut().insert(CONTENT_TYPE, kind);
            answer
        }
        _ => plain(StatusCode::NOT_FOUND, "not found\n"),
    }
}

/// The answer to a request that doesn't just read; `None` for one that does.
pub fn method_not_allowed(method: &Method) -> Option<Answer> {
    if method == Method::GET || method == Method::HEAD {
        return None;
    }
    let mut answer = plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n");
    answer
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    Some(answer)
}

/// A plain text, which no cache may keep: clients behind one that keeps a 404 wouldn't see the file
/// when it is there.
pub fn plain(status: StatusCode, text: impl Into<Bytes>) -> Answer {
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

/// The content type by which Prometheus knows the format.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

//! HTTP: what clients of TUF are answered.

use http_body_util::Full;
use hyper::{
    Request, Response, StatusCode,
    body::Bytes,
    header::{
        CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS,
    },
};
use web::{Answer, method_not_allowed, plain};

use crate::site::Served;

/// Answers a client with a file of the repository.
///
/// A client takes 404 to mean that there is no newer root. So every file that isn't there is
/// answered with 404, and nothing else is.
pub(crate) fn to_client<B>(served: &Served, request: &Request<B>) -> Answer {
    if let Some(answer) = method_not_allowed(request.method()) {
        return answer;
    }
    let Some(site) = served.borrow().clone() else {
        return plain(StatusCode::SERVICE_UNAVAILABLE, NOTHING_YET);
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

/// Whether `etag` is among `tags` (RFC 9110, section 13.1.2).
fn matches(tags: &[u8], etag: &[u8]) -> bool {
    tags.split(|byte| *byte == b',')
        .map(<[u8]>::trim_ascii)
        .any(|tag| tag == b"*" || tag.strip_prefix(b"W/").unwrap_or(tag) == etag)
}

/// What is said while there is nothing to serve.
pub(crate) const NOTHING_YET: &str = "there is no repository yet\n";

//! HTTP: what monitors are answered.

use http_body_util::{Either, Full};
use hyper::{
    Request, Response, StatusCode,
    body::Bytes,
    header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS},
};
use tracing::error;
use web::{method_not_allowed, plain};

use crate::{
    file::{Content, Volume},
    path::{self, Kind},
};

/// An answer in memory, or a file.
type Body = Either<Full<Bytes>, Content>;

/// Answers a client with a file of the volume.
pub(crate) fn to_client<B>(volume: &Volume, prefix: &str, request: &Request<B>) -> Response<Body> {
    if let Some(answer) = method_not_allowed(request.method()) {
        return answer.map(Either::Left);
    }
    let found = path::read(request.uri().path(), prefix);
    match found.map(|(kind, name)| (kind, name, volume.open(name))) {
        Some((kind, _, Ok(Some(content)))) => file(kind, content),
        Some((_, name, Err(failure))) => {
            error!("reading {name}: {failure}");
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            plain(status, "it can't be read\n").map(Either::Left)
        }
        _ => plain(StatusCode::NOT_FOUND, "not found\n").map(Either::Left),
    }
}

fn file(kind: Kind, content: Content) -> Response<Body> {
    let mut answer = Response::new(Either::Right(content));
    let (content_type, cache_control) = headers(kind);
    for (name, value) in [
        (CONTENT_TYPE, content_type),
        (CACHE_CONTROL, cache_control),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        let value = HeaderValue::from_static(value);
        answer.headers_mut().insert(name, value);
    }
    answer
}

/// Content type and caching, as tlog-tiles and static-ct-api want them.
fn headers(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Checkpoint => ("text/plain; charset=utf-8", "no-cache"),
        Kind::Tile => ("application/octet-stream", FOR_EVER),
        Kind::Issuer => ("application/pkix-cert", FOR_EVER),
    }
}

const FOR_EVER: &str = "public, max-age=31536000, immutable";

//! HTTP: what monitors are answered.

use http_body_util::{Either, Full};
use hyper::{
    Request, Response, StatusCode,
    body::Bytes,
    header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS},
};
use tracing::error;
use web::{Answer, method_not_allowed, plain};

use crate::{
    file::{Content, Volume},
    path::{self, Kind},
};

/// An answer in memory, or a file.
type Body = Either<Full<Bytes>, Content>;

/// Answers a client with a file of the volume.
pub(crate) fn to_client<B>(volume: &Volume, prefix: &str, request: &Request<B>) -> Response<Body> {
    file(volume, prefix, request).unwrap_or_else(|answer| answer.map(Either::Left))
}

fn file<B>(volume: &Volume, prefix: &str, request: &Request<B>) -> Result<Response<Body>, Answer> {
    if let Some(answer) = method_not_allowed(request.method()) {
        return Err(answer);
    }
    let not_found = || plain(StatusCode::NOT_FOUND, "not found\n");
    let (kind, name) = path::read(request.uri().path(), prefix).ok_or_else(not_found)?;
    let content = volume.open(name).map_err(|failure| {
        error!("reading {name}: {failure}");
        plain(StatusCode::INTERNAL_SERVER_ERROR, "it can't be read\n")
    })?;
    let mut answer = Response::new(Either::Right(content.ok_or_else(not_found)?));
    let (content_type, cache_control) = headers(kind);
    for (name, value) in [
        (CONTENT_TYPE, content_type),
        (CACHE_CONTROL, cache_control),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        let value = HeaderValue::from_static(value);
        answer.headers_mut().insert(name, value);
    }
    Ok(answer)
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

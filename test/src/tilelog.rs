//! A stand-in for a Rekor v2 and the file server beside it: the write API, and the files of its
//! volume, at one address.
//!
//! Its answers are those of rekor-tiles v2.3.0 (`internal/server/service.go`).

mod entry;
mod volume;

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard},
};

use base64ct::{Base64, Encoding as _};
use http_body_util::Full;
use hyper::{Request, Response, StatusCode, body::Bytes, header::CONTENT_TYPE};
use serde_json::{Value, json};
use tonic::body::Body;

use crate::{
    Address, Calls,
    server::{Server, Service},
};

pub use volume::{Signed, Volume};

/// A running Rekor v2.
pub struct TileLog {
    /// What it was asked, and what is to go wrong.
    pub calls: Calls,
    volume: Arc<Mutex<Volume>>,
    server: Server,
}

impl TileLog {
    /// Starts one on a volume.
    pub fn start(volume: Volume) -> Self {
        Self::start_at(Address::reserve(), volume)
    }

    /// Starts one where nobody answered before.
    pub fn start_at(address: Address, volume: Volume) -> Self {
        let calls = Calls::default();
        let volume = Arc::new(Mutex::new(volume));
        let server = Server::start(address, calls.clone(), Rekor(volume.clone()));
        Self {
            calls,
            volume,
            server,
        }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// Its volume, while nobody else uses it.
    ///
    /// # Panics
    ///
    /// When a request panicked.
    pub fn volume(&self) -> MutexGuard<'_, Volume> {
        self.volume.lock().expect("no request panicked")
    }
}

struct Rekor(Arc<Mutex<Volume>>);

impl Service for Rekor {
    fn name(&self, request: &Request<Bytes>) -> String {
        format!("{} {}", request.method(), request.uri().path())
    }

    async fn answer(&self, request: Request<Bytes>) -> Response<Body> {
        let mut volume = self.0.lock().expect("no request panicked");
        match self.name(&request).as_str() {
            "POST /api/v2/log/entries" => write(&mut volume, request.body()),
            call => {
                let path = call
                    .strip_prefix("GET /")
                    .map(|path| volume.path().join(path));
                file(path.unwrap_or_default())
            }
        }
    }

    fn fault(&self, status: u16) -> Response<Body> {
        respond(status, "a fault".into())
    }
}

fn write(volume: &mut Volume, request: &[u8]) -> Response<Body> {
    let entry = match entry::canonical(request) {
        Ok(entry) => entry,
        Err(message) => return failure(400, 3, message),
    };
    if let Some(index) = volume.find(entry.as_bytes()) {
        let message = format!(
            "an equivalent entry already exists in the transparency log with index {index}"
        );
        let mut answer = failure(409, 6, &message);
        let headers = answer.headers_mut();
        headers.insert("x-log-index", index.into());
        return answer;
    }
    let index = volume.size();
    volume.append([entry.as_bytes()]);
    let (size, root) = (volume.size(), Base64::encode_string(&volume.root()));
    let hashes: Vec<_> = volume
        .proof(index)
        .iter()
        .map(|hash| Base64::encode_string(hash))
        .collect();
    let answer = json!({
        "logIndex": index.to_string(),
        "logId": {"keyId": Base64::encode_string(&volume.log_id())},
        "kindVersion": {"kind": "hashedrekord", "version": "0.0.2"},
        "integratedTime": "0",
        "inclusionPromise": null,
        "inclusionProof": {
            "logIndex": index.to_string(),
            "rootHash": root,
            "treeSize": size.to_string(),
            "hashes": hashes,
            "checkpoint": {"envelope": volume.published()},
        },
        "canonicalizedBody": Base64::encode_string(entry.as_bytes()),
    });
    json(201, &answer)
}

fn file(path: PathBuf) -> Response<Body> {
    match fs::read(path) {
        Ok(bytes) => respond(200, bytes),
        Err(_) => respond(404, "not found\n".into()),
    }
}

fn failure(status: u16, code: u8, message: &str) -> Response<Body> {
    json(
        status,
        &json!({"code": code, "message": message, "details": []}),
    )
}

fn json(status: u16, value: &Value) -> Response<Body> {
    let mut answer = respond(status, value.to_string().into());
    let kind = "application/json".parse().expect("a value");
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    answer
}

fn respond(status: u16, body: Vec<u8>) -> Response<Body> {
    let mut answer = Response::new(Body::new(Full::new(Bytes::from(body))));
    *answer.status_mut() = StatusCode::from_u16(status).expect("a status");
    answer
}

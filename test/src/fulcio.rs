//! A stand-in for Fulcio: the two addresses under which it tells its root certificate.

use std::sync::{Arc, Mutex};

use http_body_util::Full;
use hyper::{Request, Response, StatusCode, body::Bytes, header::CONTENT_TYPE};
use serde_json::json;
use tonic::body::Body;

use crate::{
    Address, Calls,
    server::{Server, Service},
};

/// A running Fulcio.
pub struct Fulcio {
    /// What it was asked, and what is to go wrong.
    pub calls: Calls,
    chains: Arc<Mutex<Vec<String>>>,
    server: Server,
}

impl Fulcio {
    /// Starts one whose issuing authority has this chain (PEM, the root last).
    pub fn start(chain: &str) -> Self {
        Self::start_at(Address::reserve(), chain)
    }

    /// Starts one where nobody answered before.
    pub fn start_at(address: Address, chain: &str) -> Self {
        let calls = Calls::default();
        let chains = Arc::new(Mutex::new(vec![chain.to_owned()]));
        let server = Server::start(address, calls.clone(), Roots(chains.clone()));
        Self {
            calls,
            chains,
            server,
        }
    }

    /// Tells these chains from now on.
    ///
    /// # Panics
    ///
    /// When the server has panicked.
    pub fn set_chains(&self, chains: &[&str]) {
        let chains = chains.iter().map(|chain| (*chain).to_owned()).collect();
        *self.chains.lock().expect("no request panicked") = chains;
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }
}

struct Roots(Arc<Mutex<Vec<String>>>);

impl Service for Roots {
    fn name(&self, request: &Request<Bytes>) -> String {
        format!("{} {}", request.method(), request.uri().path())
    }

    async fn answer(&self, request: Request<Bytes>) -> Response<Body> {
        let chains = self.0.lock().expect("no request panicked").clone();
        match self.name(&request).as_str() {
            "GET /api/v1/rootCert" => {
                // The chains of all authorities in a row, with an empty line between any two
                // blocks.
                let blocks = chains.concat().replace("-----\n-----", "-----\n\n-----");
                respond(200, "application/pem-certificate-chain", blocks.trim())
            }
            "GET /api/v2/trustBundle" => {
                let chains: Vec<_> = chains.iter().map(|chain| certificates(chain)).collect();
                let bundle = json!({"chains": chains}).to_string();
                respond(200, "application/json", &bundle)
            }
            _ => {
                let answer = json!({"code": 5, "message": "Not Found", "details": []});
                respond(404, "application/json", &answer.to_string())
            }
        }
    }

    fn fault(&self, status: u16) -> Response<Body> {
        respond(status, "text/plain", "a fault")
    }
}

fn certificates(chain: &str) -> serde_json::Value {
    let ends = chain.split_inclusive("-----END CERTIFICATE-----\n");
    json!({"certificates": ends.collect::<Vec<_>>()})
}

fn respond(status: u16, kind: &str, body: &str) -> Response<Body> {
    let status = StatusCode::from_u16(status).expect("a status");
    let response = Response::builder().status(status);
    let response = response.header(CONTENT_TYPE, kind);
    let body = Full::new(Bytes::from(body.to_owned()));
    response
        .body(Body::new(body))
        .expect("a header that exists")
}

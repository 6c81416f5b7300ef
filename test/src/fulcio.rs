//! A stand-in for Fulcio: the two addresses under which it tells its root certificate.

use std::sync::{Arc, Mutex};

use http_body_util::Full;
use hyper::{
    Request, Response, StatusCode,
    body::Bytes,
    header::{CONTENT_TYPE, LOCATION},
};
use serde_json::json;
use tokio_rustls::TlsAcceptor;
use tonic::body::Body;

use crate::{
    Address, Calls, Identity,
    server::{Server, Service},
    tls,
};

/// A running Fulcio.
pub struct Fulcio {
    /// What it was asked, and what is to go wrong.
    pub calls: Calls,
    answers: Arc<Mutex<Answers>>,
    scheme: &'static str,
    server: Server,
}

impl Fulcio {
    /// Starts one whose issuing authority has this chain (PEM, the root last).
    pub fn start(chain: &str) -> Self {
        Self::start_at(Address::reserve(), chain)
    }

    /// Starts one where nobody answered before.
    pub fn start_at(address: Address, chain: &str) -> Self {
        Self::start_with(None, address, chain)
    }

    fn start_with(tls: Option<TlsAcceptor>, address: Address, chain: &str) -> Self {
        let calls = Calls::default();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let answers = Arc::new(Mutex::new(Answers {
            chains: vec![chain.to_owned()],
            elsewhere: None,
        }));
        let server = Server::start_with(tls, address, calls.clone(), Roots(answers.clone()));
        Self {
            calls,
            answers,
            scheme,
            server,
        }
    }

    /// Starts one that speaks TLS, and returns it with the certificate to trust (PEM).
    pub fn start_with_tls(chain: &str, identity: Identity) -> (Self, String) {
        let (acceptor, roots) = tls::server(identity, "127.0.0.1");
        let fulcio = Self::start_with(Some(acceptor), Address::reserve(), chain);
        (fulcio, roots)
    }

    /// Answers with a redirect to the same path at `url` from now on, as an ingress does.
    ///
    /// # Panics
    ///
    /// When the server has panicked.
    pub fn redirect_to(&self, url: &str) {
        self.answers.lock().expect("no request panicked").elsewhere = Some(url.into());
    }

    /// Tells these chains from now on.
    ///
    /// # Panics
    ///
    /// When the server has panicked.
    pub fn set_chains(&self, chains: &[&str]) {
        let chains = chains.iter().map(|chain| (*chain).to_owned()).collect();
        self.answers.lock().expect("no request panicked").chains = chains;
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.server.address())
    }
}

struct Answers {
    chains: Vec<String>,
    /// Where all requests are redirected to.
    elsewhere: Option<String>,
}

struct Roots(Arc<Mutex<Answers>>);

impl Service for Roots {
    fn name(&self, request: &Request<Bytes>) -> String {
        format!("{} {}", request.method(), request.uri().path())
    }

    async fn answer(&self, request: Request<Bytes>) -> Response<Body> {
        let (chains, elsewhere) = {
            let answers = self.0.lock().expect("no request panicked");
            (answers.chains.clone(), answers.elsewhere.clone())
        };
        if let Some(url) = elsewhere {
            let location = format!("{url}{}", request.uri().path());
            let mut redirect = respond(308, "text/plain", "");
            let location = location.parse().expect("a URL fits in a header");
            redirect.headers_mut().insert(LOCATION, location);
            return redirect;
        }
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

//! Fulcio's certificates, as Fulcio itself gives them out.
//!
//! ```no_run
//! # async fn example() -> Result<(), scaffolding_fulcio::Error> {
//! let url = "http://fulcio.fulcio-system.svc".parse().expect("a URL");
//! for chain in scaffolding_fulcio::chains(&url, None).await? {
//!     println!("{}", chain.root().subject());
//! }
//! # Ok(())
//! # }
//! ```

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use certs::Chain;
use contract::CONNECT_TIMEOUT;
use refusal::Final;
use reqwest::{Certificate, Client, StatusCode, redirect::Policy};
use serde::Deserialize;

pub use reqwest::Url;

/// What went wrong between us and Fulcio.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No answer, or not a whole one.
    #[error("Fulcio isn't answering at {url}")]
    Unreachable {
        /// What was asked for, or where that was redirected to.
        url: Url,
        /// What the transport says.
        source: reqwest::Error,
    },
    /// Somebody answers, and TLS with them fails: most likely their certificate isn't trusted.
    #[error("Fulcio can't be asked at {url}, since {reason}")]
    Tls {
        /// What was asked for, or where that was redirected to.
        url: Url,
        /// Why, a sentence about the server.
        reason: String,
    },
    /// There are no certificates to trust at all.
    #[error("Fulcio can't be asked at {url} without certificates to trust (--fulcio-ca-file)")]
    NoRoots {
        /// What was asked for.
        url: Url,
        /// What the library says.
        source: reqwest::Error,
    },
    /// Another answer than 200.
    #[error("{url} answered {status}")]
    Status {
        /// What was asked for.
        url: Url,
        /// The answer's status.
        status: StatusCode,
    },
    /// An answer that isn't Fulcio's.
    #[error("{url} answered something else than Fulcio's certificates")]
    NotFulcio {
        /// What was asked for.
        url: Url,
        /// Why it can't be read, unless it is too long or holds no chain.
        source: Option<serde_json::Error>,
    },
    /// Certificates that are no chain, or one below which nothing can be verified.
    #[error("reading Fulcio's certificates from {url}")]
    Chain {
        /// What was asked for.
        url: Url,
        /// What is wrong with the chain.
        source: certs::Error,
    },
}

impl Final for Error {
    /// Final is that Fulcio works and its certificates are no chain: it would answer the same
    /// again.
    fn is_final(&self) -> bool {
        matches!(self, Self::Chain { .. })
    }
}

/// What `/api/v2/trustBundle` answers. (`/api/v1/rootCert` has the same certificates, but doesn't
/// tell where one chain ends and the next begins.)
#[derive(Deserialize)]
struct TrustBundle {
    chains: Vec<CertificateChain>,
}

/// Certificates in PEM, the issuing authority's first and the root certificate last.
#[derive(Deserialize)]
struct CertificateChain {
    certificates: Vec<String>,
}

/// The chains of the Fulcio at `url`, each fit to issue certificates. There is one at least.
///
/// With `https`, here or where a redirect leads, the certificates in `roots` (PEM) are trusted and
/// no others; without them the system's, or those in `SSL_CERT_FILE` and `SSL_CERT_DIR`.
///
/// # Errors
///
/// Each variant of [`Error`].
pub async fn chains(url: &Url, roots: Option<&str>) -> Result<Vec<Chain>, Error> {
    let mut url = url.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(["api", "v2", "trustBundle"]);
    }
    let body = fetch(&url, roots).await?;
    let bundle: TrustBundle = serde_json::from_slice(&body).map_err(|source| Error::NotFulcio {
        url: url.clone(),
        source: Some(source),
    })?;
    if bundle.chains.is_empty() {
        return Err(Error::NotFulcio { url, source: None });
    }
    let chain = |chain: CertificateChain| {
        let chain = Chain::from_pem(chain.certificates.join("\n").as_bytes())?;
        chain.check_issuing().map(|()| chain)
    };
    let chains: Result<_, _> = bundle.chains.into_iter().map(chain).collect();
    chains.map_err(|source| Error::Chain { url, source })
}

/// The body of a 200 answer.
async fn fetch(url: &Url, roots: Option<&str>) -> Result<Vec<u8>, Error> {
    let asked = Asked(Arc::new(Mutex::new(url.clone())));
    let client = client(&asked, roots).map_err(|source| Error::NoRoots {
        url: url.clone(),
        source,
    })?;
    let response = client.get(url.clone()).send().await;
    let mut response = response.map_err(|cause| asked.unreachable(cause))?;
    let url = response.url().clone();
    if response.status() != StatusCode::OK {
        let status = response.status();
        return Err(Error::Status { url, status });
    }
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|cause| asked.unreachable(cause))?
    {
        if body.len() + chunk.len() > LONGEST {
            return Err(Error::NotFulcio { url, source: None });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The URL that is asked now: the first one, or where that redirected to. The library's errors only
/// have the first.
#[derive(Clone)]
struct Asked(Arc<Mutex<Url>>);

impl Asked {
    fn url(&self) -> MutexGuard<'_, Url> {
        self.0.lock().expect("no redirect panicked")
    }

    fn redirects(&self) -> Policy {
        let asked = self.clone();
        Policy::custom(move |attempt| {
            asked.url().clone_from(attempt.url());
            Policy::default().redirect(attempt)
        })
    }

    fn unreachable(&self, cause: reqwest::Error) -> Error {
        let url = self.url().clone();
        match tls::reason(&cause) {
            Some(reason) => Error::Tls { url, reason },
            None => Error::Unreachable {
                url,
                source: cause.without_url(),
            },
        }
    }
}

/// A client that trusts `roots`, or else what the system does.
fn client(asked: &Asked, roots: Option<&str>) -> reqwest::Result<Client> {
    let builder = || {
        let builder = Client::builder().redirect(asked.redirects());
        builder.connect_timeout(CONNECT_TIMEOUT).timeout(TIMEOUT)
    };
    let trusting = |roots: Vec<_>| builder().tls_certs_only(roots).build();
    if let Some(pem) = roots {
        return trusting(Certificate::from_pem_bundle(pem.as_bytes())?);
    }
    let in_the_clear = asked.url().scheme() == "http";
    match builder().build() {
        // An image may have no certificates, and a server in the clear needs none.
        Err(_) if in_the_clear => trusting(vec![]),
        client => client,
    }
}

const TIMEOUT: Duration = Duration::from_secs(10);
const LONGEST: usize = 1 << 20;

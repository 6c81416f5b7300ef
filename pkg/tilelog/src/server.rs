//! A server that is asked over HTTP, in the clear.

use std::time::Duration;

use checkpoint::Files;
use contract::CONNECT_TIMEOUT;
use reqwest::{Client, Response, StatusCode, Url, redirect::Policy};

/// What went wrong between us and a server. Waiting may cure it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No answer, or not a whole one.
    #[error("the log isn't answering at {url}")]
    Unreachable {
        /// What was asked for.
        url: Url,
        /// What the transport says.
        source: reqwest::Error,
    },
    /// An answer that tells of neither a file nor its absence.
    #[error("{url} answered {status}")]
    Status {
        /// What was asked for.
        url: Url,
        /// The answer's status.
        status: StatusCode,
    },
    /// An answer that isn't this server's: too long, or of another form.
    #[error("{0} answered something else")]
    Other(Url),
}

/// A server at a URL.
pub struct Server {
    url: Url,
    client: Client,
}

impl Server {
    /// The server at `url`, which begins with `http://`.
    ///
    /// # Errors
    ///
    /// [`Error::Unreachable`] when the system has no files left.
    pub fn new(url: Url) -> Result<Self, Error> {
        // In the clear there is nobody to trust, and an image has no certificates to be read.
        let builder = Client::builder().tls_certs_only([]);
        let builder = builder.redirect(Policy::none()).no_proxy();
        let builder = builder.connect_timeout(CONNECT_TIMEOUT).timeout(TIMEOUT);
        match builder.build() {
            Ok(client) => Ok(Self { url, client }),
            Err(source) => Err(Error::Unreachable { url, source }),
        }
    }

    /// Where a path of it is.
    pub fn at(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path.split('/'));
        }
        url
    }

    /// The file at a path; `None` when there is none.
    ///
    /// # Errors
    ///
    /// Each variant of [`Error`].
    pub async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        let url = self.at(path);
        let answer = self.client.get(url.clone()).send().await;
        let answer = answer.map_err(|source| unreachable(&url, source))?;
        match answer.status() {
            StatusCode::OK => body(url, answer).await.map(Some),
            StatusCode::NOT_FOUND => Ok(None),
            status => Err(Error::Status { url, status }),
        }
    }

    /// Sends JSON, and returns the answer's status and body.
    pub(crate) async fn post(
        &self,
        path: &str,
        json: String,
    ) -> Result<(StatusCode, Vec<u8>), Error> {
        let url = self.at(path);
        let request = self.client.post(url.clone()).timeout(PATIENCE);
        let request = request.header("content-type", "application/json");
        let answer = request.body(json).send().await;
        let answer = answer.map_err(|source| unreachable(&url, source))?;
        Ok((answer.status(), body(url, answer).await?))
    }
}

impl Files for Server {
    type Error = Error;

    async fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        self.get(path).await
    }
}

async fn body(url: Url, mut answer: Response) -> Result<Vec<u8>, Error> {
    let mut body = vec![];
    loop {
        let chunk = answer.chunk().await;
        let Some(chunk) = chunk.map_err(|source| unreachable(&url, source))? else {
            return Ok(body);
        };
        if body.len() + chunk.len() > LONGEST {
            return Err(Error::Other(url));
        }
        body.extend_from_slice(&chunk);
    }
}

fn unreachable(url: &Url, source: reqwest::Error) -> Error {
    Error::Unreachable {
        url: url.clone(),
        source: source.without_url(),
    }
}

const TIMEOUT: Duration = Duration::from_secs(10);
/// Rekor answers when an entry is in a checkpoint: after 10 s at most, unless it is told otherwise.
const PATIENCE: Duration = Duration::from_secs(30);
const LONGEST: usize = 1 << 20;

//! A repository as answers that are ready to be sent.

use std::{collections::HashMap, sync::Arc};

use hyper::{body::Bytes, header::HeaderValue};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;
use tuf::{Repository, Roles, Versions};

/// What is served now, if there is anything.
pub(crate) type Served = watch::Receiver<Option<Arc<Site>>>;

/// A repository's files by their paths, ready to be sent.
#[derive(Debug)]
pub(crate) struct Site {
    pages: HashMap<String, Page>,
    /// Files that only earlier repositories had, and how many reloads ago that was.
    earlier: HashMap<String, (Page, usize)>,
    pub(crate) versions: Versions,
    pub(crate) expires: Roles<Timestamp>,
}

/// A file and what is said about it.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) bytes: Bytes,
    pub(crate) etag: HeaderValue,
    pub(crate) content_type: HeaderValue,
    pub(crate) cache_control: HeaderValue,
}

impl Site {
    /// Serves `repository` in the place of `last`, and for some time still the files that only
    /// `last` had: a client that has read the timestamp of `last` finds everything that this leads
    /// to.
    ///
    /// The roots of `last` aren't kept. A client takes the next root that it finds, and one that
    /// isn't in `repository` would lead it away from there.
    pub(crate) fn new(repository: &Repository, last: Option<&Self>) -> Self {
        let files = repository.files();
        let gone = last.into_iter().flat_map(|last| {
            let earlier = last.earlier.iter();
            let earlier = earlier.map(|(path, (page, age))| (path, (page.clone(), age + 1)));
            let pages = last.pages.iter();
            earlier.chain(pages.map(|(path, page)| (path, (page.clone(), 1))))
        });
        Self {
            pages: files
                .iter()
                .map(|(path, bytes)| (path.clone(), Page::new(path, bytes)))
                .collect(),
            earlier: gone
                .filter(|(path, (_, age))| {
                    *age <= KEPT_RELOADS
                        && !path.ends_with(".root.json")
                        && !files.contains_key(*path)
                })
                .map(|(path, page)| (path.clone(), page))
                .collect(),
            versions: repository.versions(),
            expires: repository.expires(),
        }
    }

    /// The page at `path`. Several slashes in a row count as one, as with Go's server.
    pub(crate) fn page(&self, path: &str) -> Option<&Page> {
        let path = path.trim_start_matches('/');
        let page = |path: &str| {
            let earlier = || self.earlier.get(path).map(|(page, _)| page);
            self.pages.get(path).or_else(earlier)
        };
        match path.contains("//") {
            false => page(path),
            true => {
                let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
                page(&parts.join("/"))
            }
        }
    }
}

impl Page {
    fn new(path: &str, bytes: &[u8]) -> Self {
        let digest = hex::encode(Sha256::digest(bytes));
        // A target's name begins with its digest, so its content never changes. Metadata may
        // change: where a stack is made anew at the same address, even 1.root.json does.
        let cache_control = match path.starts_with("targets/") {
            true => "public, max-age=31536000, immutable",
            false => "no-cache",
        };
        let content_type = match path.ends_with(".json") {
            true => "application/json",
            false => "application/octet-stream",
        };
        Self {
            bytes: Bytes::copy_from_slice(bytes),
            etag: HeaderValue::try_from(format!("\"{digest}\"")).expect("hex digits in quotes"),
            content_type: HeaderValue::from_static(content_type),
            cache_control: HeaderValue::from_static(cache_control),
        }
    }
}

/// For how many reloads a file is kept that is gone from the repository, for clients in the middle
/// of an update. Reloads may be as little as a tenth of a second apart, and on a busy machine a
/// client may stand still for longer than that.
const KEPT_RELOADS: usize = 16;

//! A repository as answers that are ready to be sent.

use std::collections::HashMap;

use hyper::{body::Bytes, header::HeaderValue};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use tuf::{Repository, Roles, Versions};

/// What is at each path.
#[derive(Debug)]
pub(crate) struct Site {
    pages: HashMap<String, Page>,
    /// What only earlier repositories had, and how many reloads ago.
    before: HashMap<String, (Page, usize)>,
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
    /// `repository` in place of what was served `before`: who read the timestamp of that one
    /// finds what it leads to. Its roots are gone: a root that isn't one of `repository` would lead
    /// clients astray.
    pub(crate) fn new(repository: &Repository, before: Option<&Self>) -> Self {
        let files = repository.files();
        let gone = before.into_iter().flat_map(|before| {
            let earlier = before.before.iter();
            let earlier = earlier.map(|(path, (page, age))| (path, (page.clone(), age + 1)));
            let last = before.pages.iter();
            earlier.chain(last.map(|(path, page)| (path, (page.clone(), 1))))
        });
        Self {
            pages: files
                .iter()
                .map(|(path, bytes)| (path.clone(), Page::new(path, bytes)))
                .collect(),
            before: gone
                .filter(|(path, (_, age))| {
                    *age <= KEPT && !path.ends_with(".root.json") && !files.contains_key(*path)
                })
                .map(|(path, page)| (path.clone(), page))
                .collect(),
            versions: repository.versions(),
            expires: repository.expires(),
        }
    }

    /// The page at `path`. Slashes that come twice count once, as with Go's server.
    pub(crate) fn page(&self, path: &str) -> Option<&Page> {
        let path = path.trim_start_matches('/');
        let page = |path: &str| {
            let before = || self.before.get(path).map(|(page, _)| page);
            self.pages.get(path).or_else(before)
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
        // A target's name begins with its digest. Metadata is another thing: where a stack is made
        // anew at the same address, even 1.root.json changes.
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

/// For how many reloads a client may be in the middle of its update. At the fastest they are a tenth
/// of a second apart, and a busy machine halts a client for longer.
const KEPT: usize = 16;

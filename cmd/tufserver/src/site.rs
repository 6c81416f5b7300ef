//! A repository as answers that are ready to be sent.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use hyper::{body::Bytes, header::HeaderValue};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;
use trust::Expiry;
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
    pub(crate) certificates: Vec<Expiry>,
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
            certificates: trust::expiries(repository),
        }
    }

    /// The page at `path`, as it stands in a request.
    pub(crate) fn page(&self, path: &str) -> Option<&Page> {
        let path = file(path)?;
        let path: &str = &path;
        let earlier = || self.earlier.get(path).map(|(page, _)| page);
        self.pages.get(path).or_else(earlier)
    }
}

/// The file that a request's path names, as Go's file server finds it (`http.FileServer`,
/// `path.Clean`): decoded, and then without empty parts, `.` and `..`. Nothing is above the
/// repository. A file's name isn't followed by a slash.
fn file(path: &str) -> Option<Cow<'_, str>> {
    let path = path.strip_prefix('/').unwrap_or(path);
    // As nearly all clients ask.
    if !path.starts_with(['/', '.']) && !["%", "//", "/."].iter().any(|odd| path.contains(odd)) {
        return Some(path.into());
    }
    let decoded = percent_decode_str(path).decode_utf8().ok()?;
    if decoded.ends_with('/') {
        return None;
    }
    let mut parts = vec![];
    for part in decoded.split('/') {
        match part {
            "" | "." => (),
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    Some(parts.join("/").into())
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

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [&str; 8] = [
        "timestamp.json",
        "1.root.json",
        "targets/0a.rekor.pub",
        "targets/tuf.example.com/0a.trusted root.json",
        "targets/0a.a+b@c!$&'(),;=:~_-.pem",
        "targets/\u{fc}\u{df}/0a.\u{e9}\u{1f511}.json",
        "targets/0a.100%.txt",
        "targets/0a.%41.txt",
    ];

    fn encoded(text: &str, is_encoded: impl Fn(u8) -> bool) -> String {
        let bytes = text.bytes();
        bytes
            .map(|byte| match is_encoded(byte) {
                true => format!("%{byte:02X}"),
                false => (byte as char).to_string(),
            })
            .collect()
    }

    #[test]
    fn a_file_is_found_however_its_name_is_encoded() {
        for name in FILES {
            let needed = |byte: u8| byte <= b' ' || byte == b'%' || !byte.is_ascii();
            let mut forms = vec![
                encoded(name, needed),
                encoded(name, |_| true),
                encoded(name, |byte| byte != b'/'),
                encoded(name, |byte| needed(byte) || !byte.is_ascii_alphanumeric()),
            ];
            for one in name.bytes() {
                forms.push(encoded(name, |byte| needed(byte) || byte == one));
            }
            for form in forms {
                for start in [
                    "/",
                    "//",
                    "/./",
                    "/%2e/",
                    "/%2F",
                    "/x/../",
                    "/x%2f%2E%2e/",
                    "/../",
                ] {
                    let path = format!("{start}{}", form);
                    assert_eq!(file(&path).as_deref(), Some(name), "{path}");
                    // The digits of an encoding may be small.
                    let path = path.replace("%2E", "%2e").replace("%2F", "%2f");
                    assert_eq!(file(&path).as_deref(), Some(name), "{path}");
                }
            }
        }
    }

    #[test]
    fn nothing_is_above_the_repository_and_no_folder_is_a_file() {
        for (path, expected) in [
            ("/../../etc/passwd", Some("etc/passwd")),
            ("/..%2f..%2Fetc/passwd", Some("etc/passwd")),
            ("/%2e%2e/%2e%2e/etc/passwd", Some("etc/passwd")),
            ("/targets/../../../1.root.json", Some("1.root.json")),
            ("/timestamp.json%2f", None),
            ("//timestamp.json/", None),
            ("/%ff", None),
            ("/", Some("")),
        ] {
            assert_eq!(file(path).as_deref(), expected, "{path}");
        }
    }
}

//! Logs that keep their trees as tiles: Rekor v2 and TesseraCT. Each has an origin, the name in its
//! checkpoints, which is part of what the log is.
//!
//! What of it clients look at: sigstore-go takes the host of `baseUrl`, without its port, as the
//! name of a checkpoint's signature (`pkg/verify/tlog.go`, `u.Hostname()`), as it is written there;
//! sigstore-js wants that name to be part of `baseUrl` (`verify/src/tlog/checkpoint.ts`);
//! sigstore-python compares the first four bytes of the log ID alone
//! (`sigstore/_internal/rekor/checkpoint.py`). So the URL of a Rekor v2 may have any port and path,
//! and its host is the origin, letter by letter. Of a CT log, clients know the key alone; its
//! monitors take the origin as its address (C2SP, static-ct-api, "Checkpoints").

use keys::{Kind, PublicKey};
use sha2::{Digest as _, Sha256};

/// A log that keeps its tree as tiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TileLog {
    pub(crate) key: PublicKey,
    pub(crate) origin: Origin,
    pub(crate) url: String,
}

/// The name in a log's checkpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A Rekor v2's.
    Rekor(String),
    /// A CT log's.
    Ctlog(String),
}

impl Origin {
    /// Whether the log with this origin may be at `url`.
    pub(crate) fn is_of(&self, url: &str) -> bool {
        match self {
            Self::Rekor(origin) => host(url) == origin,
            Self::Ctlog(origin) => is_address(url, origin),
        }
    }
}

/// Why a key, an origin and URLs are no such log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TileLogError {
    /// The origin is no name of such a log, and why, as the rest of a sentence.
    #[error("the origin {0}")]
    Origin(&'static str),
    /// No such server signs with a key of this kind, or no client verifies that.
    #[error("the key is of another kind than {0}")]
    Kind(&'static str),
    /// None of the URLs belongs to the origin.
    #[error("none of the URLs is the origin's")]
    Url,
}

impl TileLog {
    /// A Rekor v2 with that key and origin, at the one of `urls` whose host the origin is.
    ///
    /// # Errors
    ///
    /// As [`TileLogError`] says.
    pub fn rekor(key: PublicKey, origin: &str, urls: &[String]) -> Result<Self, TileLogError> {
        check_origin(origin)?;
        if origin.contains('/') {
            return Err(TileLogError::Origin("has a path, which Rekor's can't have"));
        }
        if !matches!(key.kind(), Some(Kind::Ed25519 | Kind::EcdsaP256)) {
            return Err(TileLogError::Kind("Ed25519 and P-256"));
        }
        Self::at(key, Origin::Rekor(origin.into()), urls)
    }

    /// A CT log with that key and origin, at the one of `urls` that the origin is, but for the
    /// scheme and perhaps the port.
    ///
    /// # Errors
    ///
    /// As [`TileLogError`] says.
    pub fn ctlog(key: PublicKey, origin: &str, urls: &[String]) -> Result<Self, TileLogError> {
        check_origin(origin)?;
        if key.kind() != Some(Kind::EcdsaP256) {
            return Err(TileLogError::Kind("P-256"));
        }
        Self::at(key, Origin::Ctlog(origin.into()), urls)
    }

    fn at(key: PublicKey, origin: Origin, urls: &[String]) -> Result<Self, TileLogError> {
        let url = urls.iter().find(|url| origin.is_of(url)).cloned();
        url.map(|url| Self { key, origin, url })
            .ok_or(TileLogError::Url)
    }

    /// The log ID. For a Rekor v2 with an Ed25519 key that is the whole of what a signed note has
    /// the first four bytes of (C2SP, signed-note, "Signatures"); else the SHA-256 of the key.
    pub(crate) fn id(&self) -> [u8; 32] {
        match (&self.origin, self.key.kind()) {
            (Origin::Rekor(origin), Some(Kind::Ed25519)) => note_id(origin, self.key.bits()),
            _ => self.key.log_id(),
        }
    }
}

fn note_id(name: &str, ed25519: &[u8]) -> [u8; 32] {
    let hash = Sha256::new().chain_update(name).chain_update(b"\n\x01");
    hash.chain_update(ed25519).finalize().into()
}

/// Whether `url` has this `origin`: scheme, perhaps a port, and a slash at the end aside.
pub(crate) fn is_address(url: &str, origin: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.trim_end_matches('/');
    let path = rest.split_once('/').map_or("", |(_, path)| path);
    let without_port = match path {
        "" => host(url).to_owned(),
        path => format!("{}/{path}", host(url)),
    };
    rest == origin || without_port == origin
}

/// The host in `url`, as Go's `URL.Hostname` has it: without the port and the brackets of an IPv6
/// address, and in the case it is written in.
pub(crate) fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match authority.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

/// A host, perhaps with a port and a path. A name in a signed note has neither blanks nor a plus
/// sign, and sigstore-js reads it as a regular expression.
fn check_origin(origin: &str) -> Result<(), TileLogError> {
    let problem = match origin {
        "" => "is empty",
        _ if origin.contains("://") => "has a scheme",
        _ if origin.contains(char::is_whitespace) => "has a blank",
        _ if !origin.bytes().all(is_plain) => "has a character that no host has",
        _ if origin.starts_with('/') || origin.ends_with('/') => "begins or ends with a slash",
        _ => return Ok(()),
    };
    Err(TileLogError::Origin(problem))
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/".contains(&byte)
}

#[cfg(test)]
mod tests {
    use keys::PrivateKey;

    use super::*;

    fn key(kind: Kind) -> PublicKey {
        PrivateKey::generate(kind).public_key().clone()
    }

    fn urls(url: &str) -> Vec<String> {
        vec!["https://other.example.com".into(), url.into()]
    }

    #[test]
    fn a_rekors_url_is_the_one_whose_host_is_the_origin() {
        for (url, origin) in [
            ("http://rekor.svc", "rekor.svc"),
            ("https://rekor.svc:8443/path", "rekor.svc"),
            ("http://[fd00::1]:3000", "fd00::1"),
        ] {
            let log = TileLog::rekor(key(Kind::Ed25519), origin, &urls(url)).unwrap();
            assert_eq!(log.url, url);
        }
        for (url, origin) in [
            ("http://rekor.svc", "rekor.sv"),
            ("http://rekor.svc.", "rekor.svc"),
            ("http://Rekor.svc", "rekor.svc"),
            ("http://rekor.svc:80", "rekor.svc:80"),
            ("http://proxy/rekor.svc", "rekor.svc"),
        ] {
            let error = TileLog::rekor(key(Kind::Ed25519), origin, &urls(url));
            assert!(matches!(error, Err(TileLogError::Url)), "{url}");
        }
    }

    #[test]
    fn a_ct_logs_url_is_its_origin_and_a_scheme() {
        for (url, origin) in [
            ("http://ct.svc/log", "ct.svc/log"),
            ("http://ct.svc:8080/log/", "ct.svc/log"),
            ("http://ct.svc:8080/log", "ct.svc:8080/log"),
            ("http://ct.svc", "ct.svc"),
        ] {
            let log = TileLog::ctlog(key(Kind::EcdsaP256), origin, &urls(url)).unwrap();
            assert_eq!(log.url, url);
        }
        for (url, origin) in [
            ("http://ct.svc/log", "ct.svc"),
            ("http://ct.svc", "ct.svc/x"),
        ] {
            let error = TileLog::ctlog(key(Kind::EcdsaP256), origin, &urls(url));
            assert!(matches!(error, Err(TileLogError::Url)), "{url}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for origin in [
            "", "http://a", "a b", "a\n", "a+b", "a/", "/a", "a*", "\u{e4}", "a?b",
        ] {
            let error = TileLog::ctlog(key(Kind::EcdsaP256), origin, &urls(origin));
            assert!(matches!(error, Err(TileLogError::Origin(_))), "{origin:?}");
        }
        let error = TileLog::rekor(key(Kind::Ed25519), "a/b", &urls("http://a/b"));
        assert!(matches!(error, Err(TileLogError::Origin(_))));
    }

    #[test]
    fn other_kinds_of_keys_are_refused() {
        let urls = urls("http://a");
        for kind in Kind::ALL {
            let can = [Kind::Ed25519, Kind::EcdsaP256].contains(&kind);
            assert_eq!(TileLog::rekor(key(kind), "a", &urls).is_ok(), can);
            let can = kind == Kind::EcdsaP256;
            assert_eq!(TileLog::ctlog(key(kind), "a", &urls).is_ok(), can);
        }
    }

    /// The ID that Rekor's own `pkg/note` has for it.
    #[test]
    fn an_ed25519_logs_id_depends_on_its_origin() {
        let id = note_id("rekor.local", &[7; 32]);
        let told = "rekor.local\n\u{1}".to_owned() + &"\u{7}".repeat(32);
        assert_eq!(id, <[u8; 32]>::from(Sha256::digest(told)));
        assert_ne!(id, note_id("rekor.other", &[7; 32]));
    }
}

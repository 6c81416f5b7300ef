//! Origins of logs (<https://c2sp.org/tlog-checkpoint>).

use std::{fmt, str::FromStr};

use crate::{Error, authority};

/// The name of a log in its checkpoints: a host, perhaps with a path, which a CT log's has
/// (<https://c2sp.org/static-ct-api>).
///
/// Go takes any name without blanks and pluses (`isValidName` in golang.org/x/mod's
/// `sumdb/note/note.go`), and TesseraCT a URL without a scheme (`isValidOrigin` in its
/// `internal/ct/ctlog.go`). But sigstore-go computes a Rekor's from the URL's host in the trusted
/// root, without the port and the brackets of an IPv6 address (`verify/tlog.go`), and sigstore-js
/// from the same in lower case. So here is taken what is the same to all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    text: String,
    host: usize,
}

impl Origin {
    /// As it was written, and as it is in checkpoints.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host.
    pub fn host(&self) -> &str {
        &self.text[..self.host]
    }

    /// The path, with the slash before it; empty if there is none.
    pub fn path(&self) -> &str {
        &self.text[self.host..]
    }
}

impl FromStr for Origin {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if text.contains("://") {
            return Err(Error::Scheme);
        }
        check_characters(text)?;
        let end = text.find('/').unwrap_or(text.len());
        let (host, path) = text.split_at(end);
        authority::parse(host)?;
        if host.contains(|c: char| c.is_ascii_uppercase()) {
            return Err(Error::UpperCase(host.into()));
        }
        let is_part = |part: &str| !["", ".", ".."].contains(&part);
        if !path.split('/').skip(1).all(is_part) {
            return Err(Error::OriginPath);
        }
        Ok(Self {
            text: text.into(),
            host: host.len(),
        })
    }
}

/// As it was written.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn check_characters(text: &str) -> Result<(), Error> {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    match text.chars().find(|c| !is_fine(*c)) {
        None => Ok(()),
        Some(':') if !text.contains('[') => Err(Error::OriginPort),
        Some(c) if "${}<>".contains(c) => Err(Error::Placeholder(c)),
        Some(c) => Err(Error::OriginCharacter(c)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_an_origin_and_so_it_is_with_a_path() {
        for (text, host, path) in [
            (
                "rekor.rekor-tiles-system.svc",
                "rekor.rekor-tiles-system.svc",
                "",
            ),
            (
                "ctlog.svc/sigstorescaffolding",
                "ctlog.svc",
                "/sigstorescaffolding",
            ),
            ("ctlog.example.com/2026/h1", "ctlog.example.com", "/2026/h1"),
            ("10.0.0.1", "10.0.0.1", ""),
            ("log_2", "log_2", ""),
        ] {
            let origin: Origin = text.parse().unwrap();
            assert_eq!((origin.host(), origin.path()), (host, path));
            assert_eq!((origin.as_str(), origin.to_string()), (text, text.into()));
        }
    }

    #[test]
    fn anything_else_is_none_and_is_told_why() {
        for (text, reason) in [
            ("", "host"),
            ("http://rekor", "without http://"),
            ("https://rekor/x", "without http://"),
            ("rekor:80", "port"),
            ("rekor system", "' '"),
            ("rekor\n", "'\\n'"),
            (" rekor", "' '"),
            ("re+kor", "'+'"),
            ("rekör", "'ö'"),
            ("rekor\u{2028}", "2028"),
            ("Rekor.example.com", "lower case"),
            ("[fd00::1]", "'['"),
            ("1.2.3", "host"),
            ("rekor..svc", "host"),
            ("$(ORIGIN)", "replaced"),
            ("<host>/x", "replaced"),
            ("user@rekor", "'@'"),
            ("rekor?x", "'?'"),
            ("rekor/", "empty part"),
            ("/x", "host"),
            ("rekor//x", "empty part"),
            ("rekor/../x", "empty part"),
            ("rekor/%20", "'%'"),
        ] {
            let error = text.parse::<Origin>().unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}

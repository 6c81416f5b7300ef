//! What it holds.

use std::collections::BTreeMap;

use address::{Origin, url};
use gate::Entries;
use refusal::{Object, Refusal, Refusals};

/// Where clients reach Fulcio.
pub const FULCIO: &str = "fulcio";
/// Where clients reach the Rekor v1.
pub const REKOR: &str = "rekor";
/// Where clients reach each Rekor v2.
pub const REKOR_TILES: &str = "rekor-tiles";
/// Where clients reach the CT log of RFC 6962, with its prefix.
pub const CTLOG: &str = "ctlog";
/// Where clients reach each CT log with tiles, with its prefix.
pub const CTLOG_TILES: &str = "ctlog-tiles";
/// Where clients reach the timestamp authority, with its path.
pub const TSA: &str = "tsa";
/// Where clients reach the TUF repository.
pub const TUF: &str = "tuf";
/// The issuer of the identity tokens that clients sign with.
pub const ISSUER: &str = "issuer";

/// All of them: the entry, what messages call what is there, and whether there may be several.
const ALL: [(&str, &str, bool); 8] = [
    (FULCIO, "Fulcio", false),
    (REKOR, "Rekor", false),
    (REKOR_TILES, "Rekor v2", true),
    (CTLOG, "the CT log", false),
    (CTLOG_TILES, "the CT log with tiles", true),
    (TSA, "the timestamp authority", false),
    (TUF, "the TUF repository", false),
    (ISSUER, "the issuer of tokens", false),
];

/// Where clients reach the servers: URLs that every client reads alike.
pub struct Addresses {
    object: Object,
    urls: BTreeMap<&'static str, Vec<String>>,
}

/// The URLs of one entry, and what messages call that entry.
pub struct Urls {
    /// The entry.
    pub object: Object,
    /// As they are written there; none if the entry is missing.
    pub urls: Vec<String>,
}

impl Addresses {
    /// What the `entries` of `object` say; one with an empty value counts as missing.
    ///
    /// # Errors
    ///
    /// All entries that are of no use to a client.
    pub(crate) fn parse(object: Object, entries: &Entries) -> Result<Self, Refusals> {
        let mut refusals = vec![];
        for (name, _) in entries.iter() {
            if !ALL.iter().any(|(known, ..)| *known == name) {
                refusals.push(unknown(object.entry(name)));
            }
        }
        let mut urls = BTreeMap::new();
        for (name, server, several) in ALL {
            let text = entries.get(name).map(String::from_utf8_lossy);
            let Some(text) = text else { continue };
            let pieces: Vec<_> = match several {
                true => text.split(',').map(str::to_owned).collect(),
                false => vec![text.into_owned()],
            };
            match pieces.iter().try_for_each(|text| check(name, text)) {
                Ok(()) => drop(urls.insert(name, pieces)),
                Err(error) => refusals.push(Refusal::new(
                    object.entry(name),
                    format!("can't be used ({error})"),
                    format!("put the URL there at which clients reach {server}"),
                )),
            }
        }
        match refusals.is_empty() {
            true => Ok(Self { object, urls }),
            false => Err(refusals.into()),
        }
    }

    /// The URLs of `entry`, of which there may be any number.
    pub fn several(&self, entry: &str) -> Urls {
        Urls {
            object: self.object.entry(entry),
            urls: self.urls.get(entry).cloned().unwrap_or_default(),
        }
    }

    /// The URL of `entry`.
    ///
    /// # Errors
    ///
    /// That there is none.
    pub fn one(&self, entry: &str) -> Result<&str, Refusal> {
        let url = self.urls.get(entry).and_then(|urls| urls.first());
        url.map(String::as_str).ok_or_else(|| {
            let named = ALL.iter().find(|(known, ..)| *known == entry);
            let server = named.map_or(entry, |(_, server, _)| server);
            Refusal::new(
                self.object.entry(entry),
                "is missing",
                format!("put the URL there at which clients reach {server}"),
            )
        })
    }

    /// The host in the URL of `entry`, and what messages call that entry.
    ///
    /// # Errors
    ///
    /// That there is none.
    pub fn host(&self, entry: &str) -> Result<(String, Object), Refusal> {
        let url = url(self.one(entry)?).ok();
        let host = url.as_ref().and_then(|url| url.host_str());
        Ok((host.unwrap_or_default().into(), self.object.entry(entry)))
    }
}

fn unknown(entry: Object) -> Refusal {
    let known: Vec<_> = ALL.iter().map(|(known, ..)| *known).collect();
    Refusal::new(
        entry,
        format!("is no address (they are {})", known.join(", ")),
        "correct its name, or remove it",
    )
}

/// Checks what is written in an entry. A Rekor's host is the name in its checkpoints, too: it
/// is written in lower case, and is no IPv6 address.
fn check(entry: &str, text: &str) -> Result<(), address::Error> {
    let url = url(text)?;
    if ![REKOR, REKOR_TILES].contains(&entry) {
        return Ok(());
    }
    let host = url.host_str().unwrap_or_default();
    match text.contains(host) {
        true => host.parse::<Origin>().map(drop),
        false => Err(address::Error::UpperCase(host.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(entries: &[(&str, &str)]) -> Result<Addresses, String> {
        let entries = entries
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()));
        Addresses::parse("the addresses".into(), &entries.collect()).map_err(|e| e.to_string())
    }

    #[test]
    fn a_url_is_told_as_it_is_written() {
        let addresses = parsed(&[
            (FULCIO, "https://fulcio.example.com/"),
            (REKOR, "https://rekor.example.com:8443/v1"),
            (REKOR_TILES, "https://a.example.com,https://b.example.com"),
            (TUF, ""),
        ]);
        let addresses = addresses.unwrap();
        assert_eq!(addresses.one(FULCIO), Ok("https://fulcio.example.com/"));
        assert_eq!(addresses.host(REKOR).unwrap().0, "rekor.example.com");
        let several = addresses.several(REKOR_TILES);
        assert_eq!(
            several.urls,
            ["https://a.example.com", "https://b.example.com"]
        );
        assert!(addresses.several(CTLOG_TILES).urls.is_empty());
        let missing = addresses.one(TUF).unwrap_err().to_string();
        let way_out = "put the URL there at which clients reach the TUF repository";
        assert_eq!(
            missing,
            format!("\"tuf\" of the addresses is missing: {way_out}")
        );
    }

    /// In each entry, whatever no client can use is refused with the entry and the reason.
    #[test]
    fn what_no_client_can_use_is_refused() {
        for (entry, server, several) in ALL {
            for (url, reason) in [
                ("https://$(HOST)", "replaced"),
                ("https://${HOST}", "replaced"),
                ("https://<host>", "replaced"),
                ("https://{{ .Values.host }}", "replaced"),
                ("rekor.example.com", "http:// or https://"),
                ("ftp://rekor.example.com", "http:// or https://"),
                ("https://rekor.example.com:99999", "port"),
                ("https://user:password@rekor.example.com", "password"),
                ("https://rekor.example.com\n", "\\n"),
            ] {
                let refused = parsed(&[(entry, url)]).err().unwrap();
                let object = format!("{entry:?} of the addresses can't be used (");
                assert!(refused.starts_with(&object), "{refused}");
                assert!(
                    refused.contains(reason) && refused.ends_with(server),
                    "{refused}"
                );
                assert!(
                    refused.len() <= 300 && !refused.contains("user:"),
                    "{refused}"
                );
            }
            assert_eq!(parsed(&[(entry, "http://a,http://b")]).is_ok(), several);
        }
    }

    #[test]
    fn a_rekors_host_is_a_name_in_checkpoints() {
        for entry in [REKOR, REKOR_TILES] {
            for url in ["https://Rekor.example.com", "https://[fd00::1]"] {
                assert!(parsed(&[(entry, url)]).is_err(), "{url}");
                assert!(parsed(&[(TSA, url)]).is_ok(), "{url}");
            }
        }
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let refused = parsed(&[("recor", "http://a"), (TSA, "tsa"), (TUF, "<tuf>")]).err();
        let refused = refused.unwrap();
        for entry in [
            "\"recor\" of the addresses is no address",
            "\"tsa\" of",
            "\"tuf\" of",
        ] {
            assert!(refused.contains(entry), "{refused}");
        }
    }
}

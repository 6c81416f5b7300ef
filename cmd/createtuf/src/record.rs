//! What the Secret of keys records of what was published with them.

use std::collections::BTreeSet;

use contract::{PUBLISHED, PUBLISHED_AT, PUBLISHED_TRUST, ROTATION, WITHDRAWN};
use gate::Entries;
use jiff::Timestamp;
use refusal::Refusal;
use tuf::{Repository, Versions};

use crate::found::Held;

/// What was published last, and is never to come twice or to be lost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Record {
    /// The versions that clients may have seen.
    pub(crate) versions: Versions,
    /// The digest of what clients are told to trust; of each, while one is being published. None
    /// before anything is.
    pub(crate) trust: Vec<String>,
    /// When anything was signed last.
    pub(crate) signed_at: Option<Timestamp>,
    /// What keys were changed for last.
    pub(crate) rotation: Option<String>,
    /// The digest of each log and chain that was taken out of what clients trust.
    pub(crate) withdrawn: BTreeSet<String>,
}

impl Record {
    /// Reads it from among the other entries.
    ///
    /// # Errors
    ///
    /// The entry that can't be read.
    pub(crate) fn read(keys: &Held) -> Result<Self, Refusal> {
        let Held { object, entries } = keys;
        let versions = entries.get(PUBLISHED).map(serde_json::from_slice);
        let versions = versions.transpose().map_err(|error| {
            Refusal::new(
                object.entry(PUBLISHED),
                format!("is no record of versions ({error})"),
                "restore it from a backup",
            )
        })?;
        let text = |entry| entries.get(entry).map(String::from_utf8_lossy);
        let signed_at = text(PUBLISHED_AT).map(|text| text.parse()).transpose();
        let signed_at = signed_at
            .map_err(|_| Refusal::new(object.entry(PUBLISHED_AT), "is no time", "remove it"))?;
        let trust = text(PUBLISHED_TRUST).unwrap_or_default();
        let withdrawn = entries.get(WITHDRAWN).map(serde_json::from_slice);
        let withdrawn = withdrawn.transpose().map_err(|error| {
            Refusal::new(
                object.entry(WITHDRAWN),
                format!("is no list of digests ({error})"),
                "remove it",
            )
        })?;
        Ok(Self {
            versions: versions.unwrap_or_default(),
            trust: trust.lines().map(str::to_owned).collect(),
            signed_at,
            rotation: text(ROTATION).map(|text| text.into_owned()),
            withdrawn: withdrawn.unwrap_or_default(),
        })
    }

    /// It when `repository` is published, which is signed `now` or was before.
    pub(crate) fn once_published(
        &self,
        repository: &Repository,
        is_signed_now: bool,
        now: Timestamp,
    ) -> Self {
        let signed_at = match self.signed_at {
            Some(before) if !is_signed_now => before,
            _ => Timestamp::from_second(now.as_second()).expect("a time without its fraction"),
        };
        Self {
            versions: self.versions.max(repository.versions()),
            trust: vec![repository.trust_digest()],
            signed_at: Some(signed_at),
            rotation: self.rotation.clone(),
            withdrawn: self.withdrawn.clone(),
        }
    }

    /// It while what it will be is `published` in place of `old`: both may be found.
    pub(crate) fn while_publishing(&self, old: &Repository, published: &Self) -> Self {
        let mut trust = self.trust.clone();
        if trust.is_empty() {
            trust.push(old.trust_digest());
        }
        trust.retain(|digest| !published.trust.contains(digest));
        trust.extend(published.trust.iter().cloned());
        Self {
            trust,
            ..published.clone()
        }
    }

    /// The entries that say this.
    pub(crate) fn entries(&self) -> Entries {
        let versions = serde_json::to_vec(&self.versions).expect("the keys of roles are strings");
        let mut entries = Entries::new().with(PUBLISHED, versions);
        if !self.trust.is_empty() {
            entries.insert(PUBLISHED_TRUST, self.trust.join("\n"));
        }
        if let Some(time) = self.signed_at {
            entries.insert(PUBLISHED_AT, time.to_string());
        }
        if let Some(rotation) = &self.rotation {
            entries.insert(ROTATION, rotation.as_bytes());
        }
        if !self.withdrawn.is_empty() {
            let withdrawn = serde_json::to_vec(&self.withdrawn);
            entries.insert(WITHDRAWN, withdrawn.expect("texts are JSON"));
        }
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(entries: Entries) -> Held {
        Held {
            object: "the keys".into(),
            entries,
        }
    }

    fn refusal(entry: &str, value: &str) -> String {
        let entries = Entries::new().with(entry, value);
        Record::read(&held(entries)).unwrap_err().to_string()
    }

    #[test]
    fn what_is_written_is_read_back() {
        let record = Record {
            versions: Versions {
                root: 1,
                snapshot: 3,
                targets: 2,
                timestamp: 4,
            },
            trust: vec!["aa".into(), "bb".into()],
            signed_at: Some("2026-01-01T00:00:00Z".parse().unwrap()),
            rotation: Some("a-uid".into()),
            withdrawn: ["cc".into(), "dd".into()].into(),
        };
        for record in [record, Record::default()] {
            let read = Record::read(&held(record.entries()));
            assert_eq!(read, Ok(record));
        }
    }

    #[test]
    fn its_entries_are_those_that_are_in_clusters() {
        let entries = Entries::new()
            .with(
                "published",
                r#"{"root":1,"snapshot":1,"targets":1,"timestamp":1}"#,
            )
            .with("published-at", "2026-01-01T00:00:00Z")
            .with("published-trust", "aa\nbb")
            .with("rotation", "a-uid")
            .with("withdrawn", r#"["cc","dd"]"#);
        let record = Record::read(&held(entries.clone())).unwrap();
        assert!(record.entries() == entries);
    }

    #[test]
    fn an_entry_that_is_empty_counts_as_missing() {
        let entries = [
            "published",
            "published-at",
            "published-trust",
            "rotation",
            "withdrawn",
        ];
        let entries = entries.map(|entry| (entry.to_owned(), vec![]));
        let record = Record::read(&held(entries.into_iter().collect()));
        assert_eq!(record, Ok(Record::default()));
    }

    #[test]
    fn what_cant_be_read_is_named() {
        let text = refusal("published", "{}");
        assert!(
            text.starts_with(r#""published" of the keys is no record of versions ("#),
            "{text}"
        );
        let text = refusal("withdrawn", "aa");
        assert!(
            text.starts_with(r#""withdrawn" of the keys is no list of digests ("#),
            "{text}"
        );
        let text = refusal("published-at", "yesterday");
        assert_eq!(text, r#""published-at" of the keys is no time: remove it"#);
    }
}

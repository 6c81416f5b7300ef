//! The published trusted root, entry by entry. One that clients refuse to read keeps them from
//! reading the whole file, so each is looked at; and any can be taken out, for a price.

use std::collections::{BTreeMap, BTreeSet};

use base64ct::{Base64, Encoding as _};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tuf::Repository;

use crate::{
    Error, Result, SIGNING_CONFIG, TRUSTED_ROOT,
    error::Unreadable,
    merge::Trusted,
    signing_config::SigningConfig,
    tile_log::host,
    trusted_root::{CTLOG, FULCIO, MEDIA_TYPE, REKOR, TSA, TrustedRoot},
};

/// What was taken out: the SHA-256 that it was named by, and what it was.
pub(crate) type Withdrawn = BTreeMap<String, String>;

/// What clients are told to trust, as it was found.
pub(crate) struct Published {
    /// What they can read of it.
    pub(crate) trusted_root: TrustedRoot,
    /// What they can't, with the digests that name it.
    unreadable: Vec<(Unreadable, Vec<String>)>,
}

/// The file before anybody looked at its entries.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Document {
    media_type: String,
    #[serde(default)]
    tlogs: Vec<Value>,
    #[serde(default)]
    certificate_authorities: Vec<Value>,
    #[serde(default)]
    ctlogs: Vec<Value>,
    #[serde(default)]
    timestamp_authorities: Vec<Value>,
}

impl Published {
    /// Nothing yet.
    pub(crate) fn nothing() -> Self {
        Self {
            trusted_root: TrustedRoot::empty(),
            unreadable: vec![],
        }
    }

    /// Whom clients of `repository` are told to trust.
    ///
    /// # Errors
    ///
    /// [`Error::NoTrustedRoot`] when it is missing, [`Error::TrustedRoot`] when it is no such file.
    pub(crate) fn read(repository: &Repository) -> Result<Self> {
        let json = repository.target(TRUSTED_ROOT);
        let json = json.ok_or(Error::NoTrustedRoot)?;
        let document: Document =
            serde_json::from_slice(json).map_err(|error| Error::TrustedRoot(error.to_string()))?;
        if document.media_type != MEDIA_TYPE {
            let problem = format!("its media type is {:?}", document.media_type);
            return Err(Error::TrustedRoot(problem));
        }
        let mut published = Self::nothing();
        published.trusted_root = TrustedRoot {
            tlogs: published.readable(REKOR, document.tlogs),
            certificate_authorities: published.readable(FULCIO, document.certificate_authorities),
            ctlogs: published.readable(CTLOG, document.ctlogs),
            timestamp_authorities: published.readable(TSA, document.timestamp_authorities),
            ..TrustedRoot::empty()
        };
        let signing_config = repository.target(SIGNING_CONFIG);
        let signing_config = signing_config.and_then(|json| SigningConfig::read(json).ok());
        let hosts = signing_config.map(|config| config.rekor_tiles());
        let hosts = hosts.unwrap_or_default();
        for log in &mut published.trusted_root.tlogs {
            log.recognise(&hosts);
        }
        Ok(published)
    }

    /// Those of the `entries` that clients can read. The others are noted.
    fn readable<T: Trusted + DeserializeOwned>(
        &mut self,
        owner: &'static str,
        entries: Vec<Value>,
    ) -> Vec<T> {
        let mut readable = vec![];
        for entry in entries {
            let read = T::deserialize(&entry).map_err(|error| error.to_string());
            match read.and_then(|read| read.check_readable().map(|()| read)) {
                Ok(read) => readable.push(read),
                Err(problem) => {
                    let digests = digests(&entry);
                    let id = digests[0].clone();
                    let unreadable = Unreadable { owner, id, problem };
                    self.unreadable.push((unreadable, digests));
                }
            }
        }
        readable
    }

    /// The whole, if clients can read it.
    ///
    /// # Errors
    ///
    /// [`Error::Unreadable`] names what they can't.
    pub(crate) fn whole(self) -> Result<TrustedRoot> {
        match self.unreadable.is_empty() {
            true => Ok(self.trusted_root),
            false => {
                let unreadable = self.unreadable.into_iter();
                Err(Error::Unreadable(
                    unreadable.map(|(unreadable, _)| unreadable).collect(),
                ))
            }
        }
    }

    /// Takes out what `ids` name: a log by its ID, a chain by the SHA-256 of one of its
    /// certificates, each by its first digits. What isn't there may have been taken out `before`.
    ///
    /// # Errors
    ///
    /// [`Error::NotPublished`], and [`Error::StillAsked`] for what is `asked` for too.
    pub(crate) fn withdraw(
        &mut self,
        ids: &BTreeSet<String>,
        before: &BTreeSet<String>,
        asked: &TrustedRoot,
    ) -> Result<Withdrawn> {
        let mut named = BTreeSet::new();
        for id in ids {
            let known: BTreeSet<_> = self
                .digests()
                .filter(|known| known.starts_with(id))
                .collect();
            match (known.len(), known.into_iter().next()) {
                (1, Some(digest)) => _ = named.insert(digest),
                (0, _) if before.iter().any(|digest| digest.starts_with(id)) => (),
                _ => {
                    return Err(Error::NotPublished {
                        id: id.clone(),
                        published: self.labels(),
                    });
                }
            }
        }
        if let Some(digest) = asked.digests().find(|digest| named.contains(digest)) {
            return Err(Error::StillAsked(digest));
        }
        Ok(named
            .into_iter()
            .map(|digest| {
                let gone = self.take(&digest);
                (digest, gone.join(", "))
            })
            .collect())
    }

    /// Takes out all that `digest` names, and returns what that was.
    fn take(&mut self, digest: &String) -> Vec<String> {
        let trusted_root = &mut self.trusted_root;
        let mut gone = take(REKOR, &mut trusted_root.tlogs, digest);
        gone.extend(take(
            FULCIO,
            &mut trusted_root.certificate_authorities,
            digest,
        ));
        gone.extend(take(CTLOG, &mut trusted_root.ctlogs, digest));
        gone.extend(take(TSA, &mut trusted_root.timestamp_authorities, digest));
        self.unreadable.retain(|(unreadable, digests)| {
            let goes = digests.contains(digest);
            if goes {
                let Unreadable { owner, problem, .. } = unreadable;
                gone.push(format!("{owner}'s entry that can't be read ({problem})"));
            }
            !goes
        });
        gone
    }

    fn digests(&self) -> impl Iterator<Item = String> {
        let unreadable = self.unreadable.iter();
        let unreadable = unreadable.flat_map(|(_, digests)| digests.iter().cloned());
        self.trusted_root.digests().chain(unreadable)
    }

    /// What each entry can be named by, in a few words.
    fn labels(&self) -> Vec<String> {
        let trusted_root = &self.trusted_root;
        let mut labels = labels(REKOR, &trusted_root.tlogs);
        labels.extend(self::labels(FULCIO, &trusted_root.certificate_authorities));
        labels.extend(self::labels(CTLOG, &trusted_root.ctlogs));
        labels.extend(self::labels(TSA, &trusted_root.timestamp_authorities));
        for (Unreadable { owner, id, .. }, _) in &self.unreadable {
            labels.push(label(owner, id));
        }
        labels
    }
}

impl TrustedRoot {
    /// The hosts of Rekor's logs.
    pub(crate) fn rekor_hosts(&self) -> BTreeSet<String> {
        let logs = self.tlogs.iter();
        logs.map(|log| host(&log.base_url).into()).collect()
    }

    /// The digests that name its entries.
    fn digests(&self) -> impl Iterator<Item = String> {
        let logs = self.tlogs.iter().chain(&self.ctlogs);
        let logs = logs.flat_map(Trusted::digests);
        let authorities = self.certificate_authorities.iter();
        let authorities = authorities.chain(&self.timestamp_authorities);
        logs.chain(authorities.flat_map(Trusted::digests))
    }
}

fn take<T: Trusted>(owner: &'static str, entries: &mut Vec<T>, digest: &String) -> Vec<String> {
    let gone = entries.extract_if(.., |entry| entry.digests().contains(digest));
    gone.map(|entry| format!("{}'s {}", entry.owner(owner), entry.description()))
        .collect()
}

fn labels<T: Trusted>(owner: &'static str, entries: &[T]) -> Vec<String> {
    let entries = entries.iter();
    entries
        .map(|entry| label(entry.owner(owner), &entry.digests()[0]))
        .collect()
}

fn label(owner: &str, digest: &str) -> String {
    format!("{owner}'s {}", digest.get(..SHOWN).unwrap_or(digest))
}

/// The SHA-256 of each key or certificate in an entry, whatever else is in it; of an entry without
/// any, its own. There is at least one.
fn digests(entry: &Value) -> Vec<String> {
    let mut digests = vec![];
    let mut open = vec![entry];
    while let Some(value) = open.pop() {
        match value {
            Value::Array(values) => open.extend(values),
            Value::Object(fields) => {
                open.extend(fields.values());
                let text = fields.get("rawBytes").and_then(Value::as_str);
                digests.extend(text.map(|text| match Base64::decode_vec(text) {
                    Ok(bytes) => hex::encode(Sha256::digest(bytes)),
                    Err(_) => hex::encode(Sha256::digest(text)),
                }));
            }
            _ => (),
        }
    }
    if digests.is_empty() {
        let mut entry = entry.clone();
        entry.sort_all_objects();
        digests.push(hex::encode(Sha256::digest(entry.to_string())));
    }
    digests
}

/// How many digits of a digest are enough for a person to tell entries apart.
const SHOWN: usize = 12;

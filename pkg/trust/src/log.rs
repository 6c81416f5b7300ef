//! Keys of transparency logs, as clients are told of them.

use std::collections::BTreeSet;

use jiff::Timestamp;
use keys::PublicKey;
use sha2::{Digest as _, Sha256};

use crate::{
    Error, Result, TileLog,
    merge::Trusted,
    readable::{self, ED25519},
    tile_log::{self, Origin},
    trusted_root::{Log, REKOR_TILES, SHA2_256, Validity},
};

impl Log {
    /// The log of `key`, whose ID is the SHA-256 of that, as of Rekor v1 and RFC 6962.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] for a key that no client can verify with; `input` says which one.
    pub(crate) fn of_key(
        input: &str,
        key: &PublicKey,
        url: &str,
        start: Timestamp,
    ) -> Result<Self> {
        match readable::details(key) {
            Some(details) => Ok(Self::new(key.log_id(), url, key, &details, start)),
            None => Err(Error::input(input, "is of a kind that clients don't know")),
        }
    }

    /// The log that keeps its tree as tiles.
    pub(crate) fn of_tiles(log: &TileLog, start: Timestamp) -> Self {
        let details = readable::details(&log.key).expect("a kind that clients know");
        let mut this = Self::new(log.id(), &log.url, &log.key, &details, start);
        this.origin = Some(log.origin.clone());
        this
    }

    /// Recognises a published Rekor v2: by its ID, which isn't the SHA-256 of its key, or as one of
    /// the `hosts` that are offered as such.
    pub(crate) fn recognise(&mut self, hosts: &BTreeSet<String>) {
        let host = tile_log::host(&self.base_url);
        let by_id = self.public_key.key_details == ED25519 && self.digests().len() > 1;
        if by_id || hosts.contains(host) {
            self.origin = Some(Origin::Rekor(host.into()));
        }
    }
}

impl Trusted for Log {
    fn is_same(&self, other: &Self) -> bool {
        self.public_key.raw_bytes == other.public_key.raw_bytes
    }

    fn check_is_log(&self, known: &Self) -> Result<(), String> {
        let is_same = match (&self.origin, &known.origin) {
            (None, known) => known.is_none(),
            (Some(origin), _) => {
                let is_there = known.base_url.is_empty() || origin.is_of(&known.base_url);
                is_there && self.id() == known.id()
            }
        };
        match is_same {
            true => Ok(()),
            false => Err(known.base_url.clone()),
        }
    }

    fn owner(&self, owner: &'static str) -> &'static str {
        match &self.origin {
            Some(Origin::Rekor(_)) => REKOR_TILES,
            _ => owner,
        }
    }

    fn has_end(&self) -> bool {
        !matches!(&self.origin, Some(Origin::Rekor(_)))
    }

    fn digests(&self) -> Vec<String> {
        let key = hex::encode(Sha256::digest(self.spki()));
        match self.id() == key {
            true => vec![key],
            false => vec![self.id(), key],
        }
    }

    fn check_readable(&self) -> Result<(), String> {
        if self.hash_algorithm != SHA2_256 {
            return Err(format!("the hash algorithm {:?}", self.hash_algorithm));
        }
        readable::check(&self.public_key.key_details, self.spki())
    }

    fn description(&self) -> String {
        format!("key with the log ID {}", self.id())
    }

    fn url(&self) -> &str {
        &self.base_url
    }

    fn set_url(&mut self, url: &str) {
        self.base_url = url.into();
    }

    fn validity(&self) -> &Validity {
        &self.public_key.valid_for
    }

    fn set_end(&mut self, end: Option<Timestamp>) {
        self.public_key.valid_for.end = end;
    }

    fn natural_end(&self) -> Option<Timestamp> {
        None
    }

    fn check_new(&self, _now: Timestamp) -> Result<()> {
        Ok(())
    }
}

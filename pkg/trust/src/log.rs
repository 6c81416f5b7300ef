//! Keys of transparency logs, as clients are told of them.

use jiff::Timestamp;
use keys::PublicKey;
use sha2::{Digest as _, Sha256};

use crate::{
    Error, Result,
    merge::Trusted,
    readable,
    trusted_root::{Log, SHA2_256, Validity},
};

impl Log {
    /// The log of `key`.
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
            Some(details) => Ok(Self::new(url, key, &details, start)),
            None => Err(Error::input(input, "is of a kind that clients don't know")),
        }
    }
}

impl Trusted for Log {
    fn is_same(&self, other: &Self) -> bool {
        self.public_key.raw_bytes == other.public_key.raw_bytes
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

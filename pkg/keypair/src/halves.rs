//! The key, and what is to be written into its two Secrets.

use certs::Certificate;
use contract::{CTLOG_TILES, FULCIO, PUBLIC, REKOR, REKOR_TILES, TSA};
use gate::Entries;
use keys::{Kind, PrivateKey, PublicKey, Reader};
use refusal::{NotYet, Refusal};
use tracing::warn;

use crate::{Pair, Result, kinds::check_kind};

/// The key of a pair, and what its Secrets are to hold.
pub struct Halves {
    /// The key.
    pub key: PrivateKey,
    /// Its password.
    pub password: Vec<u8>,
    /// The entries that are missing in the private Secret.
    pub private: Entries,
    /// All entries of the public Secret.
    pub public: Entries,
}

/// Writes a new key, encrypted with a password, in the form that its server opens.
pub type Encrypt = fn(&PrivateKey, &[u8]) -> String;

impl Pair {
    /// The halves of the key that exists, else of a new one of kind `new`. `given` is its password,
    /// unless the Secret has one.
    ///
    /// # Errors
    ///
    /// As [`Pair::private_key`], [`Pair::check_new`] and [`Pair::halves_of`].
    pub fn halves(
        &self,
        given: Option<&str>,
        new: Option<Kind>,
        encrypt: Encrypt,
    ) -> Result<Halves> {
        let password = self.password(given);
        if let Some(key) = self.private_key(given)? {
            return Ok(self.halves_of(key, password)?);
        }
        let key = PrivateKey::generate(self.check_new(new)?);
        Ok(self.halves_of_new(key, password, encrypt)?)
    }

    /// The kind of key to make where there is none.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] when one of the Secrets holds something else, which may be a key;
    /// [`Error::NotYet`](crate::Error::NotYet) when `new` is nothing: then a person brings the key.
    pub fn check_new(&self, new: Option<Kind>) -> Result<Kind> {
        self.refuse_foreign_beside_key()?;
        let key = || self.private.entry(self.layout.key);
        Ok(new.ok_or_else(|| NotYet::new(key(), "whoever set --wait-for-key"))?)
    }

    /// The private key that exists, opened with the Secret's password, else with `given`.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] when it can't be opened, and when it is gone while what was made from it is
    /// still in one of the Secrets: a new key would break the trust in the old one.
    pub fn private_key(&self, given: Option<&str>) -> Result<Option<PrivateKey>, Refusal> {
        let Self {
            private,
            public,
            layout,
        } = self;
        let Some(pem) = private.bytes(layout.key) else {
            let made = layout.made_from_key;
            let survives =
                |entries: &Entries| made.iter().any(|entry| entries.get(entry).is_some());
            return if survives(private.entries()) {
                let left = "what was derived from it is still beside it";
                Err(self.key_lost(left, &self.to_start_anew()))
            } else if survives(public.entries()) {
                let left = format!("{public} still holds what was derived from it");
                Err(self.key_lost(&left, &self.to_start_anew_with_both()))
            } else {
                Ok(None)
            };
        };
        let stored = self.stored_password();
        if let (Some(entry), Some(stored), Some(given)) = (layout.password, stored, given)
            && stored != given.as_bytes()
        {
            let object = private.entry(entry);
            warn!(
                %object,
                namespace = object.namespace(),
                name = object.name(),
                "the password given isn't the one in {object}, which is kept"
            );
        }
        PrivateKey::read(self.reader(), pem, stored.or(given.map(str::as_bytes)))
            .map(Some)
            .map_err(|cause| {
                let way_out = match (&cause, cause.mend(), layout.password) {
                    (keys::Error::NoPassword, _, Some(password)) => {
                        format!("put that into {password:?}, or restore both from a backup")
                    }
                    (_, Some(command), _) => format!("mend it ({command})"),
                    (.., Some(password)) => {
                        format!("mend it, or restore it and {password:?} from a backup")
                    }
                    (.., None) => "mend it, or restore it from a backup".into(),
                };
                let difference = format!("can't be used ({cause})");
                Refusal::new(private.entry(layout.key), difference, way_out)
            })
    }

    /// Whose form a key that exists has to be in. `createctconfig` tells by itself what ct_server
    /// doesn't open, since it can write such a key anew.
    fn reader(&self) -> Reader {
        match *self.layout {
            FULCIO | REKOR_TILES => Reader::Sigstore,
            REKOR | TSA => Reader::Step,
            CTLOG_TILES => Reader::Tesseract,
            _ => Reader::Any,
        }
    }

    fn key_lost(&self, left: &str, to_start_anew: &str) -> Refusal {
        Refusal::new(
            self.private.entry(self.layout.key),
            format!("is missing, and {left}"),
            format!("restore it from a backup, or {to_start_anew}"),
        )
    }

    fn stored_password(&self) -> Option<&[u8]> {
        self.private.bytes(self.layout.password?)
    }

    /// The password of the private key: the Secret's, else `given`, else a random one.
    pub fn password(&self, given: Option<&str>) -> Vec<u8> {
        match (self.stored_password(), given) {
            (Some(stored), _) => stored.into(),
            (None, Some(given)) => given.into(),
            (None, None) => keys::random_password().into(),
        }
    }

    /// The halves of the key that exists.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] when no client verifies what such a key signs, when the Secret's public key is
    /// another key's, or can't be read, and when what is public is another key's.
    pub fn halves_of(&self, key: PrivateKey, password: Vec<u8>) -> Result<Halves, Refusal> {
        check_kind(self.layout, &key, self.private.entry(self.layout.key))?;
        self.check_published(&key)?;
        let mut halves = Halves {
            key,
            password: password.clone(),
            private: Entries::new(),
            public: Entries::new(),
        };
        if let Some(entry) = self.layout.password {
            self.add_if_missing(&mut halves, entry, password);
        }
        if self.layout.public.entries.contains(&PUBLIC) {
            let public_key = self.public_key(&halves.key)?;
            self.add(&mut halves, PUBLIC, public_key);
        }
        Ok(halves)
    }

    /// The halves of a key that is yet to be written.
    ///
    /// # Errors
    ///
    /// As [`Pair::halves_of`].
    pub fn halves_of_new(
        &self,
        key: PrivateKey,
        password: Vec<u8>,
        encrypt: Encrypt,
    ) -> Result<Halves, Refusal> {
        let pem = encrypt(&key, &password);
        let mut halves = self.halves_of(key, password)?;
        halves.private.insert(self.layout.key, pem);
        Ok(halves)
    }

    /// Refuses a key beside the public half of another one: somebody replaced one of the two, and
    /// what clients trust isn't changed in passing. (No Job gets there by itself: it makes a key
    /// only where nothing of an older one is left.)
    fn check_published(&self, key: &PrivateKey) -> Result<(), Refusal> {
        let is_the_keys = |half: &PublicKey| half == key.public_key();
        let is_anothers = |entry: &&'static str| {
            let Some(value) = self.public.bytes(entry) else {
                return false;
            };
            match *entry {
                PUBLIC => PublicKey::from_pem(value).is_ok_and(|half| !is_the_keys(&half)),
                _ => certs::read_bundle(value)
                    .is_ok_and(|chain| !chain.iter().map(Certificate::public_key).any(is_the_keys)),
            }
        };
        match self.layout.public.entries.iter().any(is_anothers) {
            false => Ok(()),
            true => Err(Refusal::new(
                self.public.object(),
                format!("is of another key than {}", self.private),
                "restore the latter from a backup, or delete the former to change to the latter's key, publish it \
                 and restart the servers (docs/changes.md)",
            )),
        }
    }

    /// Adds an entry to the public half, and to the private one where it is missing.
    pub fn add(&self, halves: &mut Halves, entry: &str, value: Vec<u8>) {
        self.add_if_missing(halves, entry, value.clone());
        halves.public.insert(entry, value);
    }

    /// Adds an entry to the private half if it belongs there and the Secret lacks it.
    fn add_if_missing(&self, halves: &mut Halves, entry: &str, value: Vec<u8>) {
        let is_private = self.layout.private.entries.contains(&entry);
        if is_private && self.private.bytes(entry).is_none() {
            halves.private.insert(entry, value);
        }
    }

    /// The public half of `key` (PEM), which what the Secret has must be as well.
    fn public_key(&self, key: &PrivateKey) -> Result<Vec<u8>, Refusal> {
        let is_private = self.layout.private.entries.contains(&PUBLIC);
        let Some(pem) = self.private.bytes(PUBLIC).filter(|_| is_private) else {
            return Ok(key.public_key().to_pem().into());
        };
        let (difference, way_out) = match PublicKey::from_pem(pem) {
            Ok(public) if public == *key.public_key() => return Ok(public.to_pem().into()),
            Ok(_) => (
                "doesn't belong to the private key beside it".into(),
                "restore the one that is wrong from a backup, or remove it to have it derived",
            ),
            Err(cause) => (
                format!("can't be used ({cause})"),
                "mend it, or remove it to have it derived from the private key beside it",
            ),
        };
        Err(Refusal::new(
            self.private.entry(PUBLIC),
            difference,
            way_out,
        ))
    }

    /// Publishes the private half, then the public one.
    ///
    /// # Errors
    ///
    /// As [`gate::Gate::publish`].
    pub async fn publish(&mut self, halves: Halves) -> Result<()> {
        let Self {
            private, public, ..
        } = self;
        private.publish(halves.private).await?;
        let differs = |(key, value)| public.bytes(key).is_some_and(|old| old != value);
        if halves.public.iter().any(differs) {
            let object = public.object();
            warn!(
                %object,
                namespace = object.namespace(),
                name = object.name(),
                "{object} differs from {private} and is repaired"
            );
        }
        Ok(public.publish(halves.public).await?)
    }
}

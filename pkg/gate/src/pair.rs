//! A private key's Secret and the public one that is derived from it.

use std::{fmt, time::SystemTime};

use certs::Chain;
use job::Refused;
use k8s_openapi::api::core::v1::Secret;
use keys::{PrivateKey, PublicKey};
use tracing::warn;

use crate::{Entries, Error, Gate, Kube, Result};

/// A Secret with a private key, which one server mounts, and the Secret with its public half, which
/// clients get to know. The first is the truth, the second follows it.
pub struct Pair {
    /// With the private key.
    pub private: Gate<Secret>,
    /// Without.
    pub public: Gate<Secret>,
}

impl Pair {
    /// Reads both: the public one first, since it is published last. In the other order somebody who
    /// publishes both meanwhile would look like a private key that is gone.
    ///
    /// # Errors
    ///
    /// As [`Gate::secret`].
    pub async fn read(kube: &Kube, namespace: &str, private: &str, public: &str) -> Result<Self> {
        let public = Gate::secret(kube, namespace, public).await?;
        let private = Gate::secret(kube, namespace, private).await?;
        Ok(Self { private, public })
    }

    /// The private key that exists under `key`, opened with the password under `password`, else
    /// with `given`.
    ///
    /// # Errors
    ///
    /// [`Refused`] when it can't be opened, and when it is gone while `halves` (what is derived
    /// from it) are still in one of the Secrets: a new key would break the trust in the old one.
    pub fn private_key(
        &self,
        key: &str,
        password: &str,
        given: Option<&str>,
        halves: &[&str],
    ) -> Result<Option<PrivateKey>, Refused> {
        let Some(pem) = self.private.bytes(key) else {
            return match [&self.private, &self.public]
                .into_iter()
                .find(|gate| halves.iter().any(|half| gate.bytes(half).is_some()))
            {
                Some(survivor) => Err(self.key_lost(key, survivor)),
                None => Ok(None),
            };
        };
        let stored = self.private.bytes(password);
        if let (Some(stored), Some(given)) = (stored, given)
            && stored != given.as_bytes()
        {
            warn!(
                "the password given isn't the one in {}, which is kept",
                self.private
            );
        }
        PrivateKey::from_pem(pem, stored.or(given.map(str::as_bytes)))
            .map(Some)
            .map_err(|cause| {
                Refused::new(format!(
                    "{}: {key}: {cause}: mend it, or restore it and its {password} from a backup",
                    self.private
                ))
            })
    }

    /// The password for the private key: the one under `password`, else `given`, else a random one.
    pub fn password(&self, password: &str, given: Option<&str>) -> Vec<u8> {
        match (self.private.bytes(password), given) {
            (Some(stored), _) => stored.into(),
            (None, Some(given)) => given.into(),
            (None, None) => keys::random_password().into(),
        }
    }

    /// The public half of `key`: as it stands beside it under `half`, or derived from it.
    ///
    /// # Errors
    ///
    /// [`Refused`] when what stands there is another key's, or none.
    pub fn public_half(&self, half: &str, key: &PrivateKey) -> Result<Vec<u8>, Refused> {
        let Some(pem) = self.private.bytes(half) else {
            return Ok(key.public_key().to_pem().into());
        };
        let problem = match PublicKey::from_pem(pem) {
            Ok(public) if public == *key.public_key() => return Ok(pem.to_vec()),
            Ok(_) => " doesn't belong to the private key beside it".into(),
            Err(cause) => format!(": {cause}"),
        };
        Err(Refused::new(format!(
            "{}: {half}{problem}: restore the one that is wrong from a backup, or remove {half} to have it \
             derived",
            self.private
        )))
    }

    /// The chain for `key`: the one beside it under `entry`, else the `new` one, after a look at it:
    /// in order, for that key, fit for its purpose, valid. A warning when it ends within a year.
    ///
    /// A chain can't be derived from a key. Of the public Secret only a lone root is taken back,
    /// since it is signed by the key itself; anything else could come from whoever writes there.
    ///
    /// # Errors
    ///
    /// [`Refused`] when it isn't so; [`Error::NotYet`] when this clock is behind.
    pub fn chain(
        &self,
        entry: &str,
        key: &PrivateKey,
        fit: fn(&Chain) -> certs::Result<()>,
        new: impl FnOnce() -> certs::Result<Chain>,
    ) -> Result<Vec<u8>> {
        let Self { private, public } = self;
        let refused = |reason: &dyn fmt::Display| {
            Error::Refused(Refused::new(format!(
                "{private}: {entry}: {reason}: put the right one there, or delete {private} and {public} to \
                 start a new trust"
            )))
        };
        let read = |pem| Chain::from_pem(pem).map_err(|cause| refused(&cause));
        let (chain, pem) = match (private.bytes(entry), public.bytes(entry)) {
            (Some(pem), _) => (read(pem)?, pem.to_vec()),
            (None, Some(pem)) => match read(pem)? {
                root if root.certificates().len() == 1 => (root, pem.to_vec()),
                _ => {
                    return Err(refused(&format_args!(
                        "it is missing, and {public} is no proof of it"
                    )));
                }
            },
            (None, None) => {
                let chain = new().map_err(|cause| refused(&cause))?;
                let pem = chain.to_pem().into();
                (chain, pem)
            }
        };
        if chain.first().public_key() != key.public_key() {
            return Err(refused(&"it doesn't belong to the private key beside it"));
        }
        fit(&chain).map_err(|cause| refused(&cause))?;
        match chain.check_validity(SystemTime::now()) {
            Ok(None) => (),
            Ok(Some(ending)) => {
                let end = humantime::format_rfc3339_seconds(ending.not_after());
                warn!("{private}: {} expires at {end}", ending.subject());
            }
            Err(cause @ certs::Error::NotYetValid { .. }) => {
                return Err(Error::NotYet(format!("{private}: {entry}: {cause}")));
            }
            Err(cause) => return Err(refused(&cause)),
        }
        Ok(pem)
    }

    /// Those of `entries` that the private Secret lacks.
    pub fn missing(&self, entries: &Entries) -> Entries {
        let lacks = |(key, _): &(&str, &[u8])| self.private.bytes(key).is_none();
        entries
            .iter()
            .filter(lacks)
            .map(|(key, value)| (key.to_owned(), value.to_vec()))
            .collect()
    }

    fn key_lost(&self, key: &str, survivor: &Gate<Secret>) -> Refused {
        Refused::new(format!(
            "{} has no {key}, but {survivor} still holds what was derived from it: restore {key} from a \
             backup, or delete {} and {} to start a new trust",
            self.private, self.private, self.public
        ))
    }

    /// Publishes the private half, then the public one.
    ///
    /// # Errors
    ///
    /// As [`Gate::publish`].
    pub async fn publish(&mut self, private: Entries, public: Entries) -> Result<()> {
        self.private.publish(private).await?;
        let differs = |(key, value)| self.public.bytes(key).is_some_and(|old| old != value);
        if public.iter().any(differs) {
            warn!(
                "{} differs from {} and is repaired",
                self.public, self.private
            );
        }
        self.public.publish(public).await
    }
}

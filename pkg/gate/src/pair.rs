//! A private key's Secret and the public one that is derived from it.

use job::Refused;
use k8s_openapi::api::core::v1::Secret;
use keys::PrivateKey;
use tracing::warn;

use crate::{Entries, Gate, Kube, Result};

/// A Secret with a private key, which one server mounts, and the Secret with its public half, which
/// clients get to know. The first is the truth, the second follows it.
pub struct Pair {
    /// With the private key.
    pub private: Gate<Secret>,
    /// Without.
    pub public: Gate<Secret>,
}

impl Pair {
    /// Reads both.
    ///
    /// # Errors
    ///
    /// As [`Gate::secret`].
    pub async fn read(kube: &Kube, namespace: &str, private: &str, public: &str) -> Result<Self> {
        Ok(Self {
            private: Gate::secret(kube, namespace, private).await?,
            public: Gate::secret(kube, namespace, public).await?,
        })
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
        PrivateKey::from_pem(pem, stored.or(given.map(str::as_bytes))).map(Some).map_err(|cause| {
            Refused::new(format!(
                "{}: {key}: {cause} (the password's entry is {password}): restore both from a backup",
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

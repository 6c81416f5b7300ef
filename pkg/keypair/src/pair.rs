//! The two Secrets.

use contract::KeyPair;
use gate::{Gate, Kube, Secret};

use tracing::warn;

use crate::{Halves, Result};

/// The Secret with a private key and the one with its public half.
pub struct Pair {
    /// With the private key.
    pub private: Gate<Secret>,
    /// Without.
    pub public: Gate<Secret>,
    pub(crate) layout: &'static KeyPair,
}

impl Pair {
    /// Reads both: the public one first, since it is published last. In the other order somebody who
    /// publishes both meanwhile would look like a private key that is gone.
    ///
    /// # Errors
    ///
    /// As [`Gate::secret`].
    pub async fn read(
        kube: &Kube,
        layout: &'static KeyPair,
        namespace: &str,
        private: &str,
        public: &str,
    ) -> Result<Self> {
        let public = Gate::secret(kube, namespace, public).await?;
        let private = Gate::secret(kube, namespace, private).await?;
        Ok(Self {
            private,
            public,
            layout,
        })
    }

    /// Publishes the private half, then the public one.
    ///
    /// # Errors
    ///
    /// As [`Gate::publish`].
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

    /// The most expensive way out, of a refusal that names the private Secret alone.
    pub(crate) fn to_start_anew(&self) -> String {
        format!(
            "delete that Secret and {} to start a new trust",
            self.public
        )
    }
}

/// The same for a refusal that names both Secrets.
pub(crate) const TO_START_ANEW: &str = "delete both Secrets to start a new trust";

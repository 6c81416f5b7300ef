//! The two Secrets.

use contract::KeyPair;
use gate::{Gate, Kube, Secret};

use crate::Result;

/// The Secret with a private key and the one with its public half.
pub struct Pair {
    /// The Secret with the private key.
    pub private: Gate<Secret>,
    /// The Secret without it.
    pub public: Gate<Secret>,
    pub(crate) layout: &'static KeyPair,
}

impl Pair {
    /// Reads both, the public one first.
    ///
    /// [`Pair::publish`] writes it last, so whoever sees a public Secret then finds the private one
    /// too. In the other order, if another process published both between the two reads, the
    /// private key would seem to be lost.
    ///
    /// # Errors
    ///
    /// As [`Gate::secret`]; a [`Refusal`](refusal::Refusal) of the Secrets of a log with an origin
    /// where one without is meant, and the other way round.
    pub async fn read(
        kube: &Kube,
        layout: &'static KeyPair,
        namespace: &str,
        private: &str,
        public: &str,
    ) -> Result<Self> {
        let public = Gate::secret(kube, namespace, public).await?;
        let private = Gate::secret(kube, namespace, private).await?;
        let pair = Self {
            private,
            public,
            layout,
        };
        pair.refuse_the_other_kind_of_log()?;
        Ok(pair)
    }

    /// Which entries there are.
    pub fn layout(&self) -> &'static KeyPair {
        self.layout
    }

    /// The most expensive way out, for a refusal that has named the private Secret only.
    pub(crate) fn to_start_anew(&self) -> String {
        let public = &self.public;
        match self.layout.has_origin() {
            false => format!("delete that Secret and {public} to start a new trust"),
            true => format!("delete that Secret, {public}, {OF_THE_LOG} to start a new trust"),
        }
    }

    /// The most expensive way out, for a refusal that has named both Secrets.
    pub(crate) fn to_start_anew_with_both(&self) -> String {
        match self.layout.has_origin() {
            false => "delete both Secrets to start a new trust".into(),
            true => format!("delete both, {OF_THE_LOG} to start a new trust"),
        }
    }
}

/// What else makes a log with an origin what it is.
const OF_THE_LOG: &str = "the log's ConfigMap and its volume";

//! Where keys and repository are kept, and the order in which they are written.

use anyhow::Result;
use gate::{ConfigMap, Gate, HasEntries, Kube, Secret};

use crate::{
    args::Args,
    found::{Found, Held},
    plan::Plan,
};

/// The Secret of the private keys, the one of the repository, and the ConfigMap for clients.
pub(crate) struct Store {
    keys: Gate<Secret>,
    repository: Gate<Secret>,
    clients: Gate<ConfigMap>,
}

impl Store {
    /// Reads all three.
    ///
    /// # Errors
    ///
    /// The API server's, and [`gate::Error::Changed`].
    pub(crate) async fn read(kube: &Kube, args: &Args) -> Result<Self> {
        let store = Self {
            keys: Gate::secret(kube, &args.namespace, &args.keyssecret).await?,
            repository: Gate::secret(kube, &args.namespace, &args.rootsecret).await?,
            clients: Gate::config_map(kube, &args.namespace, &args.trust_configmap).await?,
        };
        // Somebody who publishes meanwhile would look like one who lost keys or repository.
        store.keys.confirm().await?;
        Ok(store)
    }

    /// What is in them.
    pub(crate) fn found(&self) -> Found {
        Found {
            keys: held(&self.keys),
            repository: held(&self.repository),
            clients: held(&self.clients),
        }
    }

    /// Writes what is planned, in the order that leaves nothing lost wherever it ends.
    ///
    /// # Errors
    ///
    /// As [`Gate::publish`].
    pub(crate) async fn write(&mut self, plan: Plan) -> Result<()> {
        // Keys come before what they signed, so that none is lost that has signed. Versions are
        // recorded before clients can see them, so that none comes twice; only the first ones
        // after, since a record without a repository means that one was lost.
        self.keys.publish(plan.announced).await?;
        self.repository.publish(plan.repository).await?;
        // Keys go when the repository that does without them is there for certain.
        if plan.retires_keys {
            self.repository.confirm().await?;
        }
        // The digest of what was published before is forgotten only now: a write that an earlier
        // run gave up may have been done late.
        self.keys.replace(plan.keys).await?;
        // Clients are told last: where they know a later root than the repository has, a backup was
        // put back.
        self.clients.replace(plan.clients).await?;
        Ok(())
    }
}

fn held<K: HasEntries>(gate: &Gate<K>) -> Held {
    Held {
        object: gate.object(),
        entries: gate.entries().clone(),
    }
}

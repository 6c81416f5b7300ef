//! Gates: the Secrets and ConfigMaps that the servers' pods wait for.
//!
//! A pod that mounts an object doesn't start before the object exists, so the object is the gate,
//! and the Job that writes it opens it. A [`Gate`] is read once, and published under the
//! resourceVersion that was read: whoever comes second gets a conflict and does its whole work
//! again. This crate alone talks to Kubernetes, with `get`, `create` and `update` on named objects.

mod connection;
mod entries;
mod error;
mod object;
mod pair;

use std::{fmt, sync::Once};

use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret};
use kube::{
    Api,
    api::{ObjectMeta, PostParams},
};
use tracing::info;

pub use connection::{Kube, connect};
pub use entries::Entries;
pub use error::{Error, Result};
pub use object::Object;
pub use pair::Pair;

/// An object as it was read, whether it exists or not.
pub struct Gate<K> {
    kube: Kube,
    api: Api<K>,
    namespace: String,
    name: String,
    object: Option<K>,
    entries: Entries,
}

impl Gate<Secret> {
    /// Reads a Secret, or learns that there is none.
    ///
    /// # Errors
    ///
    /// The API server's: out of reach, forbidden (the verb and the object are named).
    pub async fn secret(kube: &Kube, namespace: &str, name: &str) -> Result<Self> {
        Self::read(kube, namespace, name).await
    }
}

impl Gate<ConfigMap> {
    /// Reads a ConfigMap, or learns that there is none.
    ///
    /// # Errors
    ///
    /// The API server's: out of reach, forbidden (the verb and the object are named).
    pub async fn config_map(kube: &Kube, namespace: &str, name: &str) -> Result<Self> {
        Self::read(kube, namespace, name).await
    }
}

impl<K: Object> Gate<K> {
    async fn read(kube: &Kube, namespace: &str, name: &str) -> Result<Self> {
        let api = Api::namespaced(kube.clone(), namespace);
        let object: Option<K> = api
            .get_opt(name)
            .await
            .map_err(|cause| Error::call("reading", K::KIND, namespace, name, cause))?;
        let entries = object.as_ref().map(K::entries).unwrap_or_default();
        Ok(Self {
            kube: kube.clone(),
            api,
            namespace: namespace.into(),
            name: name.into(),
            object,
            entries,
        })
    }

    /// Whether the object exists, with or without entries.
    pub fn exists(&self) -> bool {
        self.object.is_some()
    }

    /// Checks that nobody wrote the object since it was read: what was read after it fits it.
    ///
    /// # Errors
    ///
    /// [`Error::Changed`], and the API server's.
    pub async fn confirm(&self) -> Result<()> {
        let now = Self::read(&self.kube, &self.namespace, &self.name).await?;
        let version = |object: &Option<K>| {
            object
                .as_ref()
                .and_then(|object| object.meta().resource_version.clone())
        };
        match version(&now.object) == version(&self.object) {
            true => Ok(()),
            false => Err(Error::Changed(self.to_string())),
        }
    }

    /// The object's name.
    pub fn object(&self) -> refusal::Object {
        refusal::Object::new(K::KIND, &*self.namespace, &*self.name)
    }

    /// What the object holds.
    pub fn entries(&self) -> &Entries {
        &self.entries
    }

    /// The value of `key`; an empty one counts as missing.
    pub fn bytes(&self, key: &str) -> Option<&[u8]> {
        self.entries.get(key)
    }

    /// A name for what is made for this gate and for no other: `<uid of the namespace>/<name>`.
    /// It outlives the object, and ends with its namespace. Where that may not be read, an object
    /// that exists stands in for it, and the name ends with the object.
    ///
    /// # Errors
    ///
    /// The API server's; [`Error::Forbidden`] when there is no object, and no right to `get` the
    /// Job's own namespace.
    pub async fn identity(&self) -> Result<String> {
        let namespaces: Api<Namespace> = Api::all(self.kube.clone());
        let namespace = namespaces.get(&self.namespace).await;
        let namespace = namespace
            .map_err(|cause| Error::call("reading", "Namespace", "", &self.namespace, cause));
        let uid = match (namespace, &self.object) {
            (Ok(namespace), _) => namespace.metadata.uid,
            (Err(error @ Error::Forbidden(..)), Some(object)) => {
                SAID.call_once(|| {
                    info!("{self} stands in for its namespace: {error} is forbidden")
                });
                object.meta().uid.clone()
            }
            (Err(error), _) => return Err(error),
        };
        Ok(format!("{}/{}", uid.unwrap_or_default(), self.name))
    }

    /// Sets `entries` and keeps all others. Writes nothing when nothing differs.
    ///
    /// # Errors
    ///
    /// [`Error::Changed`] when somebody wrote the object since it was read, [`Error::Refused`]
    /// when it is immutable or would grow past 1 MiB, and the API server's.
    pub async fn publish(&mut self, entries: Entries) -> Result<()> {
        let mut all = self.entries.clone();
        all.extend(entries);
        self.write(all).await
    }

    /// Sets `entries` and removes all others. Writes nothing when nothing differs.
    ///
    /// # Errors
    ///
    /// As [`Gate::publish`].
    pub async fn replace(&mut self, entries: Entries) -> Result<()> {
        self.write(entries).await
    }

    async fn write(&mut self, entries: Entries) -> Result<()> {
        if self.exists() && entries == self.entries {
            return Ok(());
        }
        let params = PostParams::default();
        let written = match self.object.clone() {
            Some(mut object) => {
                object.set(&entries);
                self.api.replace(&self.name, &params, &object).await
            }
            None => {
                let metadata = ObjectMeta {
                    name: Some(self.name.clone()),
                    ..Default::default()
                };
                self.api.create(&params, &K::new(metadata, &entries)).await
            }
        };
        let written = written
            .map_err(|cause| Error::call("writing", K::KIND, &self.namespace, &self.name, cause))?;
        let keys: Vec<_> = entries.changed_since(&self.entries).collect();
        info!("published {} in {self}", keys.join(", "));
        self.object = Some(written);
        self.entries = entries;
        Ok(())
    }
}

impl<K: Object> fmt::Display for Gate<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}", K::KIND, self.namespace, self.name)
    }
}

/// Whether it was said that an object stands in for its namespace: a Job tries many times.
static SAID: Once = Once::new();

//! Objects that are read.

use std::fmt;

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::Api;
use refusal::Object;

use crate::{Entries, Error, HasEntries, Kube, Result};

/// A Secret or a ConfigMap as it was read, whether it exists or not.
pub struct Source<K> {
    kube: Kube,
    namespace: String,
    name: String,
    found: Option<K>,
    entries: Entries,
}

impl Source<Secret> {
    /// Reads a Secret, or learns that there is none.
    ///
    /// # Errors
    ///
    /// The API server's: out of reach, forbidden (the verb and the object are named).
    pub async fn secret(kube: &Kube, namespace: &str, name: &str) -> Result<Self> {
        Self::read(kube, namespace, name).await
    }
}

impl Source<ConfigMap> {
    /// Reads a ConfigMap, or learns that there is none.
    ///
    /// # Errors
    ///
    /// The API server's: out of reach, forbidden (the verb and the object are named).
    pub async fn config_map(kube: &Kube, namespace: &str, name: &str) -> Result<Self> {
        Self::read(kube, namespace, name).await
    }
}

impl<K: HasEntries> Source<K> {
    pub(crate) async fn read(kube: &Kube, namespace: &str, name: &str) -> Result<Self> {
        let found: Option<K> = Api::namespaced(kube.client(), namespace)
            .get_opt(name)
            .await
            .map_err(|cause| Error::call("reading", object::<K>(namespace, name), cause))?;
        let entries = found.as_ref().map(K::entries).unwrap_or_default();
        Ok(Self {
            kube: kube.clone(),
            namespace: namespace.into(),
            name: name.into(),
            found,
            entries,
        })
    }

    /// Reads the object once more.
    pub(crate) async fn read_again(&self) -> Result<Self> {
        Self::read(&self.kube, &self.namespace, &self.name).await
    }

    /// Remembers the object as it was written, in the place of what was read.
    pub(crate) fn set(&mut self, written: K, entries: Entries) {
        self.found = Some(written);
        self.entries = entries;
    }

    /// Whether the object exists, with or without entries.
    pub fn exists(&self) -> bool {
        self.found.is_some()
    }

    /// What the object holds.
    pub fn entries(&self) -> &Entries {
        &self.entries
    }

    /// The value of an entry; an empty one counts as missing.
    pub fn bytes(&self, entry: &str) -> Option<&[u8]> {
        self.entries.get(entry)
    }

    /// The object's name in messages.
    pub fn object(&self) -> Object {
        object::<K>(&self.namespace, &self.name)
    }

    /// The name of one of its entries in messages.
    pub fn entry(&self, entry: &str) -> Object {
        self.object().entry(entry)
    }

    pub(crate) fn kube(&self) -> &Kube {
        &self.kube
    }

    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The object, if there is one.
    pub(crate) fn found(&self) -> Option<&K> {
        self.found.as_ref()
    }
}

impl<K: HasEntries> fmt::Display for Source<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.object().fmt(f)
    }
}

fn object<K: HasEntries>(namespace: &str, name: &str) -> Object {
    Object::new(K::KIND, namespace, name)
}

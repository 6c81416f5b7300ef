//! Secrets and ConfigMaps as one thing: an object that holds entries.

use std::fmt::Debug;

use k8s_openapi::{
    ByteString, NamespaceResourceScope,
    api::core::v1::{ConfigMap, Secret},
};
use kube::{Resource, api::ObjectMeta};
use serde::{Serialize, de::DeserializeOwned};

use crate::Entries;

/// A Kubernetes object that holds entries: a Secret or a ConfigMap.
pub trait HasEntries:
    Resource<DynamicType = (), Scope = NamespaceResourceScope>
    + Clone
    + Debug
    + Serialize
    + DeserializeOwned
{
    /// As in the object's `kind`.
    const KIND: &str;

    /// A new object.
    fn new(metadata: ObjectMeta, entries: &Entries) -> Self;

    /// The object's entries.
    fn entries(&self) -> Entries;

    /// Replaces all entries by `entries`.
    fn set(&mut self, entries: &Entries);

    /// Whether the API server refuses every change of the entries.
    fn is_immutable(&self) -> bool;
}

impl HasEntries for Secret {
    const KIND: &str = "Secret";

    fn new(metadata: ObjectMeta, entries: &Entries) -> Self {
        let mut secret = Self {
            metadata,
            type_: Some("Opaque".into()),
            ..Default::default()
        };
        secret.set(entries);
        secret
    }

    fn entries(&self) -> Entries {
        self.data
            .iter()
            .flatten()
            .map(|(entry, value)| (entry.clone(), value.0.clone()))
            .collect()
    }

    fn set(&mut self, entries: &Entries) {
        self.data = Some(
            entries
                .iter()
                .map(|(entry, value)| (entry.into(), ByteString(value.into())))
                .collect(),
        );
    }

    fn is_immutable(&self) -> bool {
        self.immutable == Some(true)
    }
}

impl HasEntries for ConfigMap {
    const KIND: &str = "ConfigMap";

    fn new(metadata: ObjectMeta, entries: &Entries) -> Self {
        let mut config_map = Self {
            metadata,
            ..Default::default()
        };
        config_map.set(entries);
        config_map
    }

    fn entries(&self) -> Entries {
        let text = self
            .data
            .iter()
            .flatten()
            .map(|(entry, value)| (entry.clone(), value.clone().into_bytes()));
        let binary = self
            .binary_data
            .iter()
            .flatten()
            .map(|(entry, value)| (entry.clone(), value.0.clone()));
        text.chain(binary).collect()
    }

    /// Writes UTF-8 to `data`, where `kubectl` shows it, and the rest to `binaryData`. An entry
    /// that is in `binaryData` already stays there.
    fn set(&mut self, entries: &Entries) {
        let (mut text, mut binary) = (vec![], vec![]);
        for (entry, value) in entries.iter() {
            let is_binary = self
                .binary_data
                .as_ref()
                .is_some_and(|binary| binary.contains_key(entry));
            match std::str::from_utf8(value) {
                Ok(value) if !is_binary => text.push((entry.to_owned(), value.to_owned())),
                _ => binary.push((entry.to_owned(), ByteString(value.into()))),
            }
        }
        self.data = Some(text.into_iter().collect());
        self.binary_data = (!binary.is_empty()).then(|| binary.into_iter().collect());
    }

    fn is_immutable(&self) -> bool {
        self.immutable == Some(true)
    }
}

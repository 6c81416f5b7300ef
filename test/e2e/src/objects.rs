//! The Secrets and ConfigMaps of some namespaces, and whether they are what they were.

use std::{collections::BTreeMap, fmt::Debug};

use anyhow::{Context as _, Result, ensure};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{Resource, ResourceExt as _, api::ListParams};
use serde::de::DeserializeOwned;
use testbed::Entries;

use crate::Cluster;

impl Cluster {
    /// The entries of a Secret.
    ///
    /// # Errors
    ///
    /// That it can't be read.
    pub async fn secret(&self, namespace: &str, name: &str) -> Result<Entries> {
        let secret = self.objects::<Secret>(namespace).get(name).await;
        let secret = secret.with_context(|| format!("reading Secret {namespace}/{name}"))?;
        Ok(entries_of_secret(&secret))
    }

    /// The entries of a ConfigMap.
    ///
    /// # Errors
    ///
    /// That it can't be read.
    pub async fn config_map(&self, namespace: &str, name: &str) -> Result<Entries> {
        let map = self.objects::<ConfigMap>(namespace).get(name).await;
        let map = map.with_context(|| format!("reading ConfigMap {namespace}/{name}"))?;
        Ok(entries_of_config_map(&map))
    }

    /// The objects of a kind in some namespaces, without those that Kubernetes makes itself.
    ///
    /// # Errors
    ///
    /// What the API server says.
    pub async fn list<K>(&self, namespaces: &[String]) -> Result<Vec<K>>
    where
        K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug,
    {
        let objects = self.all::<K>().list(&ListParams::default()).await?;
        let ours = |object: &K| {
            let namespace = object.namespace().unwrap_or_default();
            namespaces.contains(&namespace) && !object.name_any().starts_with("kube-")
        };
        Ok(objects.into_iter().filter(ours).collect())
    }

    /// The resourceVersion of each Secret and ConfigMap.
    ///
    /// # Errors
    ///
    /// What the API server says.
    pub async fn versions(&self, namespaces: &[String]) -> Result<BTreeMap<String, String>> {
        let secrets = self.list::<Secret>(namespaces).await?;
        let maps = self.list::<ConfigMap>(namespaces).await?;
        Ok(secrets
            .iter()
            .map(version)
            .chain(maps.iter().map(version))
            .collect())
    }

    /// The entries of each Secret and ConfigMap.
    ///
    /// # Errors
    ///
    /// What the API server says.
    pub async fn contents(&self, namespaces: &[String]) -> Result<Contents> {
        let secrets = self.list::<Secret>(namespaces).await?;
        let maps = self.list::<ConfigMap>(namespaces).await?;
        let secrets = secrets
            .iter()
            .map(|secret| (name(secret), entries_of_secret(secret)));
        let maps = maps
            .iter()
            .map(|map| (name(map), entries_of_config_map(map)));
        Ok(secrets.chain(maps).collect())
    }
}

/// Entries of objects, by kind, namespace and name: `Secret tuf-system/tuf-root`.
pub type Contents = BTreeMap<String, Entries>;

/// Checks that nothing is new, gone or different.
///
/// # Errors
///
/// The names of what is.
pub fn unchanged<V: PartialEq>(
    before: &BTreeMap<String, V>,
    after: &BTreeMap<String, V>,
) -> Result<()> {
    let names = before.keys().chain(after.keys());
    let changed: Vec<_> = names
        .filter(|name| before.get(*name) != after.get(*name))
        .collect();
    ensure!(changed.is_empty(), "changed meanwhile: {changed:?}");
    Ok(())
}

fn name<K: Resource<DynamicType = ()>>(object: &K) -> String {
    let namespace = object.namespace().unwrap_or_default();
    format!("{} {namespace}/{}", K::kind(&()), object.name_any())
}

fn version<K: Resource<DynamicType = ()>>(object: &K) -> (String, String) {
    (name(object), object.resource_version().unwrap_or_default())
}

fn entries_of_secret(secret: &Secret) -> Entries {
    let data = secret.data.iter().flatten();
    data.map(|(entry, value)| (entry.clone(), value.0.clone()))
        .collect()
}

fn entries_of_config_map(map: &ConfigMap) -> Entries {
    let data = map.data.iter().flatten();
    data.map(|(entry, value)| (entry.clone(), value.clone().into_bytes()))
        .collect()
}

//! The manifests of `config/`, in other namespaces than theirs.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use k8s_openapi::api::{
    apps::v1::StatefulSet,
    batch::v1::Job,
    core::v1::{ConfigMap, Namespace, ServiceAccount},
    rbac::v1::{Role, RoleBinding},
};
use kube::{Resource, ResourceExt as _};
use serde::de::DeserializeOwned;
use testbed::Manifest;

use crate::Cluster;

/// The namespaces of the stack: of `config/`, unless `SCAFFOLDING_CONFIG` names another folder.
pub fn namespaces() -> Vec<String> {
    let namespaces = Manifest::stack()
        .iter()
        .filter(|manifest| manifest.kind() == "Namespace");
    namespaces
        .map(|namespace| text(namespace, "name"))
        .collect()
}

/// The objects of some namespaces of `config/`, moved into others.
#[derive(Debug, Clone)]
pub struct Manifests {
    /// What each namespace is called instead.
    names: BTreeMap<String, String>,
}

impl Manifests {
    /// The objects of one namespace, moved into another.
    pub fn moved(from: &str, to: &str) -> Self {
        Self {
            names: [(from.into(), to.into())].into(),
        }
    }

    /// The objects of all namespaces, moved into namespaces whose names have a prefix.
    pub fn prefixed(prefix: &str) -> Self {
        let names = namespaces().into_iter();
        Self {
            names: names
                .map(|name| (name.clone(), format!("{prefix}{name}")))
                .collect(),
        }
    }

    /// The namespaces into which they are moved.
    pub fn namespaces(&self) -> Vec<String> {
        self.names.values().cloned().collect()
    }

    /// The objects of a kind.
    ///
    /// # Errors
    ///
    /// The object that isn't as its kind has it.
    pub fn objects<K: Movable>(&self) -> Result<Vec<K>> {
        let kind = K::kind(&());
        let home = if kind == "Namespace" {
            "name"
        } else {
            "namespace"
        };
        let manifests = Manifest::stack()
            .iter()
            .filter(|manifest| manifest.kind() == kind)
            .filter(|manifest| self.names.contains_key(&text(manifest, home)));
        let moved = manifests.map(|manifest| {
            let object = serde_json::from_value(manifest.object.clone());
            let mut object: K = object.with_context(|| manifest.to_string())?;
            for name in object.namespaces() {
                if let Some(other) = self.names.get(name) {
                    name.clone_from(other);
                }
            }
            for arg in object.args() {
                let told = arg
                    .strip_prefix("--addresses=")
                    .and_then(|told| told.split_once('/'));
                if let Some((Some(other), name)) =
                    told.map(|(from, name)| (self.names.get(from), name))
                {
                    *arg = format!("--addresses={other}/{name}");
                }
            }
            Ok(object)
        });
        moved.collect()
    }

    /// The object of a kind that has this name.
    ///
    /// # Errors
    ///
    /// That there is none.
    pub fn object<K: Movable>(&self, name: &str) -> Result<K> {
        let mut objects = self.objects::<K>()?.into_iter();
        let object = objects.find(|object| object.name_any() == name);
        object.with_context(|| format!("config/ has no {} {name} there", K::kind(&())))
    }

    /// Creates the namespaces, and in them the accounts, their rights, and what people configure
    /// there.
    ///
    /// # Errors
    ///
    /// The object that the API server doesn't create.
    pub async fn create_accounts(&self, cluster: &Cluster) -> Result<()> {
        cluster.create(&self.objects::<Namespace>()?).await?;
        cluster.create(&self.objects::<ServiceAccount>()?).await?;
        cluster.create(&self.objects::<Role>()?).await?;
        cluster.create(&self.objects::<RoleBinding>()?).await?;
        cluster.create(&self.objects::<ConfigMap>()?).await
    }
}

/// A kind of object that knows where it names namespaces.
pub trait Movable: Resource<DynamicType = ()> + DeserializeOwned {
    /// The names of namespaces in it.
    fn namespaces(&mut self) -> Vec<&mut String> {
        self.meta_mut().namespace.iter_mut().collect()
    }

    /// The arguments of its container.
    fn args(&mut self) -> Vec<&mut String> {
        vec![]
    }
}

impl Movable for ServiceAccount {}
impl Movable for ConfigMap {}
impl Movable for StatefulSet {}

impl Movable for Job {
    fn args(&mut self) -> Vec<&mut String> {
        let pods = self.spec.iter_mut();
        let pods = pods.flat_map(|spec| &mut spec.template.spec);
        let containers = pods.flat_map(|pod| &mut pod.containers);
        let args = containers.flat_map(|container| container.args.iter_mut().flatten());
        args.collect()
    }
}

impl Movable for Namespace {
    fn namespaces(&mut self) -> Vec<&mut String> {
        self.metadata.name.iter_mut().collect()
    }
}

/// Rights on a namespace are given by its name.
impl Movable for Role {
    fn namespaces(&mut self) -> Vec<&mut String> {
        let rules = self.rules.iter_mut().flatten();
        let names = rules.flat_map(|rule| rule.resource_names.iter_mut().flatten());
        self.metadata.namespace.iter_mut().chain(names).collect()
    }
}

impl Movable for RoleBinding {
    fn namespaces(&mut self) -> Vec<&mut String> {
        let subjects = self.subjects.iter_mut().flatten();
        let names = subjects.flat_map(|subject| &mut subject.namespace);
        self.metadata.namespace.iter_mut().chain(names).collect()
    }
}

fn text(manifest: &Manifest, field: &str) -> String {
    let text = manifest.object["metadata"][field].as_str();
    text.unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_moves_with_all_that_names_its_namespace() {
        let manifests = Manifests::prefixed("race-1-");
        let role: Role = manifests.object("createtree").unwrap();
        let namespace = role.metadata.namespace.as_deref();
        assert_eq!(namespace, Some("race-1-rekor-system"));
        let role = serde_json::to_string(&role).unwrap();
        assert!(!role.contains("\"rekor-system\""), "{role}");

        let bindings = manifests.objects::<RoleBinding>().unwrap();
        let subjects = bindings.iter().flat_map(|binding| &binding.subjects);
        let mut namespaces = subjects.flatten().flat_map(|subject| &subject.namespace);
        assert!(namespaces.all(|name| name.starts_with("race-1-")));
    }

    #[test]
    fn only_the_objects_of_a_namespace_that_moves_are_there() {
        let manifests = Manifests::moved("fulcio-system", "e2e-no-rights");
        let jobs = manifests.objects::<Job>().unwrap();
        let [job] = &jobs[..] else { panic!("{jobs:?}") };
        assert_eq!(job.namespace().as_deref(), Some("e2e-no-rights"));
        let namespaces = manifests.objects::<Namespace>().unwrap();
        let enforced = namespaces[0]
            .labels()
            .get("pod-security.kubernetes.io/enforce");
        assert_eq!(namespaces[0].name_any(), "e2e-no-rights");
        assert_eq!(enforced.map(String::as_str), Some("restricted"));
    }
}

//! Pods as a kubelet sees them: what must exist before one starts, and its process.

mod spec;

use std::{collections::BTreeMap, fs, sync::LazyLock};

use tempfile::TempDir;

use crate::{Kubernetes, Manifest, Process};
use spec::{Container, Need, Source, Spec, Volume};

/// The pod of a Job, a Deployment or a StatefulSet.
#[derive(Debug)]
pub struct Pod {
    /// Its manifest.
    pub manifest: Manifest,
    /// Its namespace.
    pub namespace: String,
    /// The name of the Job, Deployment or StatefulSet.
    pub name: String,
    spec: Spec,
}

impl Pod {
    /// The pods of some manifests.
    ///
    /// # Errors
    ///
    /// The file, the object and the field that can't be run here.
    pub fn read_all(manifests: &[Manifest]) -> Result<Vec<Self>, String> {
        let pods = manifests
            .iter()
            .filter(|manifest| ["Job", "Deployment", "StatefulSet"].contains(&manifest.kind()));
        pods.map(Self::read).collect()
    }

    fn read(manifest: &Manifest) -> Result<Self, String> {
        let spec = &manifest.object["spec"]["template"]["spec"];
        let spec: Spec = serde_path_to_error::deserialize(spec)
            .map_err(|cause| format!("{manifest}: spec.template.spec.{cause}"))?;
        let text = |field: &str| {
            manifest.object["metadata"][field]
                .as_str()
                .unwrap_or_default()
        };
        let pod = Self {
            namespace: text("namespace").into(),
            name: text("name").into(),
            manifest: manifest.clone(),
            spec,
        };
        pod.check()?;
        Ok(pod)
    }

    /// Whether it is a Job's.
    pub fn is_job(&self) -> bool {
        self.manifest.kind() == "Job"
    }

    /// The image of its container, without the tag. What a server has beside it comes after it.
    pub fn image(&self) -> &str {
        let image = &self.container().image;
        image.rsplit_once(':').map_or(image, |(image, _)| image)
    }

    fn container(&self) -> &Container {
        &self.spec.containers[0]
    }

    fn check(&self) -> Result<(), String> {
        let wrong = |what: String| Err(format!("{}: spec.template.spec.{what}", self.manifest));
        let containers = self.spec.containers.len();
        if containers == 0 || self.is_job() && containers > 1 {
            return wrong("containers: a Job has one, and a server the first".into());
        }
        let containers = self
            .spec
            .init_containers
            .iter()
            .chain(&self.spec.containers);
        for mount in containers.flat_map(|container| &container.volume_mounts) {
            let claims = self.manifest.object["spec"]["volumeClaimTemplates"].as_array();
            let mut claims = claims.into_iter().flatten();
            let named = |volume: &Volume| volume.name == mount.name;
            let is_claim = claims.any(|claim| claim["metadata"]["name"] == mount.name.as_str());
            if !self.spec.volumes.iter().any(named) && !is_claim {
                return wrong(format!("volumes: there is no {:?} to mount", mount.name));
            }
        }
        Ok(())
    }

    /// The objects, and entries of objects, that it waits for.
    pub fn missing(&self, kubernetes: &Kubernetes) -> Vec<String> {
        let mut missing = vec![];
        for need in self.needs() {
            let entries = need.entries(kubernetes, &self.namespace);
            let lacks = |entry: &&str| {
                !entries
                    .as_ref()
                    .is_some_and(|entries| entries.contains_key(*entry))
            };
            if entries.is_none() || need.entry_names.iter().any(lacks) {
                missing.push(format!("{} {}", need.kind, need.name));
            }
        }
        missing.dedup();
        missing
    }

    /// The objects that keep it from starting as long as they aren't there.
    fn needs(&self) -> Vec<Need<'_>> {
        let containers = self
            .spec
            .init_containers
            .iter()
            .chain(&self.spec.containers);
        let sources = containers
            .flat_map(|container| &container.env)
            .filter_map(|variable| variable.value_from.as_ref());
        let mut needs: Vec<Need> = sources.filter_map(Source::need).collect();
        needs.extend(self.spec.volumes.iter().filter_map(Volume::need));
        needs.retain(|need| !need.optional);
        needs
    }

    /// Its process, not started yet: `binary` with the container's arguments, environment and
    /// mounts, as its account. A mount becomes a temporary folder, whose path replaces the mount's
    /// in the arguments.
    ///
    /// # Errors
    ///
    /// The file, the object and the mount that can't be made.
    pub fn process<'a>(
        &self,
        kubernetes: &'a Kubernetes,
        binary: &str,
    ) -> Result<Process<'a>, String> {
        let container = self.container();
        let mut process = match &self.spec.service_account_name {
            Some(account) => Process::of_account(kubernetes, &self.namespace, account, binary),
            None => Process::new(kubernetes, binary),
        };
        let mut variables = BTreeMap::new();
        for variable in &container.env {
            let value = variable.value(kubernetes, &self.namespace);
            process = process.env(&variable.name, &value);
            variables.insert(format!("$({})", variable.name), value);
        }
        let mut args = container.args.clone();
        for arg in &mut args {
            for (name, value) in &variables {
                *arg = arg.replace(name, value);
            }
        }
        for mount in &container.volume_mounts {
            let folder = self.mount(kubernetes, &mount.name)?;
            let path = folder.path().display().to_string();
            if !args.iter().any(|arg| arg.contains(&mount.mount_path)) {
                return Err(format!(
                    "{}: spec.template.spec.containers[0].volumeMounts: {} isn't in the arguments, so \
                     nothing would find it here",
                    self.manifest, mount.mount_path
                ));
            }
            args = args
                .iter()
                .map(|arg| arg.replace(&mount.mount_path, &path))
                .collect();
            process = process.with_folder(folder);
        }
        Ok(process.args(args))
    }

    fn mount(&self, kubernetes: &Kubernetes, volume: &str) -> Result<TempDir, String> {
        let folder = TempDir::new().map_err(|cause| format!("a temporary folder: {cause}"))?;
        let mut volumes = self.spec.volumes.iter();
        let need = volumes
            .find(|known| known.name == volume)
            .and_then(Volume::need);
        let Some(need) = need else {
            return Err(format!(
                "{}: volume {volume} can't be made here",
                self.manifest
            ));
        };
        let entries = need
            .entries(kubernetes, &self.namespace)
            .unwrap_or_default();
        for (entry, path) in need.paths(&entries) {
            let written = fs::write(folder.path().join(path), &entries[entry]);
            written.map_err(|cause| format!("{path}: {cause}"))?;
        }
        Ok(folder)
    }
}

impl Kubernetes {
    /// The Job of that name in `config/`, with `binary` for its image.
    ///
    /// # Panics
    ///
    /// When there is none, or one that can't be run here.
    pub fn job(&self, namespace: &str, name: &str, binary: &str) -> Process<'_> {
        static PODS: LazyLock<Vec<Pod>> = LazyLock::new(|| {
            let pods = Pod::read_all(Manifest::all());
            pods.unwrap_or_else(|cause| panic!("{cause}"))
        });
        let named = |pod: &&Pod| pod.is_job() && pod.namespace == namespace && pod.name == name;
        let pod = PODS.iter().find(named);
        let pod = pod.unwrap_or_else(|| panic!("no Job {namespace}/{name} in config/"));
        let process = pod.process(self, binary);
        process.unwrap_or_else(|cause| panic!("{cause}"))
    }
}

//! Pods as a kubelet sees them: what must exist before one starts, and its process.

mod spec;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
    sync::LazyLock,
};

use tempfile::TempDir;

use crate::{Kubernetes, Manifest, Node, Process, node};
pub use spec::Container;
pub(crate) use spec::PortRef;
use spec::{Need, Source, Spec, Volume};

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

/// A flag that a program is to have.
#[derive(Debug, Clone, Copy)]
pub enum Flag {
    /// Unless the manifest sets it.
    Default(&'static str),
    /// Whatever the manifest says.
    Always(&'static str),
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
        self.container().image()
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
        let folder = TempDir::new().map_err(|cause| format!("a temporary folder: {cause}"))?;
        let node = Node::bare(folder.path());
        let process = self.process_on(&node, kubernetes, self.container(), binary)?;
        Ok(process.with_folder(folder))
    }

    /// The process of one of its containers on a node, not started yet. Services and ports are
    /// those of the node, and so are the folders in the place of mounts.
    ///
    /// # Errors
    ///
    /// The file, the object and the mount that can't be made.
    pub fn process_on<'a>(
        &self,
        node: &Node,
        kubernetes: &'a Kubernetes,
        container: &Container,
        binary: &str,
    ) -> Result<Process<'a>, String> {
        let mut process = match &self.spec.service_account_name {
            Some(account) => Process::of_account(kubernetes, &self.namespace, account, binary),
            None => Process::new(kubernetes, binary),
        };
        let mut args: Vec<String> = container.command.iter().skip(1).cloned().collect();
        args.extend(container.args.iter().map(|arg| self.arg(node, arg)));
        for mount in &container.volume_mounts {
            let folder = self.mount(node, kubernetes, &mount.name)?;
            let folder = folder.display().to_string();
            let there = args
                .iter()
                .map(|arg| remounted(arg, &mount.mount_path, &folder));
            let there: Vec<_> = there.collect();
            if there == args && !self.is_certificate_authority(&mount.name) {
                return Err(format!(
                    "{}: spec.template.spec.containers[0].volumeMounts: {} isn't in the arguments, so \
                     nothing would find it here",
                    self.manifest, mount.mount_path
                ));
            }
            args = there;
        }
        for variable in &container.env {
            let value = node.rewritten(&variable.value(kubernetes, &self.namespace));
            process = process.env(&variable.name, &value);
            for arg in &mut args {
                *arg = arg.replace(&format!("$({})", variable.name), &value);
            }
        }
        Ok(process.args(args))
    }

    /// An argument as it is on a node.
    fn arg(&self, node: &Node, arg: &str) -> String {
        let arg = node.rewritten(arg);
        let here = port(&arg).and_then(|number| Some((number, node.port(&self.owner(number))?)));
        match here {
            Some((number, here)) => {
                let before = arg.strip_suffix(&number.to_string()).unwrap_or(&arg);
                format!("{before}{here}").replace(ANYWHERE, "127.0.0.1")
            }
            None if arg.ends_with(ANYWHERE) => arg.replace(ANYWHERE, "127.0.0.1"),
            None => arg,
        }
    }

    fn mount(&self, node: &Node, kubernetes: &Kubernetes, volume: &str) -> Result<PathBuf, String> {
        let failed = |cause| format!("{}: volume {volume}: {cause}", self.manifest);
        let mut volumes = self.spec.volumes.iter();
        let known = volumes.find(|known| known.name == volume);
        let claim = known.map(|known| &known.persistent_volume_claim);
        match claim {
            Some(Some(claim)) => {
                let folder = node.claimed(&self.namespace, &claim.claim_name);
                return folder.map_err(failed);
            }
            Some(None) => (),
            // Of a StatefulSet's template.
            None => return node.claimed(&self.namespace, volume).map_err(failed),
        }
        let folder = node
            .own(&self.namespace, &self.name, volume)
            .map_err(failed)?;
        if let Some(need) = known.and_then(Volume::need) {
            let entries = need.entries(kubernetes, &self.namespace);
            let entries = entries.unwrap_or_default();
            for (entry, path) in need.paths(&entries) {
                fs::write(folder.join(path), &entries[entry]).map_err(failed)?;
            }
        }
        Ok(folder)
    }

    /// Whether a volume holds whom to trust in TLS with the API server, which is in the clear here.
    fn is_certificate_authority(&self, volume: &str) -> bool {
        let mut volumes = self.spec.volumes.iter();
        let known = volumes.find(|known| known.name == volume);
        let need = known.and_then(Volume::need);
        need.is_some_and(|need| need.name == "kube-root-ca.crt")
    }

    /// Writes flags into the arguments that its containers leave to their programs' defaults, and
    /// others over those that are there.
    pub fn set_flags<'a>(&mut self, flags: impl Fn(&str) -> &'a [Flag]) {
        let spec = &mut self.spec;
        for container in spec.init_containers.iter_mut().chain(&mut spec.containers) {
            for flag in flags(container.image()) {
                let (Flag::Default(text) | Flag::Always(text)) = flag;
                let name = |arg: &str| arg.split('=').next().unwrap_or(arg).to_owned();
                let args = &mut container.args;
                let found = args.iter_mut().find(|arg| name(arg) == name(text));
                match (found, flag) {
                    (Some(arg), Flag::Always(text)) => *arg = (*text).into(),
                    (Some(_), Flag::Default(_)) => (),
                    (None, _) => args.push((*text).into()),
                }
            }
        }
    }

    /// What runs before its containers do, one after the other.
    pub fn init_containers(&self) -> &[Container] {
        &self.spec.init_containers
    }

    /// What runs together.
    pub fn containers(&self) -> &[Container] {
        &self.spec.containers
    }

    /// Whether each of its containers that says how to ask is ready.
    pub fn is_ready(&self, node: &Node) -> bool {
        self.spec.containers.iter().all(|container| {
            let probe = container.readiness_probe.as_ref();
            let Some(get) = probe.and_then(|probe| probe.http_get.as_ref()) else {
                return true;
            };
            let port = container.port(&get.port);
            let port = port.and_then(|port| node.port(&self.owner(port)));
            port.is_some_and(|port| node::answers(port, &get.path))
        })
    }

    /// The ports that its containers' arguments name.
    pub(crate) fn ports_in_arguments(&self) -> BTreeSet<u16> {
        let args = self.spec.containers.iter().flat_map(|it| &it.args);
        args.filter_map(|arg| port(arg)).collect()
    }

    /// The number of one of its ports.
    pub(crate) fn port(&self, port: &PortRef) -> Option<u16> {
        self.spec.containers.iter().find_map(|it| it.port(port))
    }

    /// Who owns one of its ports.
    pub(crate) fn owner(&self, port: u16) -> String {
        format!("{}{port}", self.owners())
    }

    /// How the owners of all its ports begin.
    pub fn owners(&self) -> String {
        format!("{}/{}:", self.namespace, self.name)
    }

    pub(crate) fn has_labels(&self, labels: &BTreeMap<String, String>) -> bool {
        let own = &self.manifest.object["spec"]["template"]["metadata"]["labels"];
        labels
            .iter()
            .all(|(name, value)| own[name] == value.as_str())
    }
}

impl Container {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its image, without the tag.
    pub fn image(&self) -> &str {
        let image = &self.image;
        image.rsplit_once(':').map_or(image, |(image, _)| image)
    }

    /// The tag of its image.
    pub fn tag(&self) -> &str {
        self.image.rsplit_once(':').map_or("", |(_, tag)| tag)
    }
}

/// The port of its own that an argument names.
fn port(arg: &str) -> Option<u16> {
    let (name, value) = arg.split_once('=')?;
    match value.strip_prefix(ANYWHERE) {
        Some(port) => port.strip_prefix(':')?.parse().ok(),
        None => name.ends_with("port").then(|| value.parse().ok())?,
    }
}

/// An argument that names another folder, wherever it named a mount or what is in there.
fn remounted(arg: &str, mount: &str, folder: &str) -> String {
    let mut pieces = arg.split(mount);
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |before, after| match after {
        "" => before + folder,
        _ if after.starts_with('/') => before + folder + after,
        _ => before + mount + after,
    })
}

/// All of a pod's addresses.
const ANYWHERE: &str = "0.0.0.0";

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

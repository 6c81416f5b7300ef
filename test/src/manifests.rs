//! The manifests in `config/`, and the Jobs among them.

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde_json::Value;

use crate::{Kubernetes, Process};

/// An object of `config/`.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The file's name.
    pub file: String,
    /// The object, as it would be in JSON.
    pub object: Value,
}

impl Manifest {
    /// All objects, in the order in which `kubectl apply -f config/` sends them.
    ///
    /// # Panics
    ///
    /// When a file can't be read.
    pub fn all() -> Vec<Self> {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../config");
        let files = fs::read_dir(folder).expect("config/ is there");
        let mut paths: Vec<_> = files
            .map(|file| file.expect("config/ can be read").path())
            .collect();
        paths.sort();
        let read = |path: PathBuf| {
            let file = path.file_name().unwrap_or_default();
            let file = file.to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).expect("a file in config/ can be read");
            let objects: Vec<Value> = serde_saphyr::from_multiple(&text)
                .unwrap_or_else(|cause| panic!("config/{file}: {cause}"));
            let objects = objects.into_iter().filter(|object| !object.is_null());
            objects.map(move |object| Self {
                file: file.clone(),
                object,
            })
        };
        paths.into_iter().flat_map(read).collect()
    }
}

/// A Job as `config/` has it.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The image's last part, which is the binary's name.
    pub binary: String,
    account: String,
    args: Vec<String>,
    env: BTreeMap<String, String>,
}

impl Job {
    /// All Jobs.
    ///
    /// # Panics
    ///
    /// When one asks for what can't be done here.
    pub fn all() -> Vec<Self> {
        let manifests = Manifest::all().into_iter();
        manifests
            .filter(|manifest| manifest.object["kind"] == "Job")
            .map(|manifest| Self::read(&manifest))
            .collect()
    }

    fn read(manifest: &Manifest) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let metadata = &manifest.object["metadata"];
        let pod = &manifest.object["spec"]["template"]["spec"];
        let container = &pod["containers"][0];
        let namespace = text(&metadata["namespace"]);
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let env: BTreeMap<String, String> = list(&container["env"])
            .iter()
            .map(|variable| {
                let name = text(&variable["name"]);
                let field = &variable["valueFrom"]["fieldRef"]["fieldPath"];
                assert_eq!(field, "metadata.namespace", "{}: env {name}", manifest.file);
                (name, namespace.clone())
            })
            .collect();
        let expanded = |arg: &Value| {
            env.iter().fold(text(arg), |arg, (name, value)| {
                arg.replace(&format!("$({name})"), value)
            })
        };
        let image = text(&container["image"]);
        let binary = image.rsplit('/').next().unwrap_or_default();
        Self {
            name: text(&metadata["name"]),
            binary: binary.split(':').next().unwrap_or_default().into(),
            account: text(&pod["serviceAccountName"]),
            args: list(&container["args"]).iter().map(expanded).collect(),
            namespace,
            env,
        }
    }

    /// Its process, not started yet: `binary` with the Job's arguments and environment, as the Job's
    /// account.
    pub fn process<'a>(&self, kubernetes: &'a Kubernetes, binary: &str) -> Process<'a> {
        let mut process = Process::new(kubernetes, &self.namespace, &self.account, binary);
        process = process.args(&self.args);
        for (name, value) in &self.env {
            process = process.env(name, value);
        }
        process
    }
}

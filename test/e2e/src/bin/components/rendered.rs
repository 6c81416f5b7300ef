//! What `kubectl kustomize` makes of a stack with components.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context as _, Result};
use e2e::process::CHECKOUT;
use serde_json::Value;
use testbed::Manifest;

use crate::component::Component;

/// Objects, by kind, namespace and name.
#[derive(Debug)]
pub(crate) struct Rendered {
    pub(crate) objects: BTreeMap<String, Value>,
}

impl Rendered {
    /// A stack with some components.
    pub(crate) fn of(stack: &str, components: &[&Component]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let checkout = way(&folder.path().canonicalize()?, &fs::canonicalize(CHECKOUT)?);
        let text = Component::kustomization(stack, components, &checkout);
        let file = folder.path().join("kustomization.yaml");
        fs::write(&file, text).with_context(|| file.display().to_string())?;
        let manifests = Manifest::read(folder.path()).map_err(anyhow::Error::msg)?;
        let named = |manifest: Manifest| (id(&manifest.object), manifest.object);
        Ok(Self {
            objects: manifests.into_iter().map(named).collect(),
        })
    }
}

fn id(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let metadata = &object["metadata"];
    let (kind, namespace) = (text(&object["kind"]), text(&metadata["namespace"]));
    format!("{kind} {namespace}/{}", text(&metadata["name"]))
}

/// The relative path from one folder to another: kustomize takes no other.
fn way(from: &Path, to: &Path) -> String {
    let up = from.components().skip(1).map(|_| "..");
    let up = up.collect::<Vec<_>>().join("/");
    format!("{up}{}", to.display())
}

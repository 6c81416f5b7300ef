//! What was made, and how to look at it.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use anyhow::{Context as _, Result};
use serde_json::Value;
use testbed::Kubernetes;

/// Prints the Secrets and ConfigMaps with their entries' names.
pub(crate) fn show(kubernetes: &Kubernetes) {
    for object in kubernetes.objects() {
        let (kind, metadata) = (text(&object["kind"]), &object["metadata"]);
        if !["Secret", "ConfigMap"].contains(&kind) || metadata["name"] == "kube-root-ca.crt" {
            continue;
        }
        let data = object["data"].as_object();
        let entries: Vec<_> = data
            .into_iter()
            .flatten()
            .map(|(entry, _)| shortened(entry))
            .collect();
        let name = format!(
            "{}/{}",
            text(&metadata["namespace"]),
            text(&metadata["name"])
        );
        println!("{kind:<9} {name:<38} {}", entries.join(" "));
    }
}

/// An entry's name, cut off where it would leave no room for others: the keys of the TUF repository
/// have their hashes for names.
fn shortened(entry: &str) -> String {
    match entry.char_indices().nth(24) {
        Some((end, _)) => format!("{}…", &entry[..end]),
        None => entry.into(),
    }
}

/// Writes every object as YAML, readable to the user alone.
pub(crate) fn write(kubernetes: &Kubernetes, folder: &Path) -> Result<()> {
    for object in kubernetes.objects() {
        let metadata = &object["metadata"];
        let folder = folder.join(text(&metadata["namespace"]));
        let kind = text(&object["kind"]).to_lowercase();
        let path = folder.join(format!("{kind}-{}.yaml", text(&metadata["name"])));
        let written = || -> Result<()> {
            fs::create_dir_all(&folder)?;
            fs::write(&path, "")?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
            Ok(fs::write(&path, serde_saphyr::to_string(&object)?)?)
        };
        written().with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

//! What is known of a pod's manifest. Fields that mean nothing here are ignored, and any others
//! refused.

use serde::{Deserialize, de::IgnoredAny};

use crate::{Entries, Kubernetes};

/// Entries of an object that a pod needs.
pub(super) struct Need<'a> {
    pub(super) kind: &'static str,
    pub(super) name: &'a str,
    pub(super) entry_names: Vec<&'a str>,
    pub(super) items: &'a [Item],
    pub(super) optional: bool,
}

impl<'a> Need<'a> {
    pub(super) fn entries(&self, kubernetes: &Kubernetes, namespace: &str) -> Option<Entries> {
        kubernetes.get(self.kind, namespace, self.name)?;
        Some(match self.kind {
            "Secret" => kubernetes.secret(namespace, self.name),
            _ => {
                let entries = kubernetes.config_map(namespace, self.name).into_iter();
                entries
                    .map(|(entry, value)| (entry, value.into_bytes()))
                    .collect()
            }
        })
    }

    /// Which entries become which files.
    pub(super) fn paths<'b>(&'b self, entries: &'b Entries) -> Vec<(&'b str, &'b str)> {
        match self.items {
            [] => entries
                .keys()
                .map(|key| (key.as_str(), key.as_str()))
                .collect(),
            items => {
                let items = items.iter().filter(|item| entries.contains_key(&item.key));
                items
                    .map(|item| (item.key.as_str(), item.path.as_str()))
                    .collect()
            }
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Spec {
    pub(super) service_account_name: Option<String>,
    #[serde(default)]
    pub(super) init_containers: Vec<Container>,
    pub(super) containers: Vec<Container>,
    #[serde(default)]
    pub(super) volumes: Vec<Volume>,
    #[serde(rename = "automountServiceAccountToken")]
    _token: Option<IgnoredAny>,
    #[serde(rename = "restartPolicy")]
    _restart: Option<IgnoredAny>,
    #[serde(rename = "securityContext")]
    _security: Option<IgnoredAny>,
}

/// A program of a pod.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Container {
    pub(super) name: String,
    pub(super) image: String,
    /// What replaces the image's program, and what comes before the arguments.
    #[serde(default)]
    pub(super) command: Vec<String>,
    #[serde(default)]
    pub(super) args: Vec<String>,
    #[serde(default)]
    pub(super) env: Vec<Variable>,
    #[serde(default)]
    pub(super) volume_mounts: Vec<Mount>,
    #[serde(default)]
    pub(super) ports: Vec<Port>,
    pub(super) readiness_probe: Option<Probe>,
    #[serde(rename = "imagePullPolicy")]
    _pull: Option<IgnoredAny>,
    #[serde(rename = "livenessProbe")]
    _liveness: Option<IgnoredAny>,
    #[serde(rename = "startupProbe")]
    _startup: Option<IgnoredAny>,
    #[serde(rename = "resources")]
    _resources: Option<IgnoredAny>,
    #[serde(rename = "securityContext")]
    _security: Option<IgnoredAny>,
    #[serde(rename = "terminationMessagePolicy")]
    _message: Option<IgnoredAny>,
}

impl Container {
    /// The number of one of its ports, by its name or as it is.
    pub(super) fn port(&self, port: &PortRef) -> Option<u16> {
        match port {
            PortRef::Number(number) => Some(*number),
            PortRef::Name(name) => {
                let named = |port: &&Port| port.name.as_ref() == Some(name);
                self.ports
                    .iter()
                    .find(named)
                    .map(|port| port.container_port)
            }
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Port {
    name: Option<String>,
    container_port: u16,
}

/// A port as probes and Services name it.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum PortRef {
    Number(u16),
    Name(String),
}

/// What isn't asked over HTTP counts as ready.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Probe {
    pub(super) http_get: Option<HttpGet>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct HttpGet {
    pub(super) path: String,
    pub(super) port: PortRef,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Variable {
    pub(super) name: String,
    #[serde(default)]
    pub(super) value: String,
    pub(super) value_from: Option<Source>,
}

impl Variable {
    pub(super) fn value(&self, kubernetes: &Kubernetes, namespace: &str) -> String {
        let Some(source) = &self.value_from else {
            return self.value.clone();
        };
        let Some(need) = source.need() else {
            return source.field(namespace).into();
        };
        let entries = need.entries(kubernetes, namespace).unwrap_or_default();
        let value = need.entry_names.first().and_then(|name| entries.get(*name));
        String::from_utf8_lossy(value.map_or(&[], Vec::as_slice)).into_owned()
    }
}

#[derive(Debug, Deserialize)]
pub(super) enum Source {
    #[serde(rename = "fieldRef")]
    Field(FieldRef),
    #[serde(rename = "secretKeyRef")]
    Secret(KeyRef),
    #[serde(rename = "configMapKeyRef")]
    ConfigMap(KeyRef),
}

impl Source {
    /// The field's value. A Job's UID is empty, since Jobs aren't objects here.
    fn field<'a>(&self, namespace: &'a str) -> &'a str {
        match self {
            Self::Field(FieldRef {
                field_path: FieldPath::Namespace,
            }) => namespace,
            _ => "",
        }
    }

    pub(super) fn need(&self) -> Option<Need<'_>> {
        let (kind, reference) = match self {
            Self::Field(_) => return None,
            Self::Secret(reference) => ("Secret", reference),
            Self::ConfigMap(reference) => ("ConfigMap", reference),
        };
        Some(Need {
            kind,
            name: &reference.name,
            entry_names: vec![&reference.key],
            items: &[],
            optional: false,
        })
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct FieldRef {
    #[serde(rename = "fieldPath")]
    field_path: FieldPath,
}

#[derive(Debug, Deserialize)]
pub(super) enum FieldPath {
    #[serde(rename = "metadata.namespace")]
    Namespace,
    #[serde(rename = "metadata.labels['batch.kubernetes.io/controller-uid']")]
    JobUid,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyRef {
    pub(super) name: String,
    key: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Mount {
    pub(super) name: String,
    pub(super) mount_path: String,
    #[serde(rename = "readOnly")]
    _read_only: Option<IgnoredAny>,
    #[serde(rename = "subPath")]
    _sub_path: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Volume {
    pub(super) name: String,
    pub(super) secret: Option<SecretVolume>,
    pub(super) config_map: Option<ConfigMapVolume>,
    pub(super) persistent_volume_claim: Option<Claim>,
    #[serde(rename = "emptyDir")]
    _empty_dir: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Claim {
    pub(super) claim_name: String,
}

impl Volume {
    pub(super) fn need(&self) -> Option<Need<'_>> {
        let (kind, name, items, optional) = match (&self.secret, &self.config_map) {
            (Some(secret), _) => (
                "Secret",
                &secret.secret_name,
                &secret.items,
                secret.optional,
            ),
            (_, Some(map)) => ("ConfigMap", &map.name, &map.items, map.optional),
            (None, None) => return None,
        };
        Some(Need {
            kind,
            name,
            entry_names: items.iter().map(|item| item.key.as_str()).collect(),
            items,
            optional,
        })
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SecretVolume {
    secret_name: String,
    #[serde(default)]
    pub(super) optional: bool,
    #[serde(default)]
    pub(super) items: Vec<Item>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ConfigMapVolume {
    pub(super) name: String,
    #[serde(default)]
    pub(super) optional: bool,
    #[serde(default)]
    pub(super) items: Vec<Item>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Item {
    key: String,
    path: String,
}

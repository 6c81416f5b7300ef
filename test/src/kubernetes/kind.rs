//! The kinds of objects that are served, and their fields.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::status::Failure;

/// A kind of objects.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) group: &'static str,
    pub(super) kind: &'static str,
    /// The kind's name in paths and in rules.
    pub(super) resource: &'static str,
    pub(super) namespaced: bool,
    pub(super) verbs: &'static [&'static str],
    fields: &'static [&'static str],
}

pub(super) static KINDS: [Kind; 6] = [
    Kind {
        group: "",
        kind: "Namespace",
        resource: "namespaces",
        namespaced: false,
        verbs: &["get", "list", "create"],
        fields: &[],
    },
    Kind {
        group: "",
        kind: "ServiceAccount",
        resource: "serviceaccounts",
        namespaced: true,
        verbs: ALL,
        fields: &[],
    },
    Kind {
        group: "",
        kind: "Secret",
        resource: "secrets",
        namespaced: true,
        verbs: ALL,
        fields: &["type", "data", "immutable"],
    },
    Kind {
        group: "",
        kind: "ConfigMap",
        resource: "configmaps",
        namespaced: true,
        verbs: ALL,
        fields: &["data", "binaryData", "immutable"],
    },
    Kind {
        group: RBAC,
        kind: "Role",
        resource: "roles",
        namespaced: true,
        verbs: ALL,
        fields: &["rules"],
    },
    Kind {
        group: RBAC,
        kind: "RoleBinding",
        resource: "rolebindings",
        namespaced: true,
        verbs: ALL,
        fields: &["subjects", "roleRef"],
    },
];

pub(super) const RBAC: &str = "rbac.authorization.k8s.io";
const ALL: &[&str] = &["get", "list", "create", "update", "delete"];

impl Kind {
    pub(super) fn named(kind: &str) -> Option<&'static Self> {
        KINDS.iter().find(|known| known.kind == kind)
    }

    pub(super) fn served(group: &str, resource: &str) -> Option<&'static Self> {
        let known = |kind: &&Self| kind.group == group && kind.resource == resource;
        KINDS.iter().find(known)
    }

    pub(super) fn api_version(&self) -> String {
        match self.group {
            "" => "v1".into(),
            group => format!("{group}/v1"),
        }
    }

    /// The resource as messages name it.
    pub(super) fn qualified_resource(&self) -> String {
        self.qualified(self.resource)
    }

    /// The kind as messages name it.
    pub(super) fn qualified_kind(&self) -> String {
        self.qualified(self.kind)
    }

    fn qualified(&self, name: &str) -> String {
        match self.group {
            "" => name.into(),
            group => format!("{name}.{group}"),
        }
    }

    /// Reads an object of this kind. As with `fieldValidation=Strict`, a field that isn't known is
    /// an error; fewer are known here than in Kubernetes.
    pub(super) fn decode(&self, object: Value) -> Result<Object, Failure> {
        let foreign = object.as_object().and_then(|fields| {
            let known = |name: &str| COMMON.contains(&name) || self.fields.contains(&name);
            fields.keys().find(|name| !known(name)).cloned()
        });
        let unusable = |cause: String| {
            let (kind, version) = (self.kind, "v1");
            Failure::bad_request(format!(
                "{kind} in version {version:?} cannot be handled as a {kind}: {cause}"
            ))
        };
        if let Some(field) = foreign {
            return Err(unusable(format!(
                "strict decoding error: unknown field {field:?}"
            )));
        }
        let object: Object =
            serde_json::from_value(object).map_err(|cause| unusable(cause.to_string()))?;
        if object.api_version != self.api_version() || object.kind != self.kind {
            return Err(unusable(format!(
                "it is {} {}",
                object.api_version, object.kind
            )));
        }
        Ok(object)
    }
}

const COMMON: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// An object of any kind that is served. Its JSON is Kubernetes': what is empty is left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Object {
    pub(super) api_version: String,
    pub(super) kind: String,
    pub(super) metadata: Metadata,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(super) type_: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) data: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) binary_data: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) immutable: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) rules: Vec<Rule>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) subjects: Vec<Subject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) role_ref: Option<RoleRef>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) spec: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<Value>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Metadata {
    pub(super) name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) namespace: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uid: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) resource_version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) creation_timestamp: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) labels: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) annotations: BTreeMap<String, String>,
}

/// What a Role allows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Rule {
    pub(super) verbs: Vec<String>,
    pub(super) api_groups: Vec<String>,
    pub(super) resources: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) resource_names: Vec<String>,
}

/// Whom a RoleBinding is for: service accounts and nobody else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Subject {
    kind: ServiceAccount,
    pub(super) name: String,
    pub(super) namespace: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum ServiceAccount {
    ServiceAccount,
}

/// Which Role of the same namespace a RoleBinding gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RoleRef {
    api_group: Group,
    kind: Role,
    pub(super) name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Group {
    #[serde(rename = "rbac.authorization.k8s.io")]
    Rbac,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Role {
    Role,
}

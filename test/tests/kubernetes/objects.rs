//! What the script asks for: paths, and objects.

use serde_json::{Value, json};

pub(crate) const SECRETS: &str = "/api/v1/namespaces/NS/secrets";
pub(crate) const CONFIG_MAPS: &str = "/api/v1/namespaces/NS/configmaps";
pub(crate) const ROLES: &str = "/apis/rbac.authorization.k8s.io/v1/namespaces/NS/roles";

pub(crate) fn secret(name: &str, data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data})
}

pub(crate) fn config_map(name: &str, data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
}

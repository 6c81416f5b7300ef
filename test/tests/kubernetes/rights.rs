//! The part of the script that asks as others than the administrator.

use serde_json::{Value, json};

use crate::{
    cluster::Cluster,
    objects::{CONFIG_MAPS, ROLES, SECRETS, secret},
};

pub(crate) async fn rights(c: &mut Cluster<'_>) {
    without(c).await;
    bindings(c).await;
    roles(c).await;
    granted(c).await;
    not_granted(c).await;
    everything(c).await;
}

async fn without(c: &mut Cluster<'_>) {
    let account =
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "job"}});
    c.ask(
        "admin",
        201,
        "POST",
        "/api/v1/namespaces/NS/serviceaccounts",
        account,
    )
    .await;
    c.ask("anonymous", 403, "GET", A, Value::Null).await;
    c.ask("stranger", 401, "GET", A, Value::Null).await;
    c.ask("job", 403, "GET", A, Value::Null).await;
    c.ask("job", 403, "GET", "/api/v1/namespaces/NS", Value::Null)
        .await;
    c.ask("job", 403, "POST", "/api/v1/namespaces", Value::Null)
        .await;
}

async fn bindings(c: &mut Cluster<'_>) {
    c.ask("admin", 201, "POST", BINDINGS, binding("job", "job"))
        .await;
    c.ask_until("job", 403, "GET", A, "RBAC: role").await;
    c.ask(
        "admin",
        422,
        "PUT",
        &format!("{BINDINGS}/job"),
        binding("job", "other"),
    )
    .await;
    c.ask("admin", 422, "POST", BINDINGS, binding("a/b", "job"))
        .await;
}

fn binding(name: &str, role: &str) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": {"name": name},
        "subjects": [{"kind": "ServiceAccount", "name": "job", "namespace": "NS"}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": role},
    })
}

async fn roles(c: &mut Cluster<'_>) {
    for wrong in [
        json!([{"apiGroups": [""], "resources": ["secrets"], "verbs": []}]),
        json!([{"apiGroups": [], "resources": ["secrets"], "verbs": ["get"]}]),
        json!([{"apiGroups": [""], "resources": [], "verbs": ["get"]}]),
    ] {
        c.ask("admin", 422, "POST", ROLES, role(&wrong)).await;
    }
}

fn role(rules: &Value) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
        "metadata": {"name": "job"}, "rules": rules,
    })
}

async fn granted(c: &mut Cluster<'_>) {
    let rules = json!([
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]},
        {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["a"], "verbs": ["get", "update"]},
        {"apiGroups": [""], "resources": ["namespaces"], "resourceNames": ["NS"], "verbs": ["get"]},
    ]);
    c.ask("admin", 201, "POST", ROLES, role(&rules)).await;
    c.ask("job", 200, "GET", A, Value::Null).await;
    c.ask("job", 200, "PUT", A, secret("a", json!({}))).await;
    c.ask("job", 409, "POST", SECRETS, secret("a", json!({})))
        .await;
    c.ask("job", 201, "POST", SECRETS, secret("own", json!({})))
        .await;
    c.ask("job", 200, "GET", "/api/v1/namespaces/NS", Value::Null)
        .await;
}

async fn not_granted(c: &mut Cluster<'_>) {
    c.ask("job", 403, "GET", &format!("{SECRETS}/own"), Value::Null)
        .await;
    c.ask(
        "job",
        403,
        "PUT",
        &format!("{SECRETS}/own"),
        secret("own", json!({})),
    )
    .await;
    c.ask("job", 403, "DELETE", A, Value::Null).await;
    c.ask("job", 403, "GET", SECRETS, Value::Null).await;
    c.ask("job", 403, "GET", &format!("{CONFIG_MAPS}/a"), Value::Null)
        .await;
    c.ask("job", 403, "GET", "/api/v1/namespaces/default", Value::Null)
        .await;
    c.ask("job", 403, "GET", "/api/v1/namespaces", Value::Null)
        .await;
    c.ask(
        "job",
        403,
        "GET",
        "/api/v1/namespaces/default/secrets/a",
        Value::Null,
    )
    .await;
    c.ask("job", 403, "GET", &format!("{ROLES}/job"), Value::Null)
        .await;
}

async fn everything(c: &mut Cluster<'_>) {
    let all = json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]);
    c.ask("admin", 200, "PUT", &format!("{ROLES}/job"), role(&all))
        .await;
    c.ask("job", 200, "GET", &format!("{ROLES}/job"), Value::Null)
        .await;
    c.ask(
        "job",
        404,
        "GET",
        &format!("{CONFIG_MAPS}/none"),
        Value::Null,
    )
    .await;
    c.ask(
        "admin",
        200,
        "DELETE",
        &format!("{BINDINGS}/job"),
        Value::Null,
    )
    .await;
    c.ask("job", 403, "GET", A, Value::Null).await;
}

const A: &str = "/api/v1/namespaces/NS/secrets/a";
const BINDINGS: &str = "/apis/rbac.authorization.k8s.io/v1/namespaces/NS/rolebindings";

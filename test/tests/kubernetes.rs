//! The embedded Kubernetes API answers as the real one does.
//!
//! One script asks both. The real server's answers are recorded in `data/kubernetes.txt`, so this
//! needs no cluster. With one, `TEST_KUBECONFIG=<an administrator's> cargo test -p testbed --test
//! kubernetes` asks it anew, and with `UPDATE=1` records what it says.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

mod golden;

use std::{
    collections::BTreeMap,
    env,
    time::{Duration, Instant},
};

use http_body_util::BodyExt as _;
use hyper::Request;
use kube::{
    Client, Config,
    client::Body,
    config::{AuthInfo, KubeConfigOptions, Kubeconfig},
};
use serde_json::{Value, json};
use testbed::Kubernetes;

#[tokio::test]
async fn the_embedded_api_answers_as_the_recorded_one() {
    let embedded = Kubernetes::empty();
    let file = embedded.administrator();
    let kubeconfig = Kubeconfig::read_from(file.path()).unwrap();
    let mut cluster = Cluster::new(kubeconfig, Some(&embedded));
    play(&mut cluster).await;
    golden::compare("kubernetes.txt", &cluster.answers);
}

#[tokio::test]
async fn a_real_api_still_answers_as_recorded() {
    // Without a cluster there is nothing to ask.
    let Some(file) = env::var_os("TEST_KUBECONFIG") else {
        return;
    };
    let mut cluster = Cluster::new(Kubeconfig::read_from(file).unwrap(), None);
    play(&mut cluster).await;
    let namespace = format!("/api/v1/namespaces/{}", cluster.namespace);
    send(
        &cluster.client("admin").await,
        "DELETE",
        &namespace,
        &Value::Null,
    )
    .await;
    match env::var_os("UPDATE") {
        None => golden::compare("kubernetes.txt", &cluster.answers),
        Some(_) => golden::record("kubernetes.txt", &cluster.answers),
    }
}

/// One side: an API server, and what it answered so far.
struct Cluster<'a> {
    kubeconfig: Kubeconfig,
    embedded: Option<&'a Kubernetes>,
    clients: BTreeMap<String, Client>,
    namespace: String,
    names: Names,
    answers: Vec<(String, Value)>,
}

impl<'a> Cluster<'a> {
    fn new(kubeconfig: Kubeconfig, embedded: Option<&'a Kubernetes>) -> Self {
        let namespace = format!("conformance-{}", std::process::id());
        Self {
            names: Names {
                namespace: namespace.clone(),
                uids: vec![],
                versions: vec![],
            },
            clients: BTreeMap::new(),
            answers: vec![],
            kubeconfig,
            embedded,
            namespace,
        }
    }

    /// Asks as `user` and writes the answer down. A right that was just granted or taken may take a
    /// moment to be so.
    async fn ask(&mut self, user: &str, code: u16, method: &str, path: &str, body: Value) -> Value {
        let path = path.replace("NS", &self.namespace);
        let body: Value = self.named(&body);
        let client = self.client(user).await;
        let start = Instant::now();
        let (status, answer) = loop {
            let (status, answer) = send(&client, method, &path, &body).await;
            let settled = user == "admin" || start.elapsed() > Duration::from_secs(10);
            if status == code || settled {
                break (status, answer);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        let mut line = format!("{user} {method} {path}");
        if !body.is_null() {
            line += &format!(" {}", self.names.replace(&body));
        }
        let line = line.replace(&self.namespace, "NS");
        assert_eq!(status, code, "{line}\n{answer}");
        self.answers.push((line, self.names.replace(&answer)));
        answer
    }

    /// Asks, and writes down the code and the reason only.
    async fn ask_roughly(&mut self, user: &str, code: u16, method: &str, path: &str, body: Value) {
        self.ask(user, code, method, path, body).await;
        if let Some((_, answer)) = self.answers.last_mut() {
            *answer = json!([answer["code"], answer["reason"]]);
        }
    }

    /// Asks until the answer contains `text`.
    async fn ask_settled(&mut self, user: &str, code: u16, method: &str, path: &str, text: &str) {
        let start = Instant::now();
        loop {
            let answer = self.ask(user, code, method, path, Value::Null).await;
            let settled = answer.to_string().contains(text);
            if settled || start.elapsed() > Duration::from_secs(10) {
                return;
            }
            self.answers.pop();
        }
    }

    fn named(&self, body: &Value) -> Value {
        let text = body.to_string().replace("NS", &self.namespace);
        serde_json::from_str(&text).unwrap()
    }

    async fn client(&mut self, user: &str) -> Client {
        if let Some(client) = self.clients.get(user) {
            return client.clone();
        }
        let mut kubeconfig = self.kubeconfig.clone();
        let mut set_token = |token: Option<String>| {
            kubeconfig.auth_infos[0].auth_info = Some(AuthInfo {
                token: token.map(Into::into),
                ..AuthInfo::default()
            });
        };
        match (user, self.embedded) {
            ("admin", _) => (),
            ("anonymous", _) => set_token(None),
            ("stranger", _) => set_token(Some("a token of another cluster".into())),
            (account, None) => set_token(Some(self.request_token(account).await)),
            (account, Some(embedded)) => {
                let file = embedded.kubeconfig(&self.namespace, account);
                kubeconfig = Kubeconfig::read_from(file.path()).unwrap();
            }
        }
        let options = KubeConfigOptions::default();
        let config = Config::from_custom_kubeconfig(kubeconfig, &options)
            .await
            .unwrap();
        let client = Client::try_from(config).unwrap();
        self.clients.insert(user.into(), client.clone());
        client
    }

    async fn request_token(&mut self, account: &str) -> String {
        let admin = Box::pin(self.client("admin")).await;
        let path = format!(
            "/api/v1/namespaces/{}/serviceaccounts/{account}/token",
            self.namespace
        );
        let request =
            json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}});
        let (_, answer) = send(&admin, "POST", &path, &request).await;
        answer["status"]["token"].as_str().unwrap().to_owned()
    }
}

async fn send(client: &Client, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let body = if body.is_null() {
        vec![]
    } else {
        body.to_string().into_bytes()
    };
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("Content-Type", "application/json")
        .body(Body::from(body))
        .unwrap();
    let response = client.send(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

/// What differs from run to run, and what it is called in a record.
struct Names {
    namespace: String,
    uids: Vec<String>,
    versions: Vec<String>,
}

impl Names {
    /// An answer as it is recorded: uids and versions are numbered as they come up, times are all
    /// the same, managed fields (which aren't embedded) are left out, and long texts cut off.
    fn replace(&mut self, answer: &Value) -> Value {
        match answer {
            Value::Array(values) => values.iter().map(|value| self.replace(value)).collect(),
            Value::Object(fields) => {
                let fields = fields.iter().filter(|(name, _)| *name != "managedFields");
                let replaced = fields.map(|(name, value)| {
                    let replaced = match (name.as_str(), value.as_str()) {
                        ("creationTimestamp", Some(_)) => json!("TIME"),
                        ("uid", Some(uid)) => number("uid", &mut self.uids, uid),
                        ("resourceVersion", Some(version)) => {
                            number("version", &mut self.versions, version)
                        }
                        _ => self.replace(value),
                    };
                    (name.clone(), replaced)
                });
                Value::Object(replaced.collect())
            }
            Value::String(text) if text.len() > 1000 => {
                json!(format!("{}… ({})", &text[..40], text.len()))
            }
            Value::String(text) => {
                let mut text = text.replace(&self.namespace, "NS");
                for (position, uid) in self.uids.iter().enumerate() {
                    text = text.replace(uid, &format!("uid {}", position + 1));
                }
                json!(text)
            }
            other => other.clone(),
        }
    }
}

fn number(kind: &str, known: &mut Vec<String>, text: &str) -> Value {
    let position = known.iter().position(|known| known == text);
    let position = position.unwrap_or_else(|| {
        known.push(text.into());
        known.len() - 1
    });
    json!(format!("{kind} {}", position + 1))
}

/// The script.
async fn play(cluster: &mut Cluster<'_>) {
    namespaces(cluster).await;
    names_and_keys(cluster).await;
    versions(cluster).await;
    immutability(cluster).await;
    limits(cluster).await;
    encodings(cluster).await;
    rights(cluster).await;
    deletion(cluster).await;
}

const SECRETS: &str = "/api/v1/namespaces/NS/secrets";
const CONFIG_MAPS: &str = "/api/v1/namespaces/NS/configmaps";
const ROLES: &str = "/apis/rbac.authorization.k8s.io/v1/namespaces/NS/roles";
const BINDINGS: &str = "/apis/rbac.authorization.k8s.io/v1/namespaces/NS/rolebindings";

fn secret(name: &str, data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data})
}

fn config_map(name: &str, data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
}

/// `object` with some of its fields set.
fn with(mut object: Value, fields: Value) -> Value {
    merge(&mut object, fields);
    object
}

fn merge(object: &mut Value, fields: Value) {
    match fields {
        Value::Object(fields) => {
            for (name, value) in fields {
                merge(&mut object[name], value);
            }
        }
        value => *object = value,
    }
}

async fn namespaces(c: &mut Cluster<'_>) {
    let namespace =
        |name: &str| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    let all = "/api/v1/namespaces";
    c.ask("admin", 201, "POST", all, namespace("NS")).await;
    c.ask("admin", 409, "POST", all, namespace("NS")).await;
    c.ask("admin", 200, "GET", "/api/v1/namespaces/NS", Value::Null)
        .await;
    c.ask("admin", 404, "GET", "/api/v1/namespaces/NS-2", Value::Null)
        .await;
    for wrong in ["Upper", "dotted.name"] {
        c.ask("admin", 422, "POST", all, namespace(wrong)).await;
    }
    let elsewhere = "/api/v1/namespaces/NS-2/secrets";
    c.ask("admin", 404, "POST", elsewhere, secret("a", json!({})))
        .await;
    c.ask("admin", 404, "GET", &format!("{elsewhere}/a"), Value::Null)
        .await;
    let foreign = with(
        secret("a", json!({})),
        json!({"metadata": {"namespace": "other"}}),
    );
    c.ask("admin", 400, "POST", SECRETS, foreign).await;
}

async fn names_and_keys(c: &mut Cluster<'_>) {
    for wrong in ["Upper", "under_score", "-dash", "a..b", &"x".repeat(254)] {
        c.ask("admin", 422, "POST", SECRETS, secret(wrong, json!({})))
            .await;
    }
    c.ask("admin", 422, "POST", SECRETS, secret("", json!({})))
        .await;
    c.ask(
        "admin",
        201,
        "POST",
        SECRETS,
        secret("dots.are-fine.1", json!({})),
    )
    .await;
    for wrong in ["", "a key", "ä", ".", "..", "..x", "a/b", &"x".repeat(254)] {
        c.ask(
            "admin",
            422,
            "POST",
            SECRETS,
            secret("a", json!({wrong: "dmFsdWU="})),
        )
        .await;
        c.ask(
            "admin",
            422,
            "POST",
            CONFIG_MAPS,
            config_map("a", json!({wrong: "value"})),
        )
        .await;
    }
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "A"}});
    c.ask(
        "admin",
        422,
        "POST",
        "/api/v1/namespaces/NS/serviceaccounts",
        account,
    )
    .await;
}

async fn versions(c: &mut Cluster<'_>) {
    let path = &format!("{SECRETS}/a");
    c.ask("admin", 404, "GET", path, Value::Null).await;
    let one = || secret("a", json!({"key": "b25l"}));
    let two = || secret("a", json!({"key": "dHdv"}));
    c.ask("admin", 404, "PUT", path, one()).await;
    let versioned =
        |object, version: &str| with(object, json!({"metadata": {"resourceVersion": version}}));
    c.ask("admin", 500, "POST", SECRETS, versioned(one(), "123456789"))
        .await;
    let created = c.ask("admin", 201, "POST", SECRETS, one()).await;
    c.ask("admin", 409, "POST", SECRETS, one()).await;
    c.ask("admin", 200, "GET", path, Value::Null).await;

    let version = created["metadata"]["resourceVersion"].as_str().unwrap();
    c.ask("admin", 200, "PUT", path, versioned(one(), version))
        .await;
    c.ask("admin", 200, "PUT", path, versioned(two(), version))
        .await;
    c.ask("admin", 409, "PUT", path, versioned(one(), version))
        .await;
    c.ask("admin", 409, "PUT", path, versioned(two(), version))
        .await;
    c.ask("admin", 200, "PUT", path, one()).await;
    c.ask("admin", 200, "PUT", path, versioned(two(), "0"))
        .await;
    c.ask("admin", 500, "PUT", path, versioned(two(), "x"))
        .await;

    let uid = |uid: &str| with(one(), json!({"metadata": {"uid": uid}}));
    c.ask("admin", 409, "PUT", path, uid("another")).await;
    c.ask(
        "admin",
        200,
        "PUT",
        path,
        uid(created["metadata"]["uid"].as_str().unwrap()),
    )
    .await;
    let earlier = json!({"metadata": {"creationTimestamp": "2001-01-01T00:00:00Z"}});
    c.ask("admin", 200, "PUT", path, with(one(), earlier)).await;

    c.ask("admin", 400, "PUT", path, secret("b", json!({})))
        .await;
    let elsewhere = json!({"metadata": {"namespace": "other"}});
    c.ask("admin", 400, "PUT", path, with(one(), elsewhere))
        .await;
    c.ask(
        "admin",
        422,
        "PUT",
        path,
        with(one(), json!({"type": "other"})),
    )
    .await;
    let labels = json!({"metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}}});
    c.ask("admin", 200, "PUT", path, with(one(), labels)).await;
    c.ask("admin", 200, "PUT", path, secret("a", json!({})))
        .await;
}

async fn immutability(c: &mut Cluster<'_>) {
    for (all, path, object) in [
        (
            SECRETS,
            format!("{SECRETS}/fixed"),
            secret("fixed", json!({"key": "b25l"})),
        ),
        (
            CONFIG_MAPS,
            format!("{CONFIG_MAPS}/fixed"),
            config_map("fixed", json!({"key": "one"})),
        ),
    ] {
        let fixed = || with(object.clone(), json!({"immutable": true}));
        c.ask("admin", 201, "POST", all, fixed()).await;
        c.ask("admin", 200, "PUT", &path, fixed()).await;
        c.ask(
            "admin",
            422,
            "PUT",
            &path,
            with(fixed(), json!({"data": {"key": "dHdv"}})),
        )
        .await;
        c.ask(
            "admin",
            422,
            "PUT",
            &path,
            with(fixed(), json!({"data": {"new": "dHdv"}})),
        )
        .await;
        c.ask("admin", 422, "PUT", &path, object.clone()).await;
        let other = json!({"immutable": false, "data": {"key": "dHdv"}});
        c.ask("admin", 422, "PUT", &path, with(object.clone(), other))
            .await;
        let labels = json!({"metadata": {"labels": {"a": "b"}}});
        c.ask("admin", 200, "PUT", &path, with(fixed(), labels))
            .await;
    }
}

async fn limits(c: &mut Cluster<'_>) {
    let encoded = |bytes: usize| {
        format!(
            "{}{}",
            "QUFB".repeat(bytes / 3),
            ["", "QQ==", "QUE="][bytes % 3]
        )
    };
    let full = 1 << 20;
    c.ask(
        "admin",
        201,
        "POST",
        SECRETS,
        secret("full", json!({"key": encoded(full)})),
    )
    .await;
    c.ask(
        "admin",
        422,
        "POST",
        SECRETS,
        secret("fuller", json!({"key": encoded(full + 1)})),
    )
    .await;
    let two = json!({"key": encoded(full / 2), "other": encoded(full / 2 + 1)});
    c.ask("admin", 422, "POST", SECRETS, secret("fuller", two))
        .await;
    c.ask(
        "admin",
        201,
        "POST",
        CONFIG_MAPS,
        config_map("full", json!({"key": "x".repeat(full)})),
    )
    .await;
    let fuller = config_map("fuller", json!({"key": "x".repeat(full)}));
    let fuller = with(fuller, json!({"binaryData": {"more": "QQ=="}}));
    c.ask("admin", 422, "POST", CONFIG_MAPS, fuller).await;
}

async fn encodings(c: &mut Cluster<'_>) {
    let both = config_map("both", json!({"text": "ä"}));
    let both = with(both, json!({"binaryData": {"bytes": "/w=="}}));
    c.ask("admin", 201, "POST", CONFIG_MAPS, both.clone()).await;
    let twice = with(
        both,
        json!({"metadata": {"name": "twice"}, "binaryData": {"text": "/w=="}}),
    );
    c.ask("admin", 422, "POST", CONFIG_MAPS, twice).await;
    c.ask(
        "admin",
        201,
        "POST",
        SECRETS,
        secret("empty-value", json!({"key": ""})),
    )
    .await;
    let typed = with(
        secret("typed", json!({})),
        json!({"type": "example.com/own"}),
    );
    c.ask("admin", 201, "POST", SECRETS, typed).await;
    c.ask("admin", 200, "GET", SECRETS, Value::Null).await;

    // What can't be read: the real server's words tell more.
    for (path, object) in [
        (SECRETS, secret("a", json!({"key": "no base64"}))),
        (SECRETS, secret("a", json!({"key": 1}))),
        (SECRETS, config_map("a", json!({"key": "value"}))),
        (
            CONFIG_MAPS,
            with(
                config_map("a", json!({})),
                json!({"binaryData": {"key": "no base64"}}),
            ),
        ),
    ] {
        c.ask_roughly("admin", 400, "POST", path, object).await;
    }
    let path = format!("{SECRETS}?fieldValidation=Strict");
    let unknown = with(secret("a", json!({})), json!({"spec": {}}));
    c.ask_roughly("admin", 400, "POST", &path, unknown).await;
}

async fn rights(c: &mut Cluster<'_>) {
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
    let path = &format!("{SECRETS}/a");
    let object = || secret("a", json!({}));
    c.ask("anonymous", 403, "GET", path, Value::Null).await;
    c.ask("stranger", 401, "GET", path, Value::Null).await;
    c.ask("job", 403, "GET", path, Value::Null).await;
    c.ask("job", 403, "GET", "/api/v1/namespaces/NS", Value::Null)
        .await;
    c.ask("job", 403, "POST", "/api/v1/namespaces", Value::Null)
        .await;

    let binding = |name: &str, role: &str| {
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
            "metadata": {"name": name},
            "subjects": [{"kind": "ServiceAccount", "name": "job", "namespace": "NS"}],
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": role},
        })
    };
    c.ask("admin", 201, "POST", BINDINGS, binding("job", "job"))
        .await;
    c.ask_settled("job", 403, "GET", path, "RBAC: role").await;
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

    let role = |rules: Value| {
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
            "metadata": {"name": "job"}, "rules": rules,
        })
    };
    for wrong in [
        json!([{"apiGroups": [""], "resources": ["secrets"], "verbs": []}]),
        json!([{"apiGroups": [], "resources": ["secrets"], "verbs": ["get"]}]),
        json!([{"apiGroups": [""], "resources": [], "verbs": ["get"]}]),
    ] {
        c.ask("admin", 422, "POST", ROLES, role(wrong)).await;
    }
    let rules = json!([
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]},
        {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["a"], "verbs": ["get", "update"]},
        {"apiGroups": [""], "resources": ["namespaces"], "resourceNames": ["NS"], "verbs": ["get"]},
    ]);
    c.ask("admin", 201, "POST", ROLES, role(rules)).await;
    c.ask("job", 200, "GET", path, Value::Null).await;
    c.ask("job", 200, "PUT", path, object()).await;
    c.ask("job", 409, "POST", SECRETS, object()).await;
    c.ask("job", 201, "POST", SECRETS, secret("own", json!({})))
        .await;
    c.ask("job", 200, "GET", "/api/v1/namespaces/NS", Value::Null)
        .await;
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
    c.ask("job", 403, "DELETE", path, Value::Null).await;
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

    let all = json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]);
    c.ask("admin", 200, "PUT", &format!("{ROLES}/job"), role(all))
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
    c.ask("job", 403, "GET", path, Value::Null).await;
}

async fn deletion(c: &mut Cluster<'_>) {
    for path in [
        format!("{SECRETS}/a"),
        format!("{CONFIG_MAPS}/full"),
        format!("{ROLES}/job"),
    ] {
        c.ask("admin", 200, "DELETE", &path, Value::Null).await;
        c.ask("admin", 404, "DELETE", &path, Value::Null).await;
    }
    let created = c
        .ask("admin", 201, "POST", SECRETS, secret("a", json!({})))
        .await;
    let stale = with(
        secret("a", json!({})),
        json!({"metadata": {"uid": "another"}}),
    );
    c.ask("admin", 409, "PUT", &format!("{SECRETS}/a"), stale)
        .await;
    assert!(created["metadata"]["uid"].is_string());
    c.ask(
        "admin",
        200,
        "DELETE",
        "/api/v1/namespaces/NS/serviceaccounts/job",
        Value::Null,
    )
    .await;
}

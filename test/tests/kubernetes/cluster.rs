//! Asking an API server, embedded or real.

use std::{
    collections::BTreeMap,
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

use crate::names::Names;

/// One side: an API server, and what it answered so far.
pub(crate) struct Cluster<'a> {
    kubeconfig: Kubeconfig,
    embedded: Option<&'a Kubernetes>,
    clients: BTreeMap<String, Client>,
    pub(crate) namespace: String,
    names: Names,
    pub(crate) answers: Vec<(String, Value)>,
}

impl<'a> Cluster<'a> {
    pub(crate) fn new(kubeconfig: Kubeconfig, embedded: Option<&'a Kubernetes>) -> Self {
        let namespace = format!("conformance-{}", std::process::id());
        Self {
            names: Names::new(&namespace),
            clients: BTreeMap::new(),
            answers: vec![],
            kubeconfig,
            embedded,
            namespace,
        }
    }

    /// Asks as `user` and writes the answer down. A right that was just granted or taken may take a
    /// moment to be so.
    pub(crate) async fn ask(
        &mut self,
        user: &str,
        code: u16,
        method: &str,
        path: &str,
        body: Value,
    ) -> Value {
        let path = path.replace("NS", &self.namespace);
        let body: Value = self.named(&body);
        let client = self.client(user).await;
        let start = Instant::now();
        let (status, answer) = loop {
            let (status, answer) = send(&client, method, &path, &body).await;
            let is_final = user == "admin" || start.elapsed() > Duration::from_secs(10);
            if status == code || is_final {
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
    pub(crate) async fn ask_roughly(
        &mut self,
        user: &str,
        code: u16,
        method: &str,
        path: &str,
        body: Value,
    ) {
        self.ask(user, code, method, path, body).await;
        if let Some((_, answer)) = self.answers.last_mut() {
            *answer = json!([answer["code"], answer["reason"]]);
        }
    }

    /// Asks until the answer contains `text`.
    pub(crate) async fn ask_until(
        &mut self,
        user: &str,
        code: u16,
        method: &str,
        path: &str,
        text: &str,
    ) {
        let start = Instant::now();
        loop {
            let answer = self.ask(user, code, method, path, Value::Null).await;
            let has_text = answer.to_string().contains(text);
            if has_text || start.elapsed() > Duration::from_secs(10) {
                return;
            }
            self.answers.pop();
        }
    }

    fn named(&self, body: &Value) -> Value {
        let text = body.to_string().replace("NS", &self.namespace);
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) async fn client(&mut self, user: &str) -> Client {
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

pub(crate) async fn send(client: &Client, method: &str, path: &str, body: &Value) -> (u16, Value) {
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

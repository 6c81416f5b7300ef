//! What clients need to know of a stack that is up: files, and the variables that they read.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::{self, File},
    io::Write as _,
    path::Path,
};

use anyhow::{Context as _, Result};
use contract::{
    CTLOG, CTLOG_TILES, ROOT_JSON, SIGNING_CONFIG_JSON, SIGSTORE_TRUST, TRUSTED_ROOT_JSON,
};
use serde_json::{Map, Value, json};
use testbed::{Bearer, Issuer, Kubernetes, Node};

use crate::state::State;

/// Variables by their names, in the order in which they are told.
pub(crate) struct Variables(Vec<(&'static str, String)>);

impl Variables {
    /// Writes the files, and says where they and the servers are.
    pub(crate) fn write(
        state: &State,
        kubernetes: &Kubernetes,
        node: &Node,
        issuer: &Issuer,
    ) -> Result<Self> {
        let token = issuer.token(&Bearer::default());
        let trust = kubernetes.config_map(SIGSTORE_TRUST.namespace, SIGSTORE_TRUST.name);
        let entry = |name: &str| {
            let entry = trust.get(name).cloned();
            entry.with_context(|| format!("ConfigMap {} has no {name}", SIGSTORE_TRUST.name))
        };
        let (root, config) = (entry(TRUSTED_ROOT_JSON)?, entry(SIGNING_CONFIG_JSON)?);
        let [trusted, signing]: [Value; 2] =
            [serde_json::from_str(&root)?, serde_json::from_str(&config)?];
        let both = json!({
            "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
            "trustedRoot": trusted,
            "signingConfig": signing,
        });
        let folder = state.part("client")?;
        let mut variables = Self(urls(kubernetes, node));
        for (variable, file, content) in [
            ("TUF_ROOT_JSON", "root.json", entry(ROOT_JSON)?),
            ("TRUSTED_ROOT", "trusted_root.json", root),
            ("SIGNING_CONFIG", "signing_config.json", config),
            ("TRUST_CONFIG", "trust_config.json", both.to_string()),
            ("CT_LOG_KEY", "ctlog.pub", ctlog_key(kubernetes)?),
            ("OIDC_TOKEN", "token", token.clone()),
        ] {
            let file = folder.join(file);
            let written = fs::write(&file, content);
            written.with_context(|| format!("writing {}", file.display()))?;
            variables.0.push((variable, file.display().to_string()));
        }
        variables.0.extend([
            ("SIGSTORE_ID_TOKEN", token),
            ("STANDUP_STATE", state.folder().display().to_string()),
            ("STANDUP_PID", std::process::id().to_string()),
        ]);
        Ok(variables)
    }

    /// As commands of a shell.
    pub(crate) fn exports(&self) -> String {
        self.0
            .iter()
            .fold(String::new(), |mut text, (name, value)| {
                let quoted = value.replace('\'', r"'\''");
                let _ = writeln!(text, "export {name}='{quoted}'");
                text
            })
    }

    pub(crate) fn to_json(&self) -> Value {
        let values = self
            .0
            .iter()
            .map(|(name, value)| ((*name).into(), value.as_str().into()));
        Value::Object(values.collect::<Map<_, _>>())
    }

    /// Adds them to a file of lines.
    pub(crate) fn append_to(&self, file: &Path) -> Result<()> {
        let lines = self
            .0
            .iter()
            .map(|(name, value)| format!("{name}={value}\n"));
        let append = || {
            File::options()
                .create(true)
                .append(true)
                .open(file)?
                .write_all(lines.collect::<String>().as_bytes())
        };
        append().with_context(|| format!("writing {}", file.display()))
    }
}

fn urls(kubernetes: &Kubernetes, node: &Node) -> Vec<(&'static str, String)> {
    let addresses = kubernetes.config_map(SIGSTORE_TRUST.namespace, "addresses");
    let server = |entry: &str| -> Option<String> {
        let url = addresses.get(entry)?.split(',').next()?;
        // What follows the host is the client's to add.
        let host = url.split('/').take(3).collect::<Vec<_>>();
        Some(host.join("/"))
    };
    let issuer = addresses.get("issuer").cloned();
    let urls = [
        ("TUF_MIRROR", server("tuf")),
        (
            "REKOR_URL",
            server("rekor").or_else(|| server("rekor-tiles")),
        ),
        ("FULCIO_URL", server("fulcio")),
        ("FULCIO_GRPC_URL", node.url("fulcio-system", "fulcio", 5554)),
        (
            "CTLOG_URL",
            server("ctlog").or_else(|| server("ctlog-tiles")),
        ),
        ("TSA_URL", server("tsa")),
        ("ISSUER_URL", issuer.clone()),
        ("OIDC_URL", issuer),
    ];
    let urls = urls
        .into_iter()
        .filter_map(|(name, url)| Some((name, url?)));
    urls.collect()
}

fn ctlog_key(kubernetes: &Kubernetes) -> Result<String> {
    let key = [CTLOG_TILES, CTLOG].into_iter().find_map(|pair| {
        let mut entries: BTreeMap<_, _> =
            kubernetes.secret(pair.public.namespace, pair.public.name);
        entries.remove(pair.trusted)
    });
    String::from_utf8(key.context("no CT log has a key")?).context("the CT log's key")
}

//! A TUF client that shares no code with `createtuf`.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use sigstore_trust_root::{SigningConfig, TrustedRoot, TufBootstrap, TufConfig};
use testbed::Kubernetes;

/// Starts from the root that clients read in the cluster, follows the repository at `url`, and says
/// what it trusts.
pub(crate) async fn initialise(kubernetes: &Kubernetes, url: &str) -> Result<String> {
    let trust = kubernetes.config_map("tuf-system", "sigstore-trust");
    let root = trust
        .get("root.json")
        .context("ConfigMap tuf-system/sigstore-trust has no root.json")?;
    let config = TufConfig::custom(url, TufBootstrap::trusted(root)).without_cache();
    let root = TrustedRoot::from_tuf(config.clone()).await?;
    let signing = SigningConfig::from_tuf(config).await?;
    let mut trusted = format!("a TUF client has started from {url} and trusts");
    for (count, what) in [
        (root.certificate_authorities.len(), "certificate authority"),
        (root.tlogs.len(), "transparency log"),
        (root.ctlogs.len(), "certificate log"),
        (root.timestamp_authorities.len(), "timestamp authority"),
    ] {
        write!(trusted, " {count} {what},")?;
    }
    let urls = [
        &signing.ca_urls,
        &signing.rekor_tlog_urls,
        &signing.tsa_urls,
    ];
    let urls: Vec<_> = urls
        .into_iter()
        .flatten()
        .map(|service| service.url.as_str())
        .collect();
    write!(trusted, " and would sign with {}", urls.join(" "))?;
    Ok(trusted)
}

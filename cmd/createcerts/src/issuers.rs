//! Fulcio's configuration, as far as it takes tokens of the cluster's own accounts.

use std::collections::BTreeMap;

use anyhow::Result;
use gate::{Kube, Source};
use refusal::{NotYet, Refusal};
use serde::Deserialize;

/// Refuses a configuration that takes tokens of the cluster it is in, but gives that another name
/// than its API server does: Fulcio would start, and take none of them.
///
/// Fulcio itself says what else is wrong with the file, and doesn't start.
pub(crate) async fn check(kube: &Kube, namespace: &str, name: &str) -> Result<()> {
    let source = Source::config_map(kube, namespace, name).await?;
    if !source.exists() {
        return Err(NotYet::new(source.object(), "kubectl apply").into());
    }
    let text = source.bytes(ENTRY).map(String::from_utf8_lossy);
    let Some(config) = text.and_then(|text| Config::parse(&text)) else {
        return Ok(());
    };
    let (Some(named), Some(issuer)) = (config.own_cluster(), gate::issuer(kube).await?) else {
        return Ok(());
    };
    if config.takes(&issuer) {
        return Ok(());
    }
    let entry = source.entry(ENTRY);
    let difference = format!("takes tokens of {named}, but those of this cluster are of {issuer}");
    let way_out = "name that one there and in the addresses (docs/issuers.md)";
    Err(Refusal::new(entry, difference, way_out).into())
}

/// `FulcioConfig` (`pkg/config/config.go`), which is YAML, or JSON with other names.
#[derive(Deserialize)]
struct Config {
    #[serde(default, rename = "oidc-issuers", alias = "OIDCIssuers")]
    issuers: BTreeMap<String, Issuer>,
    #[serde(default, rename = "meta-issuers", alias = "MetaIssuers")]
    patterns: BTreeMap<String, Issuer>,
}

#[derive(Deserialize)]
struct Issuer {
    #[serde(default, rename = "type", alias = "Type")]
    kind: String,
}

impl Config {
    fn parse(text: &str) -> Option<Self> {
        serde_saphyr::from_str(text).ok()
    }

    /// The first issuer whose name only means something inside the cluster that it is the name of.
    fn own_cluster(&self) -> Option<&str> {
        let mut kubernetes = self.issuers.iter().filter(|(_, it)| it.kind == KUBERNETES);
        kubernetes.find_map(|(url, _)| {
            let host = url.strip_prefix("https://")?;
            let name = host
                .trim_end_matches('/')
                .strip_prefix("kubernetes.default")?;
            (name.is_empty() || name.starts_with(".svc")).then_some(url.as_str())
        })
    }

    fn takes(&self, issuer: &str) -> bool {
        self.issuers.contains_key(issuer) || self.patterns.keys().any(|it| matches(it, issuer))
    }
}

/// Whether `text` is of the form `pattern`, in which each `*` is for letters, digits, `-` and `_`
/// (`MetaRegex` in `pkg/config/config.go`).
fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    text.strip_prefix(start).is_some_and(|text| {
        let ends = |letter: char| !letter.is_ascii_alphanumeric() && !"-_".contains(letter);
        let most = text.find(ends).unwrap_or(text.len());
        (1..=most).any(|length| matches(rest, &text[length..]))
    })
}

const ENTRY: &str = "config.yaml";
const KUBERNETES: &str = "kubernetes";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_for_one_part_of_a_name() {
        for (pattern, text, matched) in [
            (
                "https://kubernetes.*.svc",
                "https://kubernetes.default.svc",
                true,
            ),
            (
                "https://kubernetes.*.svc",
                "https://kubernetes.a.b.svc",
                false,
            ),
            ("https://kubernetes.*.svc", "https://kubernetes..svc", false),
            (
                "https://*.eks.*.com/id/*",
                "https://oidc.eks.eu-1.com/id/A_1",
                true,
            ),
            ("https://a*a", "https://abaa", true),
            ("https://a", "https://a", true),
            ("https://a", "https://a/", false),
        ] {
            assert_eq!(matches(pattern, text), matched, "{pattern} {text}");
        }
    }
}

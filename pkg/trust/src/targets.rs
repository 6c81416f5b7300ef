//! The files that clients download: `trusted_root.json`, `signing_config.v0.2.json`, and for
//! clients before cosign 2.5.1 one file for each key and certificate.

use std::collections::{BTreeMap, HashMap};

use certs::Certificate;
use serde::Serialize;
use serde_json::{Value, json};
use tuf::{NewTarget, Repository};

use crate::{
    SIGNING_CONFIG, TRUSTED_ROOT,
    merge::Trusted,
    signing_config::SigningConfig,
    trusted_root::{Authority, Log, TrustedRoot},
};

/// Target files by name.
type NewTargets = BTreeMap<String, NewTarget>;

/// The targets of `repository` that are made from inputs, so that all they say is in
/// `trusted_root.json` or in the signing config. Any other is somebody's own, and stays.
pub(crate) fn names(repository: &Repository) -> impl Iterator<Item = &str> {
    let is_made = |name: &str, custom: &HashMap<String, Value>| {
        let usage = custom
            .get(CUSTOM)
            .and_then(|custom| custom["usage"].as_str());
        [TRUSTED_ROOT, SIGNING_CONFIG].contains(&name)
            || usage.is_some_and(|usage| ["Fulcio", "Rekor", "CTFE", "TSA"].contains(&usage))
    };
    let targets = repository.targets();
    targets.filter_map(move |(name, custom)| is_made(name, custom).then_some(name))
}

/// All targets of a repository.
pub(crate) fn all(
    trust: &TrustedRoot,
    signing: Option<&SigningConfig>,
    metadata_targets: bool,
) -> NewTargets {
    let mut targets = match metadata_targets {
        true => metadata(trust),
        false => NewTargets::new(),
    };
    targets.insert(TRUSTED_ROOT.into(), document(trust));
    if let Some(signing) = signing {
        targets.insert(SIGNING_CONFIG.into(), document(signing));
    }
    targets
}

/// One file for each key and chain; what is in use comes first. Names contain what the original
/// tells their usage by: `fulcio`, `rekor`, `ctfe` or `tsa`.
fn metadata(trust: &TrustedRoot) -> NewTargets {
    let mut targets = NewTargets::new();
    for (index, authority) in current_first(&trust.certificate_authorities) {
        let name = format!("fulcio_v{index}.crt.pem");
        targets.insert(name, target("Fulcio", authority, pem_chain(authority)));
    }
    // The clients that look for these don't know Rekor v2.
    let rekor: Vec<_> = trust
        .tlogs
        .iter()
        .filter(|log| log.has_end())
        .cloned()
        .collect();
    for (index, log) in current_first(&rekor) {
        targets.insert(log_name("rekor", index), target("Rekor", log, pem_key(log)));
    }
    for (index, log) in current_first(&trust.ctlogs) {
        targets.insert(log_name("ctfe", index), target("CTFE", log, pem_key(log)));
    }
    // Clients put all of these together and want exactly one leaf in them: the newest chain.
    let current = trust
        .timestamp_authorities
        .iter()
        .rfind(|authority| authority.is_current());
    if let Some(tsa) = current {
        let mut certificates = tsa.certificates();
        let mut add = |name: String, certificate: Option<&Certificate>| {
            let pem = certificate.map(Certificate::to_pem);
            let pem = pem.expect("a timestamping chain has a leaf and a root");
            targets.insert(name, target("TSA", tsa, pem.into()));
        };
        add("tsa_leaf.crt.pem".into(), certificates.next());
        add("tsa_root.crt.pem".into(), certificates.next_back());
        // Intermediate 0 is the one that the root signed.
        for (index, intermediate) in certificates.rev().enumerate() {
            add(
                format!("tsa_intermediate_{index}.crt.pem"),
                Some(intermediate),
            );
        }
    }
    targets
}

fn current_first<T: Trusted>(all: &[T]) -> impl Iterator<Item = (usize, &T)> {
    let current = all.iter().filter(|one| one.is_current());
    let replaced = all.iter().filter(|one| !one.is_current());
    (1..).zip(current.chain(replaced))
}

fn log_name(prefix: &str, index: usize) -> String {
    match index {
        1 => format!("{prefix}.pub"),
        _ => format!("{prefix}_{index}.pub"),
    }
}

fn target(usage: &str, trusted: &impl Trusted, bytes: Vec<u8>) -> NewTarget {
    let status = match trusted.is_current() {
        true => "Active",
        false => "Expired",
    };
    let custom = json!({ "usage": usage, "status": status, "uri": trusted.url() });
    NewTarget {
        bytes,
        custom: [(CUSTOM.into(), custom)].into(),
    }
}

fn pem_chain(authority: &Authority) -> Vec<u8> {
    let certificates = authority.certificates().map(Certificate::to_pem);
    certificates.collect::<String>().into()
}

fn pem_key(log: &Log) -> Vec<u8> {
    keys::to_pem("PUBLIC KEY", log.spki()).into()
}

fn document(document: &impl Serialize) -> NewTarget {
    let mut bytes = serde_json::to_vec_pretty(document).expect("its keys are strings");
    bytes.push(b'\n');
    NewTarget {
        bytes,
        ..NewTarget::default()
    }
}

/// Under which key of a target's `custom` field clients find what it is for.
const CUSTOM: &str = "sigstore";

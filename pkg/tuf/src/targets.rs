//! The files that clients download: `trusted_root.json`, `signing_config.v0.2.json`, and for
//! clients before cosign 2.5.1 one file for each key and certificate.

use std::collections::BTreeMap;

use pem::{EncodeConfig, LineEnding, Pem};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    SIGNING_CONFIG, TRUSTED_ROOT,
    merge::Entry,
    services::SigningConfig,
    trust::{Authority, Log, TrustedRoot},
};

/// Target files by name.
pub(crate) type NewTargets = BTreeMap<String, NewTarget>;

/// A target file that isn't in a repository yet.
#[derive(Debug)]
pub(crate) struct NewTarget {
    pub(crate) bytes: Vec<u8>,
    /// The `custom` field; clients tell by it what the file is for.
    pub(crate) custom: Option<Value>,
}

/// All targets of a repository.
pub(crate) fn all(
    trust: &TrustedRoot,
    signing: Option<&SigningConfig>,
    metadata_targets: bool,
) -> NewTargets {
    let mut targets = if metadata_targets {
        metadata(trust)
    } else {
        NewTargets::new()
    };
    targets.insert(
        TRUSTED_ROOT.into(),
        NewTarget {
            bytes: to_json(trust),
            custom: None,
        },
    );
    if let Some(signing) = signing {
        targets.insert(
            SIGNING_CONFIG.into(),
            NewTarget {
                bytes: to_json(signing),
                custom: None,
            },
        );
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
    for (index, log) in current_first(&trust.tlogs) {
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
        let mut add = |name: String, der: Option<&[u8]>| {
            let der = der.expect("a timestamping chain has a leaf and a root");
            targets.insert(name, target("TSA", tsa, pem("CERTIFICATE", der).into()));
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

fn current_first<E: Entry>(entries: &[E]) -> impl Iterator<Item = (usize, &E)> {
    let current = entries.iter().filter(|entry| entry.is_current());
    let replaced = entries.iter().filter(|entry| !entry.is_current());
    (1..).zip(current.chain(replaced))
}

fn log_name(prefix: &str, index: usize) -> String {
    match index {
        1 => format!("{prefix}.pub"),
        _ => format!("{prefix}_{index}.pub"),
    }
}

fn target<E: Entry>(usage: &str, entry: &E, bytes: Vec<u8>) -> NewTarget {
    let status = if entry.is_current() {
        "Active"
    } else {
        "Expired"
    };
    let custom = json!({ "usage": usage, "status": status, "uri": entry.url() });
    NewTarget {
        bytes,
        custom: Some(custom),
    }
}

fn pem_chain(authority: &Authority) -> Vec<u8> {
    authority
        .certificates()
        .map(|der| pem("CERTIFICATE", der))
        .collect::<String>()
        .into()
}

fn pem_key(log: &Log) -> Vec<u8> {
    pem("PUBLIC KEY", log.spki()).into()
}

fn pem(tag: &str, der: &[u8]) -> String {
    let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
    pem::encode_config(&Pem::new(tag, der), config)
}

fn to_json(document: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(document).expect("its keys are strings");
    bytes.push(b'\n');
    bytes
}

//! The flags.

use std::{path::PathBuf, time::Duration};

use clap::{ArgAction, Parser};
use contract::{CTLOG, FULCIO, REKOR, SIGSTORE_TRUST, TSA, TUF_KEYS, TUF_ROOT};
use jiff::Timestamp;
use trust::{Policy, Urls};
use tuf::Roles;

use crate::{original_flags::OriginalFlags, parts::Parts};

#[derive(Parser)]
#[command(version, about)]
pub(crate) struct Args {
    /// Namespace of all Secrets and the ConfigMap
    #[arg(long, env = "NAMESPACE", value_parser = job::name)]
    pub(crate) namespace: String,

    /// Secrets with a chain of Fulcio's as `cert`, by comma or flag by flag; empty for a stack
    /// without Fulcio
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        default_value = FULCIO.copy
    )]
    fulcio_secret: Vec<String>,

    /// Secrets with a key of a Rekor v1 as `public`; empty for a stack without one
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        default_value = REKOR.copy
    )]
    rekor_secret: Vec<String>,

    /// Secrets with a key of a Rekor v2 as `public` and its `origin`
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "")]
    rekor_tiles_secret: Vec<String>,

    /// Secrets with a key of a CT log of RFC 6962 as `public`; empty for a stack without one
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        default_value = CTLOG.copy
    )]
    ctlog_secret: Vec<String>,

    /// Secrets with a key of a CT log with tiles as `public` and its `origin`
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "")]
    ctlog_tiles_secret: Vec<String>,

    /// Secrets with a timestamping chain as `cert-chain`; empty for a stack without one
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        default_value = TSA.copy
    )]
    tsa_secret: Vec<String>,

    /// Folder with all of that as files instead. `fulcio`, `rekor`, `ctfe` or `tsa` is part of each
    /// name, as in rekor.pub; a chain is one file or TARGET_root.crt.pem,
    /// TARGET_intermediate_N.crt.pem and TARGET_leaf.crt.pem. A log with tiles has `tiles` in its
    /// name too, and its origin beside it, as rekor-tiles.pub and rekor-tiles.origin. Folders don't
    /// count, nor names that begin with a dot
    #[arg(long, value_name = "FOLDER")]
    pub(crate) file_dir: Option<PathBuf>,

    /// Secret for the repository and its newest root
    #[arg(long, default_value = TUF_ROOT.name, value_parser = job::name)]
    pub(crate) rootsecret: String,

    /// Secret for the private keys
    #[arg(long, default_value = TUF_KEYS.name, value_parser = job::name)]
    pub(crate) keyssecret: String,

    /// ConfigMap for what clients need
    #[arg(long, default_value = SIGSTORE_TRUST.name, value_parser = job::name)]
    pub(crate) trust_configmap: String,

    /// ConfigMap that says where clients reach the servers; without it, the flags below do
    #[arg(long, value_name = "NAMESPACE/NAME")]
    pub(crate) addresses: Option<job::Reference>,

    /// Where clients reach Fulcio
    #[arg(
        long,
        value_name = "URL",
        value_parser = url,
        conflicts_with = "addresses",
        default_value = "http://fulcio.fulcio-system.svc"
    )]
    fulcio_url: String,

    /// Where clients reach the Rekor v1
    #[arg(
        long,
        value_name = "URL",
        value_parser = url,
        conflicts_with = "addresses",
        default_value = "http://rekor.rekor-system.svc"
    )]
    rekor_url: String,

    /// Where clients reach each Rekor v2: at a host that is its origin
    #[arg(
        long,
        value_name = "URLS",
        value_delimiter = ',',
        value_parser = url,
        conflicts_with = "addresses",
        default_value = "http://rekor.rekor-tiles-system.svc"
    )]
    pub(crate) rekor_tiles_url: Vec<String>,

    /// Where clients reach the CT log of RFC 6962, with its prefix
    #[arg(
        long,
        value_name = "URL",
        value_parser = url,
        conflicts_with = "addresses",
        default_value = "http://ctlog.ctlog-system.svc/sigstorescaffolding"
    )]
    ctlog_url: String,

    /// Where clients reach each CT log with tiles: its origin, after the scheme
    #[arg(
        long,
        value_name = "URLS",
        value_delimiter = ',',
        value_parser = url,
        conflicts_with = "addresses",
        default_value = "http://ctlog.ctlog-tiles-system.svc/sigstorescaffolding"
    )]
    pub(crate) ctlog_tiles_url: Vec<String>,

    /// Where clients reach the timestamp authority, with its path
    #[arg(
        long,
        value_name = "URL",
        value_parser = url,
        conflicts_with = "addresses",
        default_value = "http://tsa.tsa-system.svc/api/v1/timestamp"
    )]
    tsa_url: String,

    /// Issuer of the identity tokens that clients sign with
    #[arg(
        long,
        value_name = "URL",
        value_parser = url,
        conflicts_with = "addresses",
        default_value = "https://kubernetes.default.svc.cluster.local"
    )]
    oidc_issuer: String,

    /// From when on the keys of new logs are trusted, such as 2026-01-31T00:00:00Z
    #[arg(long, value_name = "TIME", default_value = "1970-01-01T00:00:00Z")]
    pub(crate) valid_from: Timestamp,

    /// Publish inputs that differ from what is published
    #[arg(long)]
    accept_changes: bool,

    /// How long what is replaced stays valid, for what its server signs until it is restarted, and
    /// when a Rekor is used that is new beside another: a day, since sigstore-go's clients look for
    /// new trust once a day; 0s for a key that is stolen
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "1d",
        value_parser = humantime::parse_duration
    )]
    overlap: Duration,

    /// Take out of what clients trust, for what is stolen, wrong or unreadable: logs by their IDs,
    /// chains by the SHA-256 of a certificate, or the first 8 digits or more of that. What was
    /// signed under them, and by whom, verifies nowhere any more. A Rekor v2 with a stolen key has
    /// to be taken out: clients don't heed the end of its validity
    #[arg(
        long,
        value_name = "SHA256",
        value_delimiter = ',',
        num_args = 1..,
        action = ArgAction::Append,
        value_parser = digest,
        conflicts_with_all = ["renew", "rotate"]
    )]
    withdraw: Vec<String>,

    /// Only renew, and report inputs that differ
    #[arg(long)]
    renew: bool,

    /// Roles to change the keys of, once for each Job, such as root,timestamp; otherwise as --renew
    #[arg(
        long,
        value_name = "ROLE",
        value_delimiter = ',',
        num_args = 1..,
        action = ArgAction::Append,
        value_parser = ["root", "snapshot", "targets", "timestamp"]
    )]
    rotate: Vec<String>,

    /// What the keys are changed for: however often a Job is tried, it changes them once
    #[arg(
        long,
        value_name = "UID",
        env = "JOB_UID",
        default_value = "",
        hide_env_values = true
    )]
    pub(crate) rotation: String,

    /// How long the root is valid; it is signed again once half of that is over
    #[arg(long, value_name = "DURATION", default_value = "10y", value_parser = job::lifetime)]
    root_lifetime: Duration,

    /// How long the list of targets is valid
    #[arg(long, value_name = "DURATION", default_value = "1y", value_parser = job::lifetime)]
    targets_lifetime: Duration,

    /// How long the snapshot is valid
    #[arg(long, value_name = "DURATION", default_value = "1y", value_parser = job::lifetime)]
    snapshot_lifetime: Duration,

    /// How long the timestamp is valid: more than twice the pause between two runs with --renew
    #[arg(long, value_name = "DURATION", default_value = "180d", value_parser = job::lifetime)]
    timestamp_lifetime: Duration,

    /// Publish a target for each key and certificate, for cosign before 2.5.1
    #[arg(long, default_value_t = true)]
    pub(crate) metadata_targets: bool,

    /// Publish signing_config.v0.2.json
    #[arg(long, default_value_t = true)]
    pub(crate) signing_config: bool,

    #[command(flatten)]
    _original: OriginalFlags,

    #[command(flatten)]
    pub(crate) job: job::Options,
}

impl Args {
    /// The Secrets with inputs.
    pub(crate) fn secrets(&self) -> Parts<Vec<&str>> {
        Parts {
            fulcio: named(&self.fulcio_secret),
            rekor: named(&self.rekor_secret),
            rekor_tiles: named(&self.rekor_tiles_secret),
            ctlog: named(&self.ctlog_secret),
            ctlog_tiles: named(&self.ctlog_tiles_secret),
            tsa: named(&self.tsa_secret),
        }
    }

    pub(crate) fn urls(&self) -> Urls {
        Urls {
            fulcio: self.fulcio_url.clone(),
            rekor: self.rekor_url.clone(),
            ctlog: self.ctlog_url.clone(),
            tsa: self.tsa_url.clone(),
            issuer: self.oidc_issuer.clone(),
        }
    }

    pub(crate) fn policy(&self) -> Policy {
        Policy {
            lifetimes: Roles {
                root: self.root_lifetime,
                targets: self.targets_lifetime,
                snapshot: self.snapshot_lifetime,
                timestamp: self.timestamp_lifetime,
            },
            accept_changes: self.accept_changes,
            overlap: self.overlap,
            withdraw: self.withdraw.iter().cloned().collect(),
            rotate: self.rotate(),
        }
    }

    fn rotate(&self) -> Roles<bool> {
        let named = |role: &str| self.rotate.iter().any(|named| named == role);
        Roles {
            root: named("root"),
            snapshot: named("snapshot"),
            targets: named("targets"),
            timestamp: named("timestamp"),
        }
    }

    /// Whether it is about the signatures, and not about the inputs.
    pub(crate) fn only_signs(&self) -> bool {
        self.renew || !self.rotate.is_empty()
    }
}

fn named(names: &[String]) -> Vec<&str> {
    let names = names.iter().map(String::as_str);
    names.filter(|name| !name.is_empty()).collect()
}

/// Published as it is given.
fn url(text: &str) -> Result<String, String> {
    let url = job::url(text);
    url.map(|_| text.into()).map_err(|error| error.to_string())
}

/// A SHA-256 or how it begins, in hexadecimal digits, as openssl writes them too.
fn digest(text: &str) -> Result<String, &'static str> {
    let digits = text.replace(':', "").to_ascii_lowercase();
    let is_digest = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    match is_digest && (8..=64).contains(&digits.len()) {
        true => Ok(digits),
        false => Err("it has to be 8 to 64 hexadecimal digits"),
    }
}

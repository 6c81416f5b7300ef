//! The flags.

use std::path::PathBuf;

use clap::Parser;
use contract::{REKOR_TILES, REKOR_TILES_LOG};
use tilelog::Url;

#[derive(Parser)]
#[command(version, about)]
pub(crate) struct Args {
    /// Namespace of the ConfigMap and the Secret
    #[arg(
        long,
        env = "NAMESPACE",
        default_value = REKOR_TILES_LOG.namespace,
        value_parser = job::name
    )]
    pub(crate) namespace: String,

    /// ConfigMap to record the log's newest checkpoint in
    #[arg(long, default_value = REKOR_TILES_LOG.name, value_parser = job::name)]
    pub(crate) configmap: String,

    /// Secret with the log's public key and its origin
    #[arg(long, default_value = REKOR_TILES.public.name, value_parser = job::name)]
    pub(crate) secret: String,

    /// Where the log's files are served (tileserver)
    #[arg(
        long,
        value_name = "URL",
        default_value = "http://tiles.rekor-tiles-system.svc",
        value_parser = http
    )]
    pub(crate) tiles_url: Url,

    /// Rekor v2 to write the first entry to, if the log has none; without it none is written
    #[arg(long, value_name = "URL", value_parser = http)]
    pub(crate) first_entry: Option<Url>,

    /// Only compare the log's volume, this folder, with what was recorded, which the environment
    /// tells; the flags above then are for messages
    #[arg(
        long,
        value_name = "FOLDER",
        requires_all = ["public_key", "origin", "checkpoint"],
        conflicts_with = "first_entry"
    )]
    pub(crate) volume: Option<PathBuf>,

    /// The log's public key (PEM), for --volume
    #[arg(long, value_name = "PEM", env = "PUBLIC_KEY", hide_env_values = true)]
    pub(crate) public_key: Option<String>,

    /// The log's origin, for --volume
    #[arg(long, env = "ORIGIN")]
    pub(crate) origin: Option<String>,

    /// The recorded checkpoint, for --volume
    #[arg(long, value_name = "NOTE", env = "CHECKPOINT", hide_env_values = true)]
    pub(crate) checkpoint: Option<String>,

    #[command(flatten)]
    pub(crate) job: job::Options,
}

/// Both servers are within the cluster, and speak no TLS.
fn http(text: &str) -> Result<Url, String> {
    let url = job::url(text).map_err(|error| error.to_string())?;
    match url.scheme() {
        "http" => Ok(url),
        _ => Err("it has to begin with http://, since its server speaks no TLS".into()),
    }
}

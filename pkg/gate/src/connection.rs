//! The way to the API server.

use std::time::Duration;

use kube::{Client, Config};

use crate::{Error, Result};

/// A connection to the API server.
pub type Kube = Client;

/// Connects as the pod's service account, or as `KUBECONFIG` says.
///
/// No request hangs for ever, and none is retried here, since the Job's runtime does the whole work
/// again.
///
/// # Errors
///
/// [`Error::Connect`] outside a cluster without a kubeconfig, or when either can't be read.
pub async fn connect() -> Result<Kube> {
    let mut config = Config::infer()
        .await
        .map_err(|cause| Error::Connect(Box::new(cause)))?;
    config.connect_timeout = Some(Duration::from_secs(5));
    config.read_timeout = Some(Duration::from_secs(30));
    config.write_timeout = Some(Duration::from_secs(30));
    config.reset_reader_on_write = true;
    config.default_retry = false;
    Client::try_from(config).map_err(|cause| Error::Connect(Box::new(cause)))
}

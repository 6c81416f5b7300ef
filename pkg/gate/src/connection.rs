//! The way to the API server.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use kube::{Client, Config, config::KubeConfigOptions};

use crate::{Error, Result, marks::Marks, proxy};

/// A connection to the API server, and what marks the objects that are written over it.
#[derive(Clone)]
pub struct Kube {
    client: Client,
    marks: Arc<Marks>,
}

impl Kube {
    pub(crate) fn client(&self) -> Client {
        self.client.clone()
    }

    pub(crate) fn marks(&self) -> &Marks {
        &self.marks
    }
}

/// Connects as `KUBECONFIG` says, through the proxy that kubectl would take, or as the pod's
/// service account, directly.
///
/// Every object that is created or changed over this connection gets `labels`, `annotations` and
/// the labels that Kubernetes recommends, where it has none of that name.
///
/// No request hangs for ever, and none is retried here, since the Job's runtime does the whole work
/// again.
///
/// # Errors
///
/// [`Error::Connect`] outside a cluster without a kubeconfig, or when either can't be read.
pub async fn connect(
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
) -> Result<Kube> {
    let failed = |cause: Box<dyn std::error::Error + Send + Sync>| Error::Connect(cause);
    let mut config = match Config::from_kubeconfig(&KubeConfigOptions::default()).await {
        Ok(mut config) => {
            config.proxy_url = proxy::to(&config.cluster_url, config.proxy_url.take());
            config
        }
        // A service account's, or the reason why there is none either.
        Err(_) => Config::infer()
            .await
            .map_err(|cause| failed(cause.into()))?,
    };
    config.connect_timeout = Some(Duration::from_secs(5));
    config.read_timeout = Some(Duration::from_secs(30));
    config.write_timeout = Some(Duration::from_secs(30));
    config.reset_reader_on_write = true;
    config.default_retry = false;
    let client = Client::try_from(config).map_err(|cause| failed(cause.into()))?;
    Ok(Kube {
        client,
        marks: Arc::new(Marks::new(labels, annotations)),
    })
}

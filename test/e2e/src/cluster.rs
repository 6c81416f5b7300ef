//! The cluster, as its administrator sees it.

use std::{env, fmt::Debug, time::Duration};

use anyhow::{Context as _, Result, bail};
use k8s_openapi::{
    NamespaceResourceScope,
    api::core::v1::{Namespace, Pod},
};
use kube::{
    Api, Client, Resource, ResourceExt,
    api::{DeleteParams, ListParams, PostParams},
    core::Request,
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::{Instant, sleep};

use crate::process;

/// A connection to the cluster's API server.
#[derive(Clone)]
pub struct Cluster {
    client: Client,
}

impl Cluster {
    /// Connects as `KUBECONFIG` says.
    ///
    /// # Errors
    ///
    /// That it can't be read.
    pub async fn connect() -> Result<Self> {
        let client = Client::try_default().await;
        Ok(Self {
            client: client.context("reading KUBECONFIG")?,
        })
    }

    /// The objects of a kind in a namespace.
    pub fn objects<K>(&self, namespace: &str) -> Api<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        Api::namespaced(self.client.clone(), namespace)
    }

    /// The objects of a kind in the whole cluster.
    pub fn all<K: Resource<DynamicType = ()>>(&self) -> Api<K> {
        Api::all(self.client.clone())
    }

    /// Creates objects, each in the namespace that it names.
    ///
    /// # Errors
    ///
    /// The object that the API server doesn't create.
    pub async fn create<K>(&self, objects: &[K]) -> Result<()>
    where
        K: Resource<DynamicType = ()> + Serialize + DeserializeOwned + Clone + Debug,
    {
        for object in objects {
            let namespace = object.namespace();
            let request = Request::new(K::url_path(&(), namespace.as_deref()));
            let request = request.create(&PostParams::default(), serde_json::to_vec(object)?)?;
            let created = self.client.request::<K>(request).await;
            let name = object.name_any();
            created.with_context(|| format!("creating {} {name}", K::kind(&())))?;
        }
        Ok(())
    }

    /// Applies `config/`, or the stack that `SCAFFOLDING_CONFIG` names, as the README says.
    ///
    /// # Errors
    ///
    /// What kubectl says.
    pub async fn apply(&self) -> Result<()> {
        let stack = env::var("SCAFFOLDING_CONFIG").ok();
        let args = match stack.as_deref() {
            None | Some("config") => ["apply", "-f", "config/"],
            Some(folder) => ["apply", "-k", folder],
        };
        process::run("kubectl", &args).await?;
        Ok(())
    }

    /// Waits until all gates are open and all servers ready.
    ///
    /// # Errors
    ///
    /// What `hack/wait.sh` says.
    pub async fn wait_for_servers(&self) -> Result<()> {
        process::run("hack/wait.sh", &["--servers"]).await?;
        Ok(())
    }

    /// Deletes namespaces, as far as they are there, and waits until they are gone. With `at_once`
    /// no server in them is left the time to say goodbye.
    ///
    /// # Errors
    ///
    /// What the API server says, and that it takes too long.
    pub async fn delete_namespaces(&self, names: &[String], at_once: bool) -> Result<()> {
        let namespaces = self.all::<Namespace>();
        for name in names {
            let deleted = namespaces.delete(name, &DeleteParams::default()).await;
            ignore_missing(deleted).with_context(|| format!("deleting Namespace {name}"))?;
        }
        for name in names.iter().filter(|_| at_once) {
            let pods = self.objects::<Pod>(name);
            let params = DeleteParams::default().grace_period(0);
            pods.delete_collection(&params, &ListParams::default())
                .await?;
        }
        wait_until("the namespaces are gone", async || {
            let left = namespaces.list_metadata(&ListParams::default()).await?;
            Ok(!left.iter().any(|left| names.contains(&left.name_any())))
        })
        .await
    }

    /// Deletes every pod of some namespaces, and waits until they are gone.
    ///
    /// # Errors
    ///
    /// What the API server says, and that it takes too long.
    pub async fn delete_pods(&self, namespaces: &[String]) -> Result<()> {
        let before = self.pods(namespaces, "").await?;
        for namespace in namespaces {
            let pods = self.objects::<Pod>(namespace);
            let (params, all) = (DeleteParams::default(), ListParams::default());
            pods.delete_collection(&params, &all).await?;
        }
        self.wait_for_end_of(&before, namespaces).await
    }

    /// Deletes a pod, if it is there, and leaves it no time to say goodbye.
    ///
    /// # Errors
    ///
    /// What the API server says.
    pub async fn kill_pod(&self, namespace: &str, name: &str) -> Result<()> {
        let pods = self.objects::<Pod>(namespace);
        let params = DeleteParams::default().grace_period(0);
        ignore_missing(pods.delete(name, &params).await)
            .with_context(|| format!("deleting Pod {namespace}/{name}"))
    }

    /// The UIDs of the pods in some namespaces that have these labels.
    ///
    /// # Errors
    ///
    /// What the API server says.
    pub async fn pods(&self, namespaces: &[String], labels: &str) -> Result<Vec<String>> {
        let mut pods = vec![];
        for namespace in namespaces {
            let list = self.objects::<Pod>(namespace);
            let list = list
                .list_metadata(&ListParams::default().labels(labels))
                .await?;
            pods.extend(list.iter().filter_map(ResourceExt::uid));
        }
        Ok(pods)
    }

    /// Waits until none of these pods is there.
    ///
    /// # Errors
    ///
    /// What the API server says, and that it takes too long.
    pub async fn wait_for_end_of(&self, pods: &[String], namespaces: &[String]) -> Result<()> {
        wait_until("these pods are gone", async || {
            let left = self.pods(namespaces, "").await?;
            Ok(!left.iter().any(|pod| pods.contains(pod)))
        })
        .await
    }
}

/// The result of deleting an object. It is as good if there was none.
fn ignore_missing<T>(deleted: kube::Result<T>) -> kube::Result<()> {
    match deleted {
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
        other => other.map(|_| ()),
    }
}

/// Asks until the answer is yes.
///
/// # Errors
///
/// Those of asking, and that it takes too long.
pub async fn wait_until(what: &str, holds: impl AsyncFn() -> Result<bool>) -> Result<()> {
    let end = Instant::now() + PATIENCE;
    while !holds()
        .await
        .with_context(|| format!("waiting until {what}"))?
    {
        if Instant::now() > end {
            bail!("after {PATIENCE:?} it isn't so that {what}");
        }
        sleep(PAUSE).await;
    }
    Ok(())
}

const PATIENCE: Duration = Duration::from_secs(300);
const PAUSE: Duration = Duration::from_millis(200);

//! The database, and another one from the same manifest in a namespace of its own.

use std::time::Duration;

use anyhow::{Context as _, Result};
use contract::TRILLIAN_MYSQL;
use e2e::{Cluster, Manifests, process, wait_until};
use fastrand::Rng;
use k8s_openapi::{
    ByteString,
    api::{
        apps::v1::StatefulSet,
        core::v1::{ConfigMap, PersistentVolumeClaim, Pod, Secret},
    },
};
use kube::api::{DeleteParams, ObjectMeta};
use tokio::time::sleep;

use crate::stack::Stack;

/// Waits until the database is ready.
pub(crate) async fn wait_until_ready() -> Result<()> {
    kubectl(&["rollout", "status", "statefulset/mysql", "--timeout=2m"]).await
}

/// Deletes the database's pod, and waits until that is gone.
pub(crate) async fn restart() -> Result<()> {
    kubectl(&["delete", "pod", "mysql-0"]).await
}

/// Takes the database away for `time`, as soon as it is ready. Meanwhile another one is killed
/// again and again.
pub(crate) async fn take_down(stack: &Stack, time: Duration, rng: &mut Rng) -> Result<()> {
    wait_until_ready().await?;
    kubectl(&["scale", "statefulset/mysql", "--replicas=0"]).await?;
    stack.cluster.kill_pod(NAMESPACE, "mysql-0").await?;
    let (killed, ()) = tokio::join!(kill_another(&stack.cluster, rng), sleep(time));
    killed?;
    kubectl(&["scale", "statefulset/mysql", "--replicas=1"]).await
}

/// Starts another database, and kills it ten times at random moments of its installation. Then it
/// has to work.
async fn kill_another(cluster: &Cluster, rng: &mut Rng) -> Result<()> {
    let manifests = Manifests::moved(NAMESPACE, "e2e");
    cluster.create(&[passwords()]).await?;
    cluster.create(&manifests.objects::<ConfigMap>()?).await?;
    cluster.create(&manifests.objects::<StatefulSet>()?).await?;
    for _ in 0..10 {
        wait_until("the database is being installed", async || {
            starts(cluster).await
        })
        .await?;
        sleep(Duration::from_millis(rng.u64(..4000))).await;
        cluster.kill_pod("e2e", "mysql-0").await?;
    }
    wait_until("the database answers", async || Ok(answers().await.is_ok())).await?;
    let params = DeleteParams::default();
    cluster
        .objects::<StatefulSet>("e2e")
        .delete("mysql", &params)
        .await?;
    cluster
        .objects::<ConfigMap>("e2e")
        .delete("mysql-schema", &params)
        .await?;
    cluster
        .objects::<Secret>("e2e")
        .delete(TRILLIAN_MYSQL.name, &params)
        .await?;
    let claims = cluster.objects::<PersistentVolumeClaim>("e2e");
    claims
        .delete("data-mysql-0", &params)
        .await
        .context("deleting the volume")?;
    Ok(())
}

fn passwords() -> Secret {
    let password = |entry: &str, value: &str| (entry.to_owned(), ByteString(value.into()));
    Secret {
        metadata: ObjectMeta {
            namespace: Some("e2e".into()),
            name: Some(TRILLIAN_MYSQL.name.into()),
            ..ObjectMeta::default()
        },
        data: Some(
            [
                password("password", "one"),
                password("root-password", "two"),
            ]
            .into(),
        ),
        ..Secret::default()
    }
}

/// Whether the container that installs the other database runs or has run.
async fn starts(cluster: &Cluster) -> Result<bool> {
    let pod = cluster.objects::<Pod>("e2e").get_opt("mysql-0").await?;
    let status = pod.and_then(|pod| pod.status);
    let statuses = status.and_then(|status| status.init_container_statuses);
    let state = statuses.and_then(|mut statuses| statuses.pop()?.state);
    Ok(state.is_some_and(|state| state.running.is_some() || state.terminated.is_some()))
}

/// Whether the other database answers, and has every table of Trillian's.
async fn answers() -> Result<()> {
    let script = "kubectl exec mysql-0 --namespace=e2e --container=mysql -- mariadb \
        --host=127.0.0.1 --user=trillian --password=one trillian --execute='SELECT COUNT(*) FROM \
        Trees, TreeControl, Subtree, TreeHead, LeafData, SequencedLeafData, Unsequenced'";
    process::script(script).await?;
    Ok(())
}

async fn kubectl(args: &[&str]) -> Result<()> {
    let namespace = format!("--namespace={NAMESPACE}");
    process::run("kubectl", &[args, &[&namespace]].concat()).await?;
    Ok(())
}

const NAMESPACE: &str = TRILLIAN_MYSQL.namespace;

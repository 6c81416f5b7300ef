//! What gets lost of a stack whose logs are tiles, and what has to be there again afterwards.

use anyhow::{Context as _, Result, ensure};
use contract::{
    CHECKPOINT, CTLOG_TILES, CTLOG_TILES_LOG, Published, REKOR_TILES, REKOR_TILES_LOG, TUF_ROOT,
};
use e2e::{Cluster, client, process, unchanged};
use k8s_openapi::{
    api::{
        batch::v1::{CronJob, Job},
        core::v1::{ConfigMap, Secret},
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use kube::{ResourceExt as _, api::DeleteParams};
use tokio::task::JoinSet;

use crate::{lose::without_version, stack::Stack};

/// Loses the public halves of the logs' keys and their copies, which are made again as they were.
pub(crate) async fn public_halves(stack: &Stack) -> Result<()> {
    let cluster = &stack.cluster;
    record(cluster).await?;
    let before = cluster.contents(&stack.namespaces).await?;
    for pair in [REKOR_TILES, CTLOG_TILES] {
        for (namespace, name) in [
            (pair.public.namespace, pair.public.name),
            (TUF_ROOT.namespace, pair.copy),
        ] {
            let secrets = cluster.objects::<Secret>(namespace);
            secrets.delete(name, &DeleteParams::default()).await?;
        }
    }
    stack.retry().await?;
    cluster.wait_for_servers().await?;
    unchanged(&before, &cluster.contents(&stack.namespaces).await?)
}

/// Loses how far the logs are known to be. Their keys are refused until it is put back.
pub(crate) async fn recorded(stack: &Stack) -> Result<()> {
    let cluster = &stack.cluster;
    let mut lost = vec![];
    for log in LOGS {
        let maps = cluster.objects::<ConfigMap>(log.namespace);
        lost.push(without_version(maps.get(log.name).await?));
        maps.delete(log.name, &DeleteParams::default()).await?;
    }
    let retry = stack.retry().await;
    let failure = format!("{:#}", retry.err().context("no Job misses its log")?);
    let way_out = [
        "exit code 3",
        "has no checkpoint",
        "kubectl",
        "create configmap",
    ];
    process::says(&failure, &way_out)?;
    for log in LOGS {
        let maps = cluster.objects::<ConfigMap>(log.namespace);
        let again = maps.get_opt(log.name).await?;
        ensure!(again.is_none(), "{} was made again", log.name);
    }
    cluster.create(&lost).await?;
    stack.retry().await
}

/// Loses all that the Jobs made but the volumes, and puts it back.
pub(crate) async fn all_but_the_volumes(stack: &Stack) -> Result<()> {
    let cluster = &stack.cluster;
    record(cluster).await?;
    let before = cluster.contents(&stack.namespaces).await?;
    let secrets = cluster.list::<Secret>(&stack.namespaces).await?;
    for secret in &secrets {
        let namespace = secret.namespace().unwrap_or_default();
        let secrets = cluster.objects::<Secret>(&namespace);
        secrets
            .delete(&secret.name_any(), &DeleteParams::default())
            .await?;
    }
    let maps = cluster.list::<ConfigMap>(&stack.namespaces).await?;
    for map in &maps {
        let namespace = map.namespace().unwrap_or_default();
        let maps = cluster.objects::<ConfigMap>(&namespace);
        maps.delete(&map.name_any(), &DeleteParams::default())
            .await?;
    }
    let left = cluster.contents(&stack.namespaces).await?;
    ensure!(left.is_empty(), "{:?} weren't lost", left.keys());
    let secrets: Vec<_> = secrets.into_iter().map(without_version).collect();
    cluster.create(&secrets).await?;
    let maps: Vec<_> = maps.into_iter().map(without_version).collect();
    cluster.create(&maps).await?;
    stack.retry().await?;
    cluster.wait_for_servers().await?;
    unchanged(&before, &cluster.contents(&stack.namespaces).await?)
}

/// Records each log three times at once, while it grows. None of them goes back.
pub(crate) async fn record_at_once(stack: &Stack) -> Result<()> {
    let before = sizes(stack).await?;
    let mut recorders = JoinSet::new();
    for log in LOGS {
        for number in 0..3 {
            recorders.spawn(record_once(stack.cluster.clone(), log, number));
        }
    }
    let sign =
        client::both(async |cosign| cosign.sign_as_configured("meanwhile").await.map(|_| ()));
    let recorded = async {
        while let Some(ended) = recorders.join_next().await {
            ended??;
        }
        Ok(())
    };
    tokio::try_join!(sign, recorded)?;
    let after = sizes(stack).await?;
    let grown = before
        .iter()
        .zip(&after)
        .all(|(before, after)| before <= after);
    ensure!(
        grown,
        "recorded were {before:?}, and then {after:?} entries"
    );
    Ok(())
}

/// Records how far each log is.
pub(crate) async fn record(cluster: &Cluster) -> Result<()> {
    for log in LOGS {
        record_once(cluster.clone(), log, 0).await?;
    }
    Ok(())
}

/// Does what `record-log` does, in a Job that isn't the CronJob's, which removes its older ones.
async fn record_once(cluster: Cluster, log: Published, number: usize) -> Result<()> {
    let (namespace, name) = (log.namespace, format!("recorded-{number}"));
    let recorders = cluster.objects::<CronJob>(namespace);
    let recorder = recorders.get("record-log").await?;
    let template = recorder.spec.map(|spec| spec.job_template);
    let job = Job {
        metadata: ObjectMeta {
            name: Some(name.clone()),
            namespace: Some(namespace.into()),
            ..ObjectMeta::default()
        },
        spec: template.and_then(|template| template.spec),
        status: None,
    };
    cluster.create(&[job]).await?;
    process::script(&format!(
        "kubectl --namespace={namespace} wait --for=condition=Complete --timeout=2m job/{name}
        kubectl --namespace={namespace} delete job {name}"
    ))
    .await?;
    Ok(())
}

/// How many entries of each log are recorded.
async fn sizes(stack: &Stack) -> Result<Vec<u64>> {
    let mut sizes = vec![];
    for log in LOGS {
        let map = stack.cluster.config_map(log.namespace, log.name).await?;
        let checkpoint = map.get(CHECKPOINT).context("nothing is recorded")?;
        let checkpoint = String::from_utf8_lossy(checkpoint);
        let size = checkpoint
            .lines()
            .nth(1)
            .context("a checkpoint has a size")?;
        sizes.push(size.parse()?);
    }
    Ok(sizes)
}

const LOGS: [Published; 2] = [REKOR_TILES_LOG, CTLOG_TILES_LOG];

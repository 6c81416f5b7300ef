//! What gets lost of a stack whose logs are tiles, and what has to be there again afterwards.

use anyhow::{Context as _, Result, ensure};
use contract::{CTLOG_TILES, CTLOG_TILES_LOG, Published, REKOR_TILES, REKOR_TILES_LOG, TUF_ROOT};
use e2e::{Cluster, client, log, process, unchanged};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
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
            let cluster = stack.cluster.clone();
            let job = format!("recorded-{number}");
            recorders.spawn(async move { log::record(&cluster, log, &job).await });
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
        log::record(cluster, log, "recorded").await?;
    }
    Ok(())
}

/// How many entries of each log are recorded.
async fn sizes(stack: &Stack) -> Result<Vec<u64>> {
    let mut sizes = vec![];
    for log in LOGS {
        sizes.push(log::recorded_size(&stack.cluster, log).await?);
    }
    Ok(sizes)
}

const LOGS: [Published; 2] = [REKOR_TILES_LOG, CTLOG_TILES_LOG];

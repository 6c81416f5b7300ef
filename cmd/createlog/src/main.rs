//! Keeps a log with tiles the one that its clients know.
//!
//! Nothing in Rekor v2 or TesseraCT notices another volume: with the same key, an empty or an older
//! one starts a second history, which no client can tell from the first. So the log's newest
//! checkpoint is recorded in a ConfigMap, by this Job. And before its server starts, this program
//! asks, as an init container, whether the volume still has the tree that was recorded.
//!
//! A volume that was restored from a copy made after the last recording passes. What was logged
//! between that copy and the loss is gone, and nobody notices: let the CronJob run often.

mod flags;
mod known;
mod volume;

use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use checkpoint::Checkpoint;
use contract::CHECKPOINT;
use gate::{Entries, Gate, Source};
use refusal::{NotYet, Refusal};
use tilelog::{Answer, Server, Url};

use flags::Args;
use known::Known;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args: Args = job::parse();
    match &args.volume {
        Some(folder) => job::run(&args.job, || volume::check(&args, folder)).await,
        None => job::run(&args.job, || record(&args)).await,
    }
}

/// Records the log's newest checkpoint, if that goes on from the last one.
async fn record(args: &Args) -> Result<()> {
    let kube = gate::connect(args.job.labels(), args.job.annotations()).await?;
    let mut gate = Gate::config_map(&kube, &args.namespace, &args.configmap).await?;
    let secret = Source::secret(&kube, &args.namespace, &args.secret).await?;
    let known = Known::published(args, &gate, &secret)?;
    let tiles = Server::new(args.tiles_url.clone())?;

    let (mut note, mut newest) = newest(&known, &tiles).await?;
    if let Some(rekor) = args.first_entry.as_ref().filter(|_| newest.size == 0) {
        write_first_entry(&known, rekor).await?;
        (note, newest) = self::newest(&known, &tiles).await?;
        if newest.size == 0 {
            bail!("no checkpoint has the first entry yet");
        }
    }
    known.confirm(&tiles, &newest).await?;
    if newest.size > known.recorded.size {
        gate.publish(Entries::new().with(CHECKPOINT, note)).await?;
    }
    Ok(())
}

async fn newest(known: &Known, tiles: &Server) -> Result<(Vec<u8>, Checkpoint)> {
    let note = tiles.get(CHECKPOINT).await?;
    let url = tiles.at(CHECKPOINT);
    let note = note.ok_or_else(|| NotYet::new(url.to_string(), "the log's server"))?;
    let newest = known.open(&note)?;
    Ok((note, newest))
}

async fn write_first_entry(known: &Known, url: &Url) -> Result<()> {
    let rekor = Server::new(url.clone())?;
    let answer = tilelog::first_entry(&rekor, known.log.origin()).await;
    match answer.context("writing the first entry")? {
        Answer::Known => Ok(()),
        Answer::Written { checkpoint, .. } => match known.log.open(checkpoint.as_bytes()) {
            Ok(_) => Ok(()),
            Err(flaw) => Err(Refusal::new(
                format!("the checkpoint that {url} answers with"),
                flaw.to_string(),
                "correct --first-entry, or give that server the log's key and origin",
            )
            .into()),
        },
    }
}

//! Copies the public keys and certificates of the stack into one namespace.
//!
//! `createtuf` makes the TUF repository from the copies. Only public keys, certificates and the
//! names of logs are ever copied, whatever else a source holds. Running it again changes nothing.

mod copy;
mod public;
mod update;

use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Parser;
use refusal::{Refusal, Refusals, refusals_in, sentence};
use tracing::warn;

use crate::{copy::Copy, update::Update};

#[derive(Parser)]
#[command(version, about)]
struct Args {
    /// Namespace of the copies
    #[arg(long, env = "NAMESPACE", value_parser = job::name)]
    namespace: String,

    /// Secret to copy, as NAMESPACE/NAME or NAMESPACE/NAME=NAME-OF-THE-COPY; may be repeated. It is
    /// waited for until it has what createtuf reads, told by the name of the copy, else by its own:
    /// `cert` for fulcio-pub-key, `cert-chain` for tsa-cert-chain and tsa-pub-chain, `public` for
    /// rekor-pub-key, ctlog-public-key and ctlog-pub-key, `public` and `origin` for
    /// rekor-tiles-pub-key and ctlog-tiles-public-key; for other names, any of the first three
    #[arg(long, value_delimiter = ',', default_values_t = Copy::defaults())]
    copy: Vec<Copy>,

    /// Replace copies that differ from their sources; the log names each difference
    #[arg(long)]
    accept_changes: bool,

    #[command(flatten)]
    job: job::Options,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args: Args = job::parse();
    job::run(&args.job, || copy_secrets(&args)).await
}

/// Copies all sources that are there, and only then fails for those that aren't: somebody may wait
/// for nothing but the first copies. All refusals are collected, and nothing is written if there is
/// one.
async fn copy_secrets(args: &Args) -> Result<()> {
    let kube = gate::connect(args.job.labels(), args.job.annotations()).await?;
    let (mut updates, mut failures) = (Vec::new(), Vec::new());
    for copy in &args.copy {
        match Update::read(&kube, copy, &args.namespace).await {
            Ok(update) => updates.push(update),
            Err(failure) => failures.push(failure),
        }
    }
    let mut refusals: Vec<_> = updates.iter().flat_map(|update| &update.unfit).collect();
    let changes = updates.iter().flat_map(|update| &update.changes);
    match args.accept_changes {
        true if refusals.is_empty() => {
            changes.for_each(|change| warn!("accepted: {}", change.what()))
        }
        true => (),
        false => refusals.extend(changes),
    }
    refuse(refusals.into_iter().cloned())?;
    for update in updates {
        failures.extend(update.publish().await.err());
    }
    joined(&failures)
}

/// Several failures as one: only the refusals, if there are some, else all of them.
fn joined(failures: &[anyhow::Error]) -> Result<()> {
    let refusals = failures
        .iter()
        .flat_map(|failure| refusals_in(failure.as_ref()));
    refuse(refusals.cloned())?;
    let sentences: Vec<_> = failures
        .iter()
        .map(|failure| sentence(failure.as_ref()))
        .collect();
    ensure!(sentences.is_empty(), sentences.join("; "));
    Ok(())
}

/// Fails if there are refusals.
fn refuse(refusals: impl Iterator<Item = Refusal>) -> Result<(), Refusals> {
    let refusals: Vec<_> = refusals.collect();
    match refusals.is_empty() {
        true => Ok(()),
        false => Err(refusals.into()),
    }
}

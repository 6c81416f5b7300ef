//! Creates a Trillian log and publishes its tree ID in a ConfigMap.
//!
//! Rekor and the CT log take the ID from that ConfigMap, so neither can start before this job is
//! done. Running it again changes nothing.

mod flags;

use std::{fmt, process::ExitCode};

use anyhow::{Context as _, Result};
use gate::{Entries, Gate};
use job::Refused;
use trillian::{TreeId, Trillian};

use flags::Args;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args = Args::parsed();
    job::run(&args.job, || create_tree(&args)).await
}

async fn create_tree(args: &Args) -> Result<()> {
    let kube = gate::connect().await?;
    let mut gate = Gate::config_map(&kube, &args.namespace, &args.configmap).await?;
    let known = known(&gate, gate.bytes(TREE_ID), args.tree_id)?;
    let mut trillian = Trillian::connect(&args.admin_server, args.root()).await?;

    // Trillian can't be told to create a log only once, so the identity decides: a run that dies
    // or races here is followed by one that finds the same log.
    let id = match known {
        Some(id) => {
            let confirmed = trillian.confirm(id).await;
            confirmed.map_err(|error| not_confirmed(&gate, error))?;
            id
        }
        None => {
            let log = args.log(&gate.identity().await?);
            let found = trillian.find_or_create(&log).await;
            found.map_err(|error| not_found(&gate, error))?
        }
    };
    gate.publish(Entries::new().with(TREE_ID, id.to_string()))
        .await?;
    let log = args.log(&gate.identity().await?);
    let others = trillian.delete_others(&log, id).await;
    others.context("looking for trees that aren't in use")
}

/// The tree that is published or asked for; both must be the same. What other jobs left under the
/// key for it to be filled in, blanks or nothing, counts for nothing.
fn known(
    gate: &impl fmt::Display,
    published: Option<&[u8]>,
    asked: Option<TreeId>,
) -> Result<Option<TreeId>, Refused> {
    let text = String::from_utf8_lossy(published.unwrap_or_default());
    let text = text.trim();
    if text.is_empty() {
        return Ok(asked);
    }
    let published = text.parse().ok().filter(|id| *id > 0).ok_or_else(|| {
        Refused::new(format!(
            "{gate}: {TREE_ID} is {text:?}, not a tree's ID: correct it, or remove it to have a log created"
        ))
    })?;
    match asked {
        Some(asked) if asked != published => Err(Refused::new(format!(
            "{gate}: {TREE_ID} is {published}, and --tree_id asks for {asked}: the servers use the \
             published one; remove it from the ConfigMap to replace it"
        ))),
        _ => Ok(Some(published)),
    }
}

/// A published tree that can't be used needs a decision; everything else may pass.
fn not_confirmed(gate: &impl fmt::Display, error: trillian::Error) -> anyhow::Error {
    if !error.is_final() {
        return anyhow::Error::new(error).context("confirming the log in Trillian");
    }
    let refused = Refused::new(format!(
        "{error}, and {gate} or --tree_id names it: restore Trillian's database, or remove the ID \
         there to start a new log"
    ));
    refused.into()
}

/// So does one that was made for this gate, and so do several that are in use.
fn not_found(gate: &impl fmt::Display, error: trillian::Error) -> anyhow::Error {
    let refused = match error {
        trillian::Error::Several(_) => format!(
            "{error}, and were made for {gate}: publish the one that is wanted with --tree_id"
        ),
        _ if error.is_final() => format!(
            "{error}, and was made for {gate}: make it ACTIVE again, or delete it to start a new log"
        ),
        _ => return anyhow::Error::new(error).context("creating a log in Trillian"),
    };
    Refused::new(refused).into()
}

const TREE_ID: &str = "treeID";

#[cfg(test)]
mod tests {
    use super::*;

    fn known(published: &str, asked: Option<TreeId>) -> Result<Option<TreeId>, String> {
        super::known(&"ConfigMap a/b", Some(published.as_bytes()), asked)
            .map_err(|refused| refused.to_string())
    }

    #[test]
    fn the_published_tree_is_kept() {
        assert_eq!(known("42", None), Ok(Some(42)));
        assert_eq!(known("42\n", Some(42)), Ok(Some(42)));
    }

    #[test]
    fn nothing_published_leaves_the_choice() {
        assert_eq!(super::known(&"", None, None), Ok(None));
        assert_eq!(known("", Some(7)), Ok(Some(7)));
        assert_eq!(known(" \n", None), Ok(None));
    }

    #[test]
    fn another_tree_than_the_published_one_is_refused() {
        let refused = known("42", Some(7)).unwrap_err();
        assert!(refused.contains("ConfigMap a/b: treeID is 42"), "{refused}");
        assert!(refused.contains("--tree_id asks for 7"), "{refused}");
    }

    #[test]
    fn garbage_is_refused_and_not_replaced() {
        for garbage in ["x", "-5", "0", "1e5", "9223372036854775808", "\u{fffd}"] {
            let refused = known(garbage, None).unwrap_err();
            assert!(refused.contains("not a tree's ID"), "{refused}");
        }
        assert!(super::known(&"", Some(b"\xff"), None).is_err());
    }

    #[test]
    fn only_a_lost_tree_is_refused() {
        let is_refused = |error| not_confirmed(&"", error).is::<Refused>();
        assert!(is_refused(trillian::Error::Missing(42)));
        assert!(!is_refused(trillian::Error::Vanished(42)));
    }
}

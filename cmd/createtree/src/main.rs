//! Creates a Trillian log and publishes its tree ID in a ConfigMap.
//!
//! Rekor and the CT log take the ID from that ConfigMap, so neither can start before this job is
//! done. Rekor's name in its checkpoints comes with it. Running it again changes nothing.

mod flags;
mod host;

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use contract::{HOST, TREE_ID};
use gate::{Entries, Gate};
use job::OrRefuse as _;
use refusal::{Object, Refusal};
use trillian::{Error, State, TreeId, Trillian};

use flags::Args;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args = Args::parsed();
    job::run(&args.job, || create_tree(&args)).await
}

async fn create_tree(args: &Args) -> Result<()> {
    let kube = gate::connect(args.job.labels(), args.job.annotations()).await?;
    let mut gate = Gate::config_map(&kube, &args.namespace, &args.configmap).await?;
    let tree_id = gate.entry(TREE_ID);
    let known = known_id(&tree_id, gate.bytes(TREE_ID), args.tree_id)?;
    let host = host::read(&kube, &gate, args).await?;
    let mut trillian = Trillian::connect(&args.admin_server, args.roots()).await?;

    // Trillian can't be told to create a log only once. So a log has an identity, and a run that
    // comes after one that was killed here, or beside another, finds that one's log.
    let id = match known {
        Some(id) => {
            let confirmed = match args.tree_state {
                None => trillian.confirm(id).await,
                Some(state) => trillian.set_state(id, state).await,
            };
            confirmed.or_refuse("confirming the log in Trillian", |error| {
                unusable(&tree_id, error)
            })?;
            id
        }
        None => {
            check_new(&tree_id, args.tree_state)?;
            let log = args.log(&gate.identity().await?);
            let found = trillian.find_or_create(&log).await;
            found.or_refuse("creating a log in Trillian", |error| {
                unpublished(&tree_id, error)
            })?
        }
    };
    let mut entries = Entries::new().with(TREE_ID, id.to_string());
    if let Some(host) = host {
        entries.insert(HOST, host);
    }
    gate.publish(entries).await?;
    let log = args.log(&gate.identity().await?);
    let others = trillian.delete_others(&log, id).await;
    others.context("looking for trees that aren't in use")
}

/// The ID of the tree that is published or asked for; if both are there, they must be the same. An
/// entry that is empty or blank, as others leave it to be filled in, counts as missing.
fn known_id(
    tree_id: &Object,
    published: Option<&[u8]>,
    asked: Option<TreeId>,
) -> Result<Option<TreeId>, Refusal> {
    let text = String::from_utf8_lossy(published.unwrap_or_default());
    let text = text.trim();
    if text.is_empty() {
        return Ok(asked);
    }
    let published = text.parse().ok().filter(|id| *id > 0).ok_or_else(|| {
        Refusal::new(
            tree_id,
            format!("is {text:?}, not the ID of a tree"),
            "correct it, or remove it to have the tree found or created that is meant for it",
        )
    })?;
    match asked {
        Some(asked) if asked != published => Err(Refusal::new(
            tree_id,
            format!("is {published}, which the servers use, and --tree_id asks for {asked}"),
            "leave the flag out, or remove the entry to publish the other tree",
        )),
        _ => Ok(Some(published)),
    }
}

/// Checks that a tree that isn't there yet is to take entries.
fn check_new(tree_id: &Object, state: Option<State>) -> Result<(), Refusal> {
    let Some(state) = state.filter(|state| *state != State::Active) else {
        return Ok(());
    };
    Err(Refusal::new(
        tree_id,
        format!(
            "isn't there, and --tree_state={} is for a tree that is",
            state.name()
        ),
        "leave the flag out, or name a tree with --tree_id",
    ))
}

/// The refusal of a tree that is published or asked for and can't be used.
fn unusable(tree_id: &Object, error: &Error) -> Refusal {
    let way_out = match error {
        Error::Unusable { closed: true, .. } => {
            "leave this Job out if that is meant, or add --tree_state=ACTIVE, or remove the entry to start a new log"
        }
        _ => "restore Trillian's database from a backup, or remove the entry to start a new log",
    };
    Refusal::new(
        tree_id,
        format!("or --tree_id names a tree that can't be used ({error})"),
        way_out,
    )
}

/// The refusal of a tree that was created for this gate and can't be used.
fn unpublished(tree_id: &Object, error: &Error) -> Refusal {
    let way_out = match error {
        Error::Several(_) => "publish the one that is wanted with --tree_id",
        _ => {
            "publish that tree with --tree_id and --tree_state=ACTIVE, or delete it in Trillian to start a new log"
        }
    };
    Refusal::new(
        tree_id,
        format!("isn't there, and what was created for it can't be used ({error})"),
        way_out,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known_id(published: &str, asked: Option<TreeId>) -> Result<Option<TreeId>, String> {
        super::known_id(&"the ID".into(), Some(published.as_bytes()), asked)
            .map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn the_published_tree_is_kept() {
        assert_eq!(known_id("42", None), Ok(Some(42)));
        assert_eq!(known_id("42\n", Some(42)), Ok(Some(42)));
    }

    #[test]
    fn nothing_published_leaves_the_choice() {
        assert_eq!(super::known_id(&"the ID".into(), None, None), Ok(None));
        assert_eq!(known_id("", Some(7)), Ok(Some(7)));
        assert_eq!(known_id(" \n", None), Ok(None));
    }

    #[test]
    fn another_tree_than_the_published_one_is_refused() {
        let refused = known_id("42", Some(7)).unwrap_err();
        assert!(refused.contains("the ID is 42"), "{refused}");
        assert!(refused.contains("--tree_id asks for 7"), "{refused}");
    }

    #[test]
    fn garbage_is_refused_and_not_replaced() {
        for garbage in ["x", "-5", "0", "1e5", "9223372036854775808", "\u{fffd}"] {
            let refused = known_id(garbage, None).unwrap_err();
            assert!(refused.contains("not the ID of a tree"), "{refused}");
        }
        assert!(super::known_id(&"the ID".into(), Some(b"\xff"), None).is_err());
    }

    #[test]
    fn only_a_lost_tree_is_refused() {
        let is_refused = |error| {
            let result: Result<(), Error> = Err(error);
            let judged = result.or_refuse("", |error| unusable(&"the ID".into(), error));
            judged.unwrap_err().is::<Refusal>()
        };
        assert!(is_refused(Error::Missing(42)));
        assert!(!is_refused(Error::Vanished(42)));
    }
}

//! The log's tree.

use anyhow::Result;
use contract::{CTLOG_CONFIG, TREE_ID};
use gate::{ConfigMap, Gate};
use refusal::{NotYet, Refusal};

/// The ID of the tree that `createtree` published.
///
/// # Errors
///
/// [`NotYet`] when there is none, a [`Refusal`] when it is something else.
pub(crate) fn id(config_map: &Gate<ConfigMap>) -> Result<i64> {
    let tree_id = config_map.entry(TREE_ID);
    let text = config_map.bytes(TREE_ID).map(String::from_utf8_lossy);
    let text = text.as_deref().map(str::trim).unwrap_or_default();
    if text.is_empty() {
        return Err(NotYet::new(tree_id, CTLOG_CONFIG.maker).into());
    }
    let id = text.parse().ok().filter(|id| *id > 0);
    Ok(id.ok_or_else(|| {
        Refusal::new(
            tree_id,
            format!("is {text:?}, not the ID of a tree"),
            "correct it, or remove it and run createtree again",
        )
    })?)
}

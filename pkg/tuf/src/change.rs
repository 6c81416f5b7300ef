//! What becomes of the targets.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

/// Another list of targets.
#[derive(Debug, Default)]
pub struct Change {
    /// Names of targets that are there and aren't to be listed any more.
    pub gone: BTreeSet<String>,
    /// Target files by name, also in the place of others.
    pub new: BTreeMap<String, NewTarget>,
}

/// A target file that isn't in a repository yet.
#[derive(Debug, Default)]
pub struct NewTarget {
    /// What is in it.
    pub bytes: Vec<u8>,
    /// The field `custom` of its description: what clients tell by what the file is for.
    pub custom: HashMap<String, Value>,
}

//! What a log is to be, and how its tree is recognised.

use std::{str::FromStr, time::Duration};

use crate::{
    Error, TreeId,
    proto::{Tree, TreeState, TreeType},
};

/// Characters that Trillian's databases keep of a tree's display name.
pub const DISPLAY_NAME_LENGTH: usize = 20;

/// Characters that Trillian's databases keep of a tree's description.
pub const DESCRIPTION_LENGTH: usize = 200;

/// What a tree takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Entries.
    Active,
    /// No new entries; those that were taken are integrated.
    Draining,
    /// Nothing: it stays as it is, and is read.
    Frozen,
}

impl State {
    /// Its name in Trillian.
    pub fn name(self) -> &'static str {
        TreeState::from(self).as_str_name()
    }
}

impl FromStr for State {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let all = [Self::Active, Self::Draining, Self::Frozen];
        let named = all.into_iter().find(|state| state.name() == name);
        named.ok_or("it has to be ACTIVE, DRAINING or FROZEN")
    }
}

impl From<State> for TreeState {
    fn from(state: State) -> Self {
        match state {
            State::Active => Self::Active,
            State::Draining => Self::Draining,
            State::Frozen => Self::Frozen,
        }
    }
}

/// A log to be found or created.
#[derive(Debug, Clone)]
pub struct Log {
    /// Whoever asks for a log with this identity gets the same one.
    pub identity: String,
    /// The tree's display name, at most [`DISPLAY_NAME_LENGTH`] characters.
    pub display_name: String,
    /// Text for people, in the tree's description before the identity. [`Log::description`] is
    /// at most [`DESCRIPTION_LENGTH`] characters.
    pub text: String,
    /// The longest time between two signed roots.
    pub max_root_duration: Duration,
}

impl Log {
    /// The tree's description: the text, then the identity in brackets.
    pub fn description(&self) -> String {
        format!("{} [{}]", self.text, self.identity)
            .trim_start()
            .to_owned()
    }

    /// Those of `trees` that carry this log's identity, the usable ones first, then the smallest.
    /// Deleted ones don't count.
    pub(crate) fn trees_among(&self, mut trees: Vec<Tree>) -> Vec<Tree> {
        let mark = format!("[{}]", self.identity);
        trees.retain(|tree| !tree.deleted && tree.description.ends_with(&mark));
        trees.sort_by_key(|tree| (usable_id(tree).is_err(), tree.tree_id));
        trees
    }

    /// The tree as Trillian is asked to create it.
    pub(crate) fn tree(&self) -> Tree {
        Tree {
            tree_state: TreeState::Active.into(),
            tree_type: TreeType::Log.into(),
            display_name: self.display_name.clone(),
            description: self.description(),
            // Trillian refuses a tree without one. Zero is no limit, which stands for a time that
            // protobuf can't hold, too.
            max_root_duration: Some(self.max_root_duration.try_into().unwrap_or_default()),
            ..Tree::default()
        }
    }
}

/// The ID of a tree that takes entries as a log does; of any other, [`Error::Unusable`].
pub(crate) fn usable_id(tree: &Tree) -> Result<TreeId, Error> {
    let id = tree.tree_id;
    match (tree.deleted, tree.tree_state(), tree.tree_type()) {
        (false, TreeState::Active, TreeType::Log) => Ok(id),
        (deleted, state, kind) => {
            let deleted = if deleted { "deleted " } else { "" };
            let what = format!("{deleted}{} {}", state.as_str_name(), kind.as_str_name());
            let closed = (tree.deleted, kind) == (false, TreeType::Log);
            Err(Error::Unusable { id, what, closed })
        }
    }
}

#[cfg(test)]
mod tests {
    use refusal::Final as _;

    use super::*;

    fn log(text: &str) -> Log {
        Log {
            identity: "uid/rekor-config".into(),
            display_name: String::new(),
            text: text.into(),
            max_root_duration: Duration::from_secs(3600),
        }
    }

    fn tree(tree_id: TreeId, description: &str) -> Tree {
        Tree {
            tree_id,
            description: description.into(),
            ..log("").tree()
        }
    }

    #[test]
    fn the_identity_follows_the_text() {
        assert_eq!(log("").description(), "[uid/rekor-config]");
        assert_eq!(log("Rekor's").description(), "Rekor's [uid/rekor-config]");
    }

    #[test]
    fn a_tree_is_recognised_by_its_identity_whatever_its_text() {
        let trees = [
            tree(9, "[uid/rekor-config]"),
            tree(4, "old text [uid/rekor-config]"),
            tree(1, "[uid/ctlog-config]"),
            tree(2, "[uid/rekor-config] [uid/ctlog-config]"),
            tree(3, "[another-uid/rekor-config]"),
        ];
        let found = log("new text").trees_among(trees.into());
        assert_eq!(
            found.iter().map(|tree| tree.tree_id).collect::<Vec<_>>(),
            [4, 9]
        );
    }

    #[test]
    fn trees_that_take_no_entries_come_last_and_deleted_ones_not_at_all() {
        let mut trees: Vec<_> = (1..=4).map(|id| tree(id, "[uid/rekor-config]")).collect();
        trees[0].set_tree_state(TreeState::Frozen);
        trees[1].set_tree_type(TreeType::PreorderedLog);
        trees[2].deleted = true;
        assert_eq!(
            usable_id(&trees[2]).unwrap_err().to_string(),
            "tree 3 in Trillian is deleted ACTIVE LOG, not an ACTIVE LOG"
        );
        let found = log("").trees_among(trees);
        assert_eq!(usable_id(&found[0]).unwrap(), 4);
        for tree in &found[1..] {
            assert!(usable_id(tree).unwrap_err().is_final());
        }
        assert_eq!(found.len(), 3);
    }
}

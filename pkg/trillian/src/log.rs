//! What a log is to be, and how its tree is recognised.

use std::time::Duration;

use crate::{
    TreeId,
    client::proto::{Tree, TreeState, TreeType},
};

/// Characters that Trillian's databases keep of a tree's display name.
pub const DISPLAY_NAME_LENGTH: usize = 20;

/// Characters that Trillian's databases keep of a tree's description.
pub const DESCRIPTION_LENGTH: usize = 200;

/// A log to be found or created.
#[derive(Debug, Clone)]
pub struct Log {
    /// What makes this log the same log to everyone who asks for it.
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

    /// The usable trees among `trees` that carry this log's identity, smallest first.
    pub(crate) fn carriers(&self, trees: &[Tree]) -> Vec<TreeId> {
        let mark = format!("[{}]", self.identity);
        let mut carriers: Vec<TreeId> = trees
            .iter()
            .filter(|tree| is_usable(tree) && tree.description.ends_with(&mark))
            .map(|tree| tree.tree_id)
            .collect();
        carriers.sort_unstable();
        carriers
    }

    /// The tree as Trillian is asked to create it.
    pub(crate) fn tree(&self) -> Tree {
        Tree {
            tree_state: TreeState::Active.into(),
            tree_type: TreeType::Log.into(),
            display_name: self.display_name.clone(),
            description: self.description(),
            // Trillian refuses a tree without one. Zero is never, and so is what it can't count.
            max_root_duration: Some(self.max_root_duration.try_into().unwrap_or_default()),
            ..Tree::default()
        }
    }
}

/// Whether a tree takes entries as a log does.
pub(crate) fn is_usable(tree: &Tree) -> bool {
    !tree.deleted && tree.tree_state() == TreeState::Active && tree.tree_type() == TreeType::Log
}

/// A tree's state and type in Trillian's words.
pub(crate) fn describe(tree: &Tree) -> String {
    let deleted = if tree.deleted { "deleted " } else { "" };
    let (state, kind) = (
        tree.tree_state().as_str_name(),
        tree.tree_type().as_str_name(),
    );
    format!("{deleted}{state} {kind}")
}

#[cfg(test)]
mod tests {
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
        assert_eq!(log("new text").carriers(&trees), [4, 9]);
    }

    #[test]
    fn trees_that_take_no_entries_are_left_alone() {
        let mut trees = vec![tree(1, "[uid/rekor-config]"); 3];
        trees[0].set_tree_state(TreeState::Frozen);
        trees[1].set_tree_type(TreeType::PreorderedLog);
        trees[2].deleted = true;
        assert_eq!(log("").carriers(&trees), [0; 0]);
        assert_eq!(describe(&trees[0]), "FROZEN LOG");
        assert_eq!(describe(&trees[2]), "deleted ACTIVE LOG");
    }
}

//! The three objects that are written here, as they were read.

use contract::{REPOSITORY, ROOT_JSON};
use gate::Entries;
use refusal::{NotYet, Object};
use serde_json::Value;

/// All three.
pub(crate) struct Found {
    /// The Secret of the private keys.
    pub(crate) keys: Held,
    /// The Secret of the repository and its newest root.
    pub(crate) repository: Held,
    /// The ConfigMap for clients.
    pub(crate) clients: Held,
}

/// One of them: what messages call it, and what it holds.
pub(crate) struct Held {
    pub(crate) object: Object,
    pub(crate) entries: Entries,
}

impl Found {
    /// That there is no repository yet, if it is so.
    pub(crate) fn no_repository(&self) -> Option<NotYet> {
        let Held { object, entries } = &self.repository;
        match entries.get(REPOSITORY) {
            Some(_) => None,
            None => Some(NotYet::new(
                object.entry(REPOSITORY),
                "createtuf without --renew and --rotate",
            )),
        }
    }

    /// The version of the root that clients were told of. None too for one that can't be read: it
    /// is written anew.
    pub(crate) fn told_root(&self) -> Option<u64> {
        let root = self.clients.entries.get(ROOT_JSON)?;
        let root: Value = serde_json::from_slice(root).ok()?;
        root["signed"]["version"].as_u64()
    }
}

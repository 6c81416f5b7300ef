//! The four roles of a repository.

use serde::{Deserialize, Serialize};
use tough::schema::RoleType;

/// Something that each role has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roles<T> {
    /// Says whose keys count, its own included.
    pub root: T,
    /// Says which targets belong together.
    pub snapshot: T,
    /// Says what the target files are.
    pub targets: T,
    /// Says which snapshot is the newest.
    pub timestamp: T,
}

/// The version of each role; 0 is none.
pub type Versions = Roles<u64>;

impl<T> Roles<T> {
    /// What `each` says for each role.
    pub(crate) fn each(mut each: impl FnMut(RoleType) -> T) -> Self {
        Self {
            root: each(RoleType::Root),
            snapshot: each(RoleType::Snapshot),
            targets: each(RoleType::Targets),
            timestamp: each(RoleType::Timestamp),
        }
    }

    /// What `change` makes of each.
    pub fn map<U>(self, mut change: impl FnMut(T) -> U) -> Roles<U> {
        Roles {
            root: change(self.root),
            snapshot: change(self.snapshot),
            targets: change(self.targets),
            timestamp: change(self.timestamp),
        }
    }

    /// What `each` says for each role, if it can.
    pub(crate) fn try_each<E>(mut each: impl FnMut(RoleType) -> Result<T, E>) -> Result<Self, E> {
        Ok(Self {
            root: each(RoleType::Root)?,
            snapshot: each(RoleType::Snapshot)?,
            targets: each(RoleType::Targets)?,
            timestamp: each(RoleType::Timestamp)?,
        })
    }

    /// What belongs to `role`.
    pub(crate) fn for_role(&self, role: RoleType) -> &T {
        match role {
            RoleType::Root => &self.root,
            RoleType::Snapshot => &self.snapshot,
            RoleType::Targets | RoleType::DelegatedTargets => &self.targets,
            RoleType::Timestamp => &self.timestamp,
        }
    }
}

impl<T> From<Roles<T>> for Vec<T> {
    fn from(roles: Roles<T>) -> Self {
        vec![roles.root, roles.snapshot, roles.targets, roles.timestamp]
    }
}

impl Versions {
    /// The higher version of each role.
    pub fn max(self, other: Self) -> Self {
        Self {
            root: self.root.max(other.root),
            snapshot: self.snapshot.max(other.snapshot),
            targets: self.targets.max(other.targets),
            timestamp: self.timestamp.max(other.timestamp),
        }
    }
}

/// A role's name in metadata.
pub(crate) fn name(role: RoleType) -> &'static str {
    Roles {
        root: "root",
        snapshot: "snapshot",
        targets: "targets",
        timestamp: "timestamp",
    }
    .for_role(role)
}

pub(crate) const ROLES: [RoleType; 4] = [
    RoleType::Root,
    RoleType::Snapshot,
    RoleType::Targets,
    RoleType::Timestamp,
];

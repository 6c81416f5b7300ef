//! The one function that makes repositories: the first, a renewed and a changed one.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    Error, Inputs, Keys, Repository, Result, Roles, Versions,
    build::Build,
    roles::{ROLES, name},
};

/// What is there when a run begins.
#[derive(Debug)]
pub struct State {
    /// The private keys.
    pub keys: Keys,
    /// The highest versions that clients may have seen.
    pub published: Versions,
    /// The repository, if there is one.
    pub repository: Option<Repository>,
}

/// How a repository is made.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// How long each role is valid. It is signed again once half of that is over.
    pub lifetimes: Roles<Duration>,
    /// Whether inputs that differ from what is published are published in its place.
    pub accept_changes: bool,
    /// How long what is replaced stays valid for what its server signs before it is restarted.
    pub overlap: Duration,
    /// Which roles change to the key that is there for them and that no root has named yet.
    pub rotate: Roles<bool>,
}

impl State {
    /// The repository to publish in place of the one that is there, or `None` when there is
    /// nothing to do.
    ///
    /// Without `inputs` it only renews: each role past half its life is signed again, whatever
    /// the inputs are. With them, the first repository is made, or one whose trust changes.
    /// Versions only go up. Equal arguments give equal bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Differs`] when the inputs aren't what is published and the policy doesn't accept
    /// that; [`Error::KeyMissing`], [`Error::RepositoryMissing`] and [`Error::RootBehind`] when
    /// something has to be restored first; and what is wrong with keys and inputs.
    pub fn next(
        &self,
        inputs: Option<&Inputs>,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Option<Repository>> {
        self.check()?;
        let mut targets = None;
        if let Some(inputs) = inputs {
            let (asked, differences) =
                inputs.targets(self.repository.as_ref(), policy.overlap, now)?;
            if self.repository.is_some() && !differences.is_empty() && !policy.accept_changes {
                return Err(Error::Differs(differences));
            }
            targets = (!differences.is_empty()).then_some(asked);
        }
        if self.repository.is_none() && targets.is_none() {
            return Ok(None);
        }
        Build::on(self, policy, now)?.finish(targets)
    }

    /// What of `inputs` isn't published as it is, one sentence each.
    ///
    /// # Errors
    ///
    /// What is wrong with the inputs.
    pub fn differences(&self, inputs: &Inputs, now: Timestamp) -> Result<Vec<String>> {
        let (_, differences) = inputs.targets(self.repository.as_ref(), Duration::ZERO, now)?;
        Ok(differences)
    }

    /// Whether what is there can be continued.
    fn check(&self) -> Result<()> {
        let Some(repository) = &self.repository else {
            return match self.published {
                Versions { root: 0, .. } => Ok(()),
                Versions {
                    root, timestamp, ..
                } => Err(Error::RepositoryMissing { root, timestamp }),
            };
        };
        for role in ROLES {
            let version = *repository.versions().max(self.published).of(role);
            if version >= HIGHEST_VERSION {
                let problem = format!("has version {version}, which leaves no room for later ones");
                return Err(Error::repository(format!("{}.json", name(role)), problem));
            }
        }
        let (found, published) = (repository.versions().root, self.published.root);
        let keys = ROLES.map(|role| self.keys.of(role, &repository.root.signed));
        match keys.into_iter().find_map(Result::err) {
            // Their successors are there, and no others.
            Some(_) if published > found => Err(Error::RootBehind { found, published }),
            Some(missing) => Err(missing),
            // One version ahead is what a run leaves behind that ended just before it published.
            None if published > found + 1 => Err(Error::RootBehind { found, published }),
            None => Ok(()),
        }
    }
}

/// The highest number that JavaScript's clients can tell from its successor is 2^53 - 1. Nobody gets
/// near it, but for somebody who has stolen a key.
const HIGHEST_VERSION: u64 = 1 << 52;

//! The one function that makes repositories: the first, a renewed and a changed one.

use std::time::Duration;

use jiff::Timestamp;
use tuf::{Change, Keys, Repository, Roles, Signer, Versions};

use crate::{Error, Inputs, Result, proposal::Proposal};

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
    /// that; [`Error::Tuf`] when something has to be restored first, and for keys that can't be
    /// used; what is wrong with the inputs.
    pub fn next(
        &self,
        inputs: Option<&Inputs>,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Option<Repository>> {
        let signer = Signer::new(&self.keys, self.published, self.repository.as_ref())?;
        let change = match inputs {
            Some(inputs) => self.change(inputs, policy, now)?,
            None => None,
        };
        Ok(signer.next(change, &policy.lifetimes, &policy.rotate, now)?)
    }

    /// What of `inputs` isn't published as it is, one sentence each.
    ///
    /// # Errors
    ///
    /// What is wrong with the inputs.
    pub fn differences(&self, inputs: &Inputs, now: Timestamp) -> Result<Vec<String>> {
        let proposal = Proposal::new(inputs, self.repository.as_ref(), Duration::ZERO, now)?;
        Ok(proposal.differences)
    }

    /// How the targets are to change for `inputs`, if they are.
    fn change(&self, inputs: &Inputs, policy: &Policy, now: Timestamp) -> Result<Option<Change>> {
        let proposal = Proposal::new(inputs, self.repository.as_ref(), policy.overlap, now)?;
        if proposal.differences.is_empty() {
            return Ok(None);
        }
        match self.repository.is_none() || policy.accept_changes {
            true => Ok(Some(proposal.change)),
            false => Err(Error::Differs(proposal.differences)),
        }
    }
}

//! The one function that makes repositories: the first, a renewed and a changed one.

use std::{collections::BTreeSet, time::Duration};

use jiff::Timestamp;
use tuf::{Change, Keys, Repository, Roles, Signer, Versions};

use crate::{
    Error, Inputs, News, Result, proposal::Proposal, published::Published, signing_config::Moment,
    trusted_root::TrustedRoot,
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
    /// The SHA-256 of what was taken out of the repository before, as hexadecimal digits.
    pub withdrawn: BTreeSet<String>,
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
    /// What is taken out of what clients trust, so that what was signed under it verifies nowhere
    /// any more: logs by their IDs, chains by the SHA-256 of a certificate, as the first of their
    /// hexadecimal digits. Otherwise nothing that was ever trusted goes.
    pub withdraw: BTreeSet<String>,
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
    /// that; [`Error::Unreadable`] when clients can't read what is published, with
    /// [`Error::NotPublished`] and [`Error::StillAsked`] for what is to be taken out of that;
    /// [`Error::Tuf`] when something has to be restored first, and for keys that can't be used;
    /// what is wrong with the inputs.
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

    /// What is to be published for `inputs` otherwise than it is.
    ///
    /// # Errors
    ///
    /// What is wrong with the inputs, or with what is published or to be taken out of it.
    pub fn news(&self, inputs: &Inputs, policy: &Policy, now: Timestamp) -> Result<News> {
        Ok(self.proposal(inputs, policy, now)?.news)
    }

    /// How the targets are to change for `inputs`, if they are.
    fn change(&self, inputs: &Inputs, policy: &Policy, now: Timestamp) -> Result<Option<Change>> {
        let Proposal { change, news } = self.proposal(inputs, policy, now)?;
        let may_differ = self.repository.is_none() || policy.accept_changes;
        match news.differences.is_empty() {
            true if news.withdrawn.is_empty() => Ok(None),
            false if !may_differ => Err(Error::Differs(news.differences)),
            _ => Ok(Some(change)),
        }
    }

    fn proposal(&self, inputs: &Inputs, policy: &Policy, now: Timestamp) -> Result<Proposal> {
        let mut published = match &self.repository {
            Some(repository) => Published::read(repository)?,
            None => Published::nothing(),
        };
        let asked = TrustedRoot::from_inputs(inputs)?;
        let mut gone = published.trusted_root.rekor_hosts();
        let withdrawn = published.withdraw(&policy.withdraw, &self.withdrawn, &asked)?;
        let merged = asked.in_place_of(&published.whole()?, policy.overlap, now)?;
        let stay = merged.0.rekor_hosts();
        gone.retain(|host| !stay.contains(host));
        let moment = Moment {
            now,
            overlap: policy.overlap,
            gone,
        };
        Ok(Proposal::new(
            inputs,
            self.repository.as_ref(),
            merged,
            withdrawn,
            moment,
        ))
    }
}

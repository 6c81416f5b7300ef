//! What of a repository is signed next: the first one, what is due, and what changes.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::{
    Change, Error, Keys, Repository, Result, Roles, Versions,
    role_key::RoleKey,
    roles::{ROLES, name},
    signing::Signing,
};

/// Signs what comes after a repository, or the first one.
#[derive(Debug)]
pub struct Signer<'a> {
    keys: &'a Keys,
    published: Versions,
    repository: Option<&'a Repository>,
}

impl<'a> Signer<'a> {
    /// One that goes on after `repository`, where `published` are the highest versions that clients
    /// may have seen.
    ///
    /// # Errors
    ///
    /// [`Error::KeyMissing`], [`Error::RepositoryMissing`] and [`Error::RootBehind`] when something
    /// has to be restored first; [`Error::Repository`] when there is no room for a later version.
    pub fn new(
        keys: &'a Keys,
        published: Versions,
        repository: Option<&'a Repository>,
    ) -> Result<Self> {
        match (repository, published) {
            (Some(repository), _) => continuable(keys, published, repository)?,
            (None, Versions { root: 0, .. }) => (),
            (
                None,
                Versions {
                    root, timestamp, ..
                },
            ) => return Err(Error::RepositoryMissing { root, timestamp }),
        }
        Ok(Self {
            keys,
            published,
            repository,
        })
    }

    /// The next repository, or `None` when there is nothing to do.
    ///
    /// Each role that is past half its life is signed again; with a `change`, the targets are. A
    /// role of which `rotate` says so changes to the key that is there for it and that no root has
    /// named yet. Versions only go up. Equal arguments give equal bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Key`] when there are two keys that a role may have or change to, or none.
    pub fn next(
        &self,
        change: Option<Change>,
        lifetimes: &Roles<Duration>,
        rotate: &Roles<bool>,
        now: Timestamp,
    ) -> Result<Option<Repository>> {
        let new_keys = match self.repository {
            None if change.is_none() => return Ok(None),
            None => self.keys.one_for_each_role()?.into(),
            Some(repository) => self.successors(repository, rotate)?,
        };
        let due = self.due(lifetimes, &new_keys, change.is_some(), now);
        if !due.root && !due.timestamp {
            return Ok(None);
        }
        let signing = Signing {
            keys: self.keys,
            old: self.repository,
            due,
            new_keys,
            versions: self.next_versions(),
            expires: Roles::each(|role| after(now, *lifetimes.for_role(role))),
            files: self.repository.map(Repository::kept).unwrap_or_default(),
        };
        signing.sign_all(change).map(Some)
    }

    /// The keys that roles change to.
    fn successors(
        &self,
        repository: &'a Repository,
        rotate: &Roles<bool>,
    ) -> Result<Vec<&'a RoleKey>> {
        let rotated = ROLES.into_iter().filter(|role| *rotate.for_role(*role));
        let successors = rotated.map(|role| self.keys.successor(role, repository));
        successors.filter_map(Result::transpose).collect()
    }

    /// Which roles are to be signed: by their age and their keys, and because of those that they
    /// refer to.
    fn due(
        &self,
        lifetimes: &Roles<Duration>,
        new_keys: &[&RoleKey],
        targets_change: bool,
        now: Timestamp,
    ) -> Roles<bool> {
        let mut due = Roles::each(|role| {
            let Some(repository) = self.repository else {
                return true;
            };
            let expires = *repository.expires().for_role(role);
            // Clients may have seen a version that was recorded and isn't there: the next one has
            // to be higher.
            let is_lost = repository.versions().for_role(role) < self.published.for_role(role);
            let changes_key = new_keys.iter().any(|key| key.role == role);
            repository.is_go_tufs()
                || is_lost
                || changes_key
                || half_over(expires, *lifetimes.for_role(role), now)
        });
        due.root |= !new_keys.is_empty();
        due.targets |= targets_change;
        due.snapshot |= due.targets;
        due.timestamp |= due.snapshot;
        due
    }

    /// The version that each role gets if it is signed. Clients walk the roots one by one: of them
    /// no version may be left out.
    fn next_versions(&self) -> Versions {
        let found = self.repository.map(Repository::versions);
        let found = found.unwrap_or_default();
        let highest = found.max(self.published);
        Versions {
            root: found.root + 1,
            ..highest.map(|version| version + 1)
        }
    }
}

/// Whether what is there can be continued.
fn continuable(keys: &Keys, published: Versions, repository: &Repository) -> Result<()> {
    for role in ROLES {
        let version = *repository.versions().max(published).for_role(role);
        if version >= HIGHEST_VERSION {
            let problem = format!("has version {version}, which leaves no room for later ones");
            return Err(Error::repository(format!("{}.json", name(role)), problem));
        }
    }
    let (found, published) = (repository.versions().root, published.root);
    let root = &repository.metadata.root.signed;
    let demanded = ROLES.map(|role| keys.demanded_by(root, role));
    match demanded.into_iter().find_map(Result::err) {
        // A later root was published, and the keys of this one are gone: keys were changed, and
        // this is the repository from before.
        Some(_) if published > found => Err(Error::RootBehind { found, published }),
        Some(missing) => Err(missing),
        // A run that ends between recording a version and publishing it leaves the record one
        // ahead.
        None if published > found + 1 => Err(Error::RootBehind { found, published }),
        None => Ok(()),
    }
}

/// Whether no more than half of `life` is left.
fn half_over(expires: Timestamp, life: Duration, now: Timestamp) -> bool {
    let half = SignedDuration::try_from(life / 2).unwrap_or(SignedDuration::MAX);
    expires.duration_since(now) <= half
}

/// `now` and `life` more, in whole seconds: python-tuf refuses fractions.
fn after(now: Timestamp, life: Duration) -> Timestamp {
    let end = now.saturating_add(life).unwrap_or(Timestamp::MAX);
    Timestamp::from_second(end.as_second()).expect("a timestamp without its fraction is one")
}

/// JavaScript's clients can't tell numbers from 2^53 on from each other. Only somebody who has
/// stolen a key gets as far as half of that.
const HIGHEST_VERSION: u64 = 1 << 52;

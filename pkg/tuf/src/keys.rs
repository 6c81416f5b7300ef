//! The private keys that sign the repository's roles, by the names that they are kept under.

use std::{collections::BTreeMap, fmt};

use tough::schema::{RoleType, Root};

use crate::{
    Error, Repository, Result, Roles,
    metadata::key_ids,
    role_key::RoleKey,
    roles::{ROLES, name},
};

/// The private keys of a repository, by the names of their entries. They don't print.
///
/// Keys made here are `<role>-<keyid>.pem`, a `PRIVATE KEY` block with an Ed25519 key. Given ones,
/// Ed25519 or ECDSA P-256, may also be `<role>.pem` or `<role>-<anything>.pem`, and those that the
/// Go original exported from go-tuf are `<role>.json`.
#[derive(Default)]
pub struct Keys(BTreeMap<String, RoleKey>);

impl Keys {
    /// Reads the entries whose names end in `.pem` or `.json`; others aren't keys.
    ///
    /// # Errors
    ///
    /// [`Error::Key`] for an entry that is no such key, or whose name is that of another one.
    pub fn read<'a>(entries: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<Self> {
        entries
            .into_iter()
            .filter(|(entry, _)| entry.ends_with(".pem") || entry.ends_with(".json"))
            .map(|(entry, bytes)| Ok((entry.to_owned(), RoleKey::read(entry, bytes)?)))
            .collect::<Result<_>>()
            .map(Self)
    }

    /// Makes a key for each role that has none, and returns the new entries.
    pub fn complete(&mut self) -> BTreeMap<String, Vec<u8>> {
        let has_key = |role| self.0.values().any(|key| key.role == role);
        let missing = ROLES.into_iter().filter(|role| !has_key(*role));
        self.generate(missing.collect())
    }

    /// Makes a key for each of `roles` that has none to change to, and returns the new entries. A
    /// key to change to is one that no root in `repository` has named: somebody put it there, or a
    /// run that ended before it published it.
    pub fn complete_rotation(
        &mut self,
        roles: &Roles<bool>,
        repository: &Repository,
    ) -> BTreeMap<String, Vec<u8>> {
        let has_key = |role| self.unnamed(role, repository).next().is_some();
        let missing = ROLES.into_iter();
        let missing = missing.filter(|role| *roles.for_role(*role) && !has_key(*role));
        self.generate(missing.collect())
    }

    /// Makes a key for each of `roles`, and returns the new entries.
    fn generate(&mut self, roles: Vec<RoleType>) -> BTreeMap<String, Vec<u8>> {
        let mut entries = BTreeMap::new();
        for role in roles {
            let (key, pem) = RoleKey::generate(role);
            entries.insert(key.entry(), pem);
            self.0.insert(key.entry(), key);
        }
        entries
    }

    /// The entries that no root needs any more: `repository` named them, and its newest root
    /// doesn't.
    pub fn retired<'a>(&'a self, repository: &'a Repository) -> impl Iterator<Item = &'a str> {
        let retired = |key: &RoleKey| {
            let metadata = &repository.metadata;
            metadata.has_named(key.role, &key.id)
                && !key_ids(&metadata.root.signed, key.role).contains(&key.id)
        };
        let entries = self.0.iter().filter(move |(_, key)| retired(key));
        entries.map(|(entry, _)| entry.as_str())
    }

    /// The key of each role, for a repository that is to be made.
    ///
    /// # Errors
    ///
    /// [`Error::Key`] unless there is one key for each role: no root says which one counts.
    pub(crate) fn one_for_each_role(&self) -> Result<Roles<&RoleKey>> {
        Roles::try_each(|role| {
            at_most_one(role, self.0.iter().filter(|(_, key)| key.role == role))?
                .ok_or_else(|| Error::key(name(role), "has no key"))
        })
    }

    /// The key that `role` changes to, if there is one.
    ///
    /// # Errors
    ///
    /// [`Error::Key`] if there are several.
    pub(crate) fn successor<'a>(
        &'a self,
        role: RoleType,
        repository: &'a Repository,
    ) -> Result<Option<&'a RoleKey>> {
        at_most_one(role, self.unnamed(role, repository))
    }

    /// The keys that `root` demands for `role`.
    ///
    /// # Errors
    ///
    /// [`Error::KeyMissing`]
    pub(crate) fn demanded_by(&self, root: &Root, role: RoleType) -> Result<Vec<&RoleKey>> {
        key_ids(root, role)
            .iter()
            .map(|id| {
                let mut keys = self.0.values();
                keys.find(|key| key.role == role && key.id == *id)
                    .ok_or_else(|| Error::KeyMissing {
                        role: name(role).into(),
                        keyid: hex::encode(id),
                    })
            })
            .collect()
    }

    fn unnamed<'a>(
        &'a self,
        role: RoleType,
        repository: &'a Repository,
    ) -> impl Iterator<Item = (&'a String, &'a RoleKey)> {
        let unnamed =
            move |key: &RoleKey| key.role == role && !repository.metadata.has_named(role, &key.id);
        self.0.iter().filter(move |(_, key)| unnamed(key))
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

fn at_most_one<'a>(
    role: RoleType,
    mut keys: impl Iterator<Item = (&'a String, &'a RoleKey)>,
) -> Result<Option<&'a RoleKey>> {
    let first = keys.next();
    match keys.next() {
        None => Ok(first.map(|(_, key)| key)),
        Some((entry, _)) => Err(Error::key(
            entry,
            format!("is a second key of the role {}", name(role)),
        )),
    }
}

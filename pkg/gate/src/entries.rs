//! What a Secret or a ConfigMap holds.

use std::{collections::BTreeMap, mem};

/// Entries by their names, as in the `data` of a Secret or a ConfigMap.
///
/// They can't be printed, since values may be private keys. An entry with an empty value is kept
/// but counts as missing: somebody may make an object ahead of the Job that fills it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Entries(BTreeMap<String, Vec<u8>>);

impl Entries {
    /// No entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// These entries and one more.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        self.insert(name, value);
        self
    }

    /// Sets the entry `name`.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Vec<u8>>) {
        self.0.insert(name.into(), value.into());
    }

    /// The value of the entry `name`; an empty one counts as missing.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.0
            .get(name)
            .map(Vec::as_slice)
            .filter(|value| !value.is_empty())
    }

    /// Names and values, ordered by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_slice()))
    }

    /// Sets all entries of `others`.
    pub fn extend(&mut self, mut others: Self) {
        self.0.extend(mem::take(&mut others.0));
    }

    /// The names of the entries that differ from `before`, removed ones included.
    pub fn changed_since<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = &'a str> {
        let removed = before.0.keys().filter(|name| !self.0.contains_key(*name));
        let set = self
            .0
            .iter()
            .filter(|(name, value)| before.0.get(*name) != Some(value));
        set.map(|(name, _)| name).chain(removed).map(String::as_str)
    }
}

impl FromIterator<(String, Vec<u8>)> for Entries {
    fn from_iter<I: IntoIterator<Item = (String, Vec<u8>)>>(iter: I) -> Self {
        Self(iter.into_iter().collect())
    }
}

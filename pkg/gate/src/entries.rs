//! What a gate holds.

use std::{collections::BTreeMap, mem};

/// Keys and their values, as in the `data` of a Secret or a ConfigMap. Doesn't print, since values
/// may be private keys. A key with an empty value is kept, and counts as missing: objects may be
/// made ahead of the Job that fills them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Entries(BTreeMap<String, Vec<u8>>);

impl Entries {
    /// No entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// These entries and one more.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        self.insert(key, value);
        self
    }

    /// Sets the value of `key`.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<Vec<u8>>) {
        self.0.insert(key.into(), value.into());
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&[u8]> {
        self.0
            .get(key)
            .map(Vec::as_slice)
            .filter(|value| !value.is_empty())
    }

    /// Keys and values, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_slice()))
    }

    /// Sets all of `others`.
    pub fn extend(&mut self, mut others: Self) {
        self.0.extend(mem::take(&mut others.0));
    }

    /// The keys whose values differ from those in `before`, removed ones included.
    pub fn changed_since<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = &'a str> {
        let gone = before.0.keys().filter(|key| !self.0.contains_key(*key));
        let set = self
            .0
            .iter()
            .filter(|(key, value)| before.0.get(*key) != Some(value));
        set.map(|(key, _)| key).chain(gone).map(String::as_str)
    }
}

impl FromIterator<(String, Vec<u8>)> for Entries {
    fn from_iter<I: IntoIterator<Item = (String, Vec<u8>)>>(iter: I) -> Self {
        Self(iter.into_iter().collect())
    }
}

//! What a gate holds.

use std::{collections::BTreeMap, mem};

/// Keys and their values, as in the `data` of a Secret or a ConfigMap. Doesn't print, since values
/// may be private keys. Empty values aren't kept.
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

    /// Sets the value of `key`; an empty value removes it.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<Vec<u8>>) {
        let (key, value) = (key.into(), value.into());
        if value.is_empty() {
            self.0.remove(&key);
        } else {
            self.0.insert(key, value);
        }
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&[u8]> {
        self.0.get(key).map(Vec::as_slice)
    }

    /// Whether `key` has a value.
    pub fn contains(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// Removes and returns the value of `key`.
    pub fn remove(&mut self, key: &str) -> Option<Vec<u8>> {
        self.0.remove(key)
    }

    /// Keys and values, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_slice()))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets all of `others`.
    pub fn extend(&mut self, mut others: Self) {
        self.0.extend(mem::take(&mut others.0));
    }

    /// The keys whose values differ from those in `before`, removed ones included.
    pub fn changed_since<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = &'a str> {
        let gone = before.0.keys().filter(|key| !self.contains(key));
        let set = self.0.keys().filter(|key| self.get(key) != before.get(key));
        set.chain(gone).map(String::as_str)
    }
}

impl FromIterator<(String, Vec<u8>)> for Entries {
    fn from_iter<I: IntoIterator<Item = (String, Vec<u8>)>>(iter: I) -> Self {
        let mut entries = Self::new();
        for (key, value) in iter {
            entries.insert(key, value);
        }
        entries
    }
}

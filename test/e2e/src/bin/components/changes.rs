//! How a stack with components differs from the stack.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::rendered::Rendered;

/// The fields of an object that hold no others, by their paths.
type Fields = BTreeMap<String, String>;

/// What one or several components change.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    added: BTreeMap<String, Fields>,
    removed: BTreeSet<String>,
    /// Of an object and a path in it, the new value, if it still has one.
    fields: BTreeMap<(String, String), Option<String>>,
}

impl Changes {
    pub(crate) fn between(before: &Rendered, after: &Rendered) -> Result<Self> {
        let mut changes = Self::default();
        for (id, old) in &before.objects {
            let Some(new) = after.objects.get(id) else {
                changes.removed.insert(id.clone());
                continue;
            };
            let (old, new) = (fields(old), fields(new));
            let paths: BTreeSet<_> = old.keys().chain(new.keys()).collect();
            for path in paths {
                if old.get(path) != new.get(path) {
                    let key = (id.clone(), path.clone());
                    changes.fields.insert(key, new.get(path).cloned());
                }
            }
        }
        let new = after.objects.iter();
        let new = new.filter(|(id, _)| !before.objects.contains_key(*id));
        changes.added = new
            .map(|(id, object)| (id.clone(), fields(object)))
            .collect();
        Ok(changes)
    }

    /// Whether several components together change what each of them does alone, and nothing else.
    /// One may change what another one adds, in the fields that are its own, and may remove what
    /// another one changes.
    pub(crate) fn are_those_of(&self, each: &[&Self]) -> Result<()> {
        let removed: BTreeSet<_> = each.iter().flat_map(|one| &one.removed).collect();
        ensure!(
            self.removed.iter().eq(removed.iter().copied()),
            "these are gone: {:?}",
            self.removed
        );
        let alone: BTreeSet<_> = each.iter().flat_map(|one| &one.fields).collect();
        let together: BTreeSet<_> = self.fields.iter().collect();
        let others: Vec<_> = together.difference(&alone).collect();
        ensure!(others.is_empty(), "nobody alone changes {others:?}");
        let lost = alone.difference(&together);
        let lost: Vec<_> = lost
            .filter(|((id, path), _)| !removed.contains(id) && !overruled(id, path, each))
            .collect();
        ensure!(lost.is_empty(), "these changes are lost: {lost:?}");
        self.added_by(each)
    }

    fn added_by(&self, each: &[&Self]) -> Result<()> {
        let added: BTreeMap<_, _> = each.iter().flat_map(|one| &one.added).collect();
        ensure!(
            self.added.keys().eq(added.keys().copied()),
            "these are new: {:?}",
            self.added.keys()
        );
        let own: BTreeSet<_> = each.iter().flat_map(|one| one.patterns()).collect();
        for (id, together) in &self.added {
            let alone = added[id];
            for path in together.keys().chain(alone.keys()) {
                let pattern = pattern(id, path);
                let same = together.get(path) == alone.get(path);
                ensure!(same || own.contains(&pattern), "who changes {id} {path}?");
            }
        }
        Ok(())
    }

    /// The fields in kinds of objects that it changes.
    fn patterns(&self) -> BTreeSet<String> {
        let fields = self.fields.keys();
        fields.map(|(id, path)| pattern(id, path)).collect()
    }

    /// What the component of this name changes, a line for each.
    pub(crate) fn lines(&self, name: &str) -> BTreeSet<String> {
        let changed = self.patterns().into_iter();
        let changed = changed.map(|pattern| format!("{name}: changes {pattern}"));
        let added = self.added.keys().map(|id| format!("{name}: adds {id}"));
        let removed = self.removed.iter();
        let removed = removed.map(|id| format!("{name}: removes {id}"));
        changed.chain(added).chain(removed).collect()
    }
}

/// Whether another component removes what stands beside the field.
fn overruled(id: &str, path: &str, each: &[&Changes]) -> bool {
    let beside = path.rsplit_once('.').map_or(path, |(parent, _)| parent);
    let mut fields = each.iter().flat_map(|one| &one.fields);
    fields.any(|((other, path), value)| other == id && value.is_none() && path.starts_with(beside))
}

/// The kind, and the path with no names or values in it.
fn pattern(id: &str, path: &str) -> String {
    let kind = id.split(' ').next().unwrap_or_default();
    let mut parts = path.split('[');
    let mut pattern = format!("{kind} {}", parts.next().unwrap_or_default());
    for part in parts {
        pattern += "[]";
        pattern += part.rsplit_once(']').map_or("", |(_, rest)| rest);
    }
    pattern
}

fn fields(object: &Value) -> Fields {
    let mut fields = Fields::new();
    collect(object, String::new(), &mut fields);
    fields
}

/// An element of a list goes by its name; a text is one of a set; others have their places.
fn collect(value: &Value, path: String, fields: &mut Fields) {
    match value {
        Value::Object(map) => {
            for (field, value) in map {
                let dot = if path.is_empty() { "" } else { "." };
                collect(value, format!("{path}{dot}{field}"), fields);
            }
        }
        Value::Array(list) => {
            for (at, value) in list.iter().enumerate() {
                let place = match (&value["name"], value) {
                    (Value::String(name), _) => name.clone(),
                    (_, Value::String(text)) => text.replace(['[', ']'], "|"),
                    _ => at.to_string(),
                };
                collect(value, format!("{path}[{place}]"), fields);
            }
        }
        other => {
            fields.insert(path, other.to_string());
        }
    }
}

//! Gates open whole: whatever a Job writes of an object that others wait for has all they need.

use std::collections::BTreeSet;

use contract::{ALL, HOST, KEY_PAIRS, TUF_ROOT};

/// An object as it was written.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub(crate) kind: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// The names of its entries, but for empty ones.
    pub(crate) entries: BTreeSet<String>,
}

impl Written {
    /// What its readers need of it; nothing if nobody waits for it.
    fn needed(&self) -> Vec<&'static str> {
        let mut gates = ALL.iter().filter(|gate| !gate.readers.is_empty());
        let gate = gates.find(|gate| {
            gate.kind == self.kind
                && gate.namespace == self.namespace
                && (gate.name == self.name || gate.other_names.contains(&&*self.name))
        });
        if let Some(gate) = gate {
            // Where a Job isn't told of an address, as in the charts, Rekor has its host in a flag.
            let entries = gate.entries.iter().copied();
            return entries.filter(|entry| *entry != HOST).collect();
        }
        let is_copy = |name| self.namespace == TUF_ROOT.namespace && self.name == name;
        let copied = KEY_PAIRS.iter().find(|pair| is_copy(pair.copy));
        copied.map_or(vec![], |pair| pair.needed().to_vec())
    }
}

/// Checks that none of them was written without what its readers need, and says how many there are
/// that somebody waits for.
///
/// # Panics
///
/// When one was: a pod that mounts it would have started in vain.
pub(crate) fn assert_whole(written: &[Written]) -> usize {
    let mut gates = 0;
    for object in written {
        let needed = object.needed();
        gates += usize::from(!needed.is_empty());
        let lacks = needed
            .iter()
            .find(|entry| !object.entries.contains(**entry));
        assert_eq!(lacks, None, "half a gate: {object:?}");
    }
    gates
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(namespace: &str, name: &str, entries: &[&str]) -> Written {
        Written {
            kind: "Secret".into(),
            namespace: namespace.into(),
            name: name.into(),
            entries: entries.iter().map(|entry| (*entry).into()).collect(),
        }
    }

    #[test]
    fn what_nobody_waits_for_may_hold_anything() {
        let own = written("ctlog-system", "own", &["private"]);
        let keys = written("tuf-system", "tuf-keys", &[]);
        assert_eq!(assert_whole(&[own, keys]), 0);
    }

    #[test]
    fn a_whole_gate_is_counted() {
        let redis = written("rekor-system", "redis-auth", &["password", "more"]);
        let copy = written("tuf-system", "tsa-cert-chain", &["cert-chain"]);
        assert_eq!(assert_whole(&[redis, copy]), 2);
    }

    #[test]
    #[should_panic(expected = "half a gate")]
    fn a_key_without_its_configuration_is_found() {
        let entries = ["private", "password", "public"];
        assert_whole(&[written("ctlog-system", "ctlog-secrets", &entries)]);
    }

    #[test]
    #[should_panic(expected = "half a gate")]
    fn a_copy_without_what_it_is_for_is_found() {
        assert_whole(&[written("tuf-system", "fulcio-pub-key", &["public"])]);
    }
}

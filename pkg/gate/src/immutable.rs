//! Objects that can't be changed, only made anew.

use refusal::Refusal;

use crate::{Entries, Error, Gate, HasEntries, Result};

impl<K: HasEntries> Gate<K> {
    /// Refuses to write other entries into an object that is immutable. (The API server would, too,
    /// but in words that name no entry and no way out.)
    pub(crate) fn check_mutable(&self, entries: &Entries) -> Result<()> {
        let is_immutable = self.found().is_some_and(K::is_immutable);
        if !is_immutable || entries == self.entries() {
            return Ok(());
        }
        let names: Vec<_> = entries.changed_since(self.entries()).collect();
        let shown = names.iter().take(MOST_NAMES);
        let mut shown: Vec<_> = shown.map(|entry| format!("{entry:?}")).collect();
        if names.len() > MOST_NAMES {
            shown.push("…".into());
        }
        let (kind, namespace, name) = (K::KIND.to_lowercase(), self.namespace(), self.name());
        let way_out = format!(
            "make it anew with that, or mutable: kubectl -n {namespace} get {kind} {name} -o yaml | \
             sed /^immutable:/d | kubectl replace --force -f -"
        );
        Err(Error::Refused(Refusal::new(
            self.object(),
            format!("is immutable and lacks {}", shown.join(", ")),
            way_out,
        )))
    }
}

const MOST_NAMES: usize = 3;

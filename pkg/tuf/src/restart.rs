//! Which servers have to be restarted when what clients trust has changed.

use crate::{Repository, Result, merge::Entry};

impl Repository {
    /// The servers to restart once this repository is published in place of `before`, in this
    /// order: the CT log takes certificates of the new Fulcio before there are any, and clients
    /// trust new keys before anything is signed with them. None when keys and chains are the same.
    ///
    /// # Errors
    ///
    /// [`Error::Repository`](crate::Error::Repository) for a `trusted_root.json` that isn't as
    /// written here.
    pub fn restarts(&self, before: &Self) -> Result<Vec<&'static str>> {
        let (before, after) = (before.trusted_root()?, self.trusted_root()?);
        let fulcio = differ(
            &before.certificate_authorities,
            &after.certificate_authorities,
        );
        let ctlog = differ(&before.ctlogs, &after.ctlogs);
        let rekor = differ(&before.tlogs, &after.tlogs);
        let tsa = differ(&before.timestamp_authorities, &after.timestamp_authorities);
        let servers = [
            (fulcio || ctlog, "the CT log"),
            (fulcio || ctlog || rekor || tsa, "the TUF server"),
            (fulcio, "Fulcio"),
            (rekor, "Rekor"),
            (tsa, "the timestamp authority"),
        ];
        let servers = servers.into_iter().filter(|(restart, _)| *restart);
        Ok(servers.map(|(_, server)| server).collect())
    }
}

/// Whether other keys or chains are in use.
fn differ<E: Entry>(before: &[E], after: &[E]) -> bool {
    let within = |one: &[E], other: &[E]| {
        let mut current = one.iter().filter(|entry| entry.is_current());
        current.all(|entry| {
            let mut same = other.iter().filter(|other| other.is(entry));
            same.any(Entry::is_current)
        })
    };
    !within(before, after) || !within(after, before)
}

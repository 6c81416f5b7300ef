//! Which servers have to be restarted when what clients trust has changed.

use tuf::Repository;

use crate::{
    Result,
    merge::Trusted,
    published::Published,
    trusted_root::{Log, TrustedRoot},
};

/// The servers to restart once `after` is published in place of `before`, in this order: the CT log
/// takes certificates of the new Fulcio before there are any, and clients trust new keys before
/// anything is signed with them. None when keys and chains are the same.
///
/// # Errors
///
/// [`Error::TrustedRoot`](crate::Error::TrustedRoot) and
/// [`Error::NoTrustedRoot`](crate::Error::NoTrustedRoot)
pub fn restarts(before: &Repository, after: &Repository) -> Result<Vec<&'static str>> {
    let before = Published::read(before)?.trusted_root;
    let after = Published::read(after)?.trusted_root;
    let fulcio = differ(
        &before.certificate_authorities,
        &after.certificate_authorities,
    );
    let ctlog = differ(&before.ctlogs, &after.ctlogs);
    let [rekor, rekor_tiles] = [true, false].map(|has_end| {
        let logs = [&before, &after].map(|trust| logs(trust, has_end));
        differ(&logs[0], &logs[1])
    });
    let tsa = differ(&before.timestamp_authorities, &after.timestamp_authorities);
    let servers = [
        (fulcio || ctlog, "the CT log"),
        (
            fulcio || ctlog || rekor || rekor_tiles || tsa,
            "the TUF server",
        ),
        (fulcio, "Fulcio"),
        (rekor, "Rekor"),
        (rekor_tiles, "Rekor v2"),
        (tsa, "the timestamp authority"),
    ];
    let servers = servers.into_iter().filter(|(restart, _)| *restart);
    Ok(servers.map(|(_, server)| server).collect())
}

/// Rekor's logs: v1, which have an end, or v2.
fn logs(trust: &TrustedRoot, has_end: bool) -> Vec<Log> {
    let logs = trust.tlogs.iter();
    let logs = logs.filter(|log| log.has_end() == has_end);
    logs.cloned().collect()
}

/// Whether other keys or chains are in use.
fn differ<T: Trusted>(before: &[T], after: &[T]) -> bool {
    let within = |these: &[T], those: &[T]| {
        let mut current = these.iter().filter(|this| this.is_current());
        current.all(|this| {
            let mut same = those.iter().filter(|that| that.is_same(this));
            same.any(Trusted::is_current)
        })
    };
    !within(before, after) || !within(after, before)
}

//! What has to be so before anything is signed and written.

use contract::{PUBLISHED_AT, PUBLISHED_TRUST, REPOSITORY, ROOT, ROOT_JSON};
use gate::{Entries, MOST_BYTES};
use jiff::{SignedDuration, Timestamp};
use refusal::Refusal;
use tuf::Repository;

use crate::{
    found::{Found, Held},
    record::Record,
};

/// Refuses to sign with a clock that is behind the last signature: what is signed would expire
/// too early, and what is due wouldn't be noticed. The clocks of two nodes may differ a little.
pub(crate) fn clock(found: &Found, record: &Record, now: Timestamp) -> Result<(), Refusal> {
    let behind = record.signed_at.map(|signed| signed.duration_since(now));
    match behind {
        Some(behind) if behind > CLOCK_DIFFERENCE => Err(Refusal::new(
            "the clock",
            format!(
                "is at {now}, {} h before {} was signed last",
                behind.as_hours() + 1,
                found.repository.object
            ),
            format!(
                "set the clock, or, if it was wrong then, remove {PUBLISHED_AT:?} from {}",
                found.keys.object
            ),
        )),
        _ => Ok(()),
    }
}

/// Refuses to sign what this Secret of keys never signed last. Whoever can write the
/// repository's Secret, but has no key, could otherwise put an older repository there, and have
/// its withdrawn trust signed anew; and a lost repository could be followed by another one.
pub(crate) fn origin(
    found: &Found,
    record: &Record,
    repository: Option<&Repository>,
) -> Result<(), Refusal> {
    match repository {
        Some(repository) => is_the_last(found, record, repository),
        None => is_the_first(found, record),
    }
}

fn is_the_last(found: &Found, record: &Record, repository: &Repository) -> Result<(), Refusal> {
    let Found { keys, clients, .. } = found;
    let object = &found.repository.object;
    if !record.trust.is_empty() && !record.trust.contains(&repository.trust_digest()) {
        return Err(Refusal::new(
            object,
            "isn't the repository that was published last",
            format!(
                "restore the newest one from a backup, or, if this is the one to go on with, \
                 remove {PUBLISHED_TRUST:?} from {}",
                keys.object
            ),
        ));
    }
    // Two Secrets from one backup agree with each other. Clients may know a later root.
    let root = repository.versions().root;
    if found.told_root() > Some(root) {
        return Err(Refusal::new(
            object,
            format!(
                "has root {root}, and {} told clients of a later one",
                clients.object
            ),
            format!(
                "restore the newest one and {} from a backup, or, if these are the ones to go on \
                 with, delete that ConfigMap",
                keys.object
            ),
        ));
    }
    Ok(())
}

fn is_the_first(found: &Found, record: &Record) -> Result<(), Refusal> {
    let Found {
        keys,
        repository,
        clients,
    } = found;
    let was_given = !record.trust.is_empty()
        || repository.entries.get(ROOT).is_some()
        || clients.entries.get(ROOT_JSON).is_some();
    match was_given {
        false => Ok(()),
        true => Err(Refusal::new(
            &repository.object,
            format!("has no {REPOSITORY:?}, but clients were given a root of trust before"),
            format!(
                "restore it and {} from a backup, or delete both and {} to start a new trust, \
                 which every client then has to be given",
                keys.object, clients.object
            ),
        )),
    }
}

/// Refuses what Kubernetes would: more than `new` and what else is there may take.
pub(crate) fn sizes(found: &Found, repository: &Entries, clients: &Entries) -> Result<(), Refusal> {
    let Held { object, entries } = &found.repository;
    let others = entries.iter();
    let others = others.filter(|(entry, _)| ![ROOT, REPOSITORY].contains(entry));
    let others: usize = others.map(|(_, value)| value.len()).sum();
    let takes = |size| format!("would take {size} bytes of {MOST_BYTES}");
    match (others + size(repository), size(clients)) {
        (size, _) if others > 0 && size > MOST_BYTES => Err(Refusal::new(
            object,
            format!(
                "{}, {others} of them in entries that aren't createtuf's",
                takes(size)
            ),
            "remove those",
        )),
        (_, size) if size > MOST_BYTES => Err(Refusal::new(
            &found.clients.object,
            takes(size),
            "leave out inputs that aren't needed",
        )),
        _ => Ok(()),
    }
}

fn size(entries: &Entries) -> usize {
    entries.iter().map(|(_, value)| value.len()).sum()
}

/// Far more than clocks differ that are kept right.
const CLOCK_DIFFERENCE: SignedDuration = SignedDuration::from_mins(5);

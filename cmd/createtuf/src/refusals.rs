//! What is wrong with keys, repository and inputs, with what that means here, and the way out.

use contract::REPOSITORY;
use refusal::{Refusal, Refusals};
use trust::{Error, Unreadable};

use crate::found::Found;

impl Found {
    /// What `error` leaves to be decided.
    pub(crate) fn refusals(&self, error: Error) -> Refusals {
        let refusal = match error {
            Error::Differs(differences) => {
                let refusals = differences
                    .iter()
                    .map(|difference| self.differs(difference));
                return refusals.collect::<Vec<_>>().into();
            }
            Error::Unreadable(entries) => {
                let refusals = entries.iter().map(|entry| self.unreadable(entry));
                return refusals.collect::<Vec<_>>().into();
            }
            Error::NotPublished { id, published } => not_published(&id, &published),
            Error::StillAsked(digest) => Refusal::new(
                format!("--withdraw={}", beginning(&digest)),
                "names what is among the inputs too, which would bring it back",
                "put its successor among the inputs in its place, or leave it out there",
            ),
            Error::Tuf(error) => self.refusal(error),
            Error::NoTrustedRoot => Refusal::new(
                self.repository.object.entry(REPOSITORY),
                "has no trusted_root.json",
                "let the Go original publish it first, with --trusted-root",
            ),
            Error::TrustedRoot(cause) => Refusal::new(
                self.repository.object.entry(REPOSITORY),
                format!("holds an unreadable trusted_root.json ({cause})"),
                RESTORE,
            ),
            Error::Input { input, problem } => {
                Refusal::new(input, problem, "put the right one among the inputs")
            }
            Error::Expired { subject, at } => Refusal::new(
                format!("the certificate {subject}"),
                format!("expired at {at}"),
                "put one that is valid among the inputs",
            ),
            other => self.unfit_log(other),
        };
        refusal.into()
    }

    /// What an `error` of logs that don't fit leaves to be decided.
    fn unfit_log(&self, error: Error) -> Refusal {
        match error {
            Error::OtherLog { log, url } => Refusal::new(
                log,
                format!("is published as that of another log, at {url}"),
                "go on with that log, or make another key: a key goes with one log and its origin",
            ),
            Error::TwoLogs {
                common,
                first,
                second,
            } => Refusal::new(
                format!("the log at {second}"),
                format!("has the {common} of the one at {first}"),
                "leave one of them out, or make another key with another origin for it",
            ),
            Error::NoTimestamps => Refusal::new(
                "Rekor v2",
                "doesn't say when something was signed, and no timestamp authority is among the \
                 inputs, so nothing that is signed with Fulcio would verify",
                "add one (createcertchain makes its chain, --tsa-secret names it)",
            ),
            other => Refusal::new(
                &self.repository.object,
                format!("can't be gone on with ({other})"),
                RESTORE,
            ),
        }
    }

    /// What `error` of the repository or its keys leaves to be decided.
    pub(crate) fn refusal(&self, error: tuf::Error) -> Refusal {
        use tuf::Error;
        let (keys, repository) = (&self.keys.object, &self.repository.object);
        match error {
            Error::Key { entry, problem } => Refusal::new(
                keys.entry(&entry),
                problem,
                "put the right key there, or remove it",
            ),
            Error::KeyMissing { role, keyid } => self.key_missing(&role, &keyid),
            Error::RepositoryMissing { root, timestamp } => Refusal::new(
                repository,
                format!(
                    "has no {REPOSITORY:?}, and one was published with the keys of {keys} (root \
                     {root}, timestamp {timestamp})"
                ),
                format!(
                    "restore it from a backup, or delete both and {} to start a new trust, which \
                     every client then has to be given",
                    self.clients.object
                ),
            ),
            Error::RootBehind { found, published } => Refusal::new(
                repository,
                format!("has root {found}, and root {published} was published before"),
                "restore the newest one from a backup",
            ),
            Error::Repository { path, problem } => Refusal::new(
                repository.entry(REPOSITORY),
                format!("can't be used ({path} {problem})"),
                RESTORE,
            ),
            Error::TargetName { name, problem } => Refusal::new(
                repository.entry(REPOSITORY),
                format!(
                    "lists the target {:?}, which {problem}",
                    shortened(&name, LONGEST_NAME)
                ),
                "publish that under another name, with what published it",
            ),
            Error::TooLarge {
                targets,
                fit,
                size,
                limit,
            } => Refusal::new(
                repository,
                format!("would take {size} bytes of {limit}, with {targets} targets"),
                format!("leave out inputs that aren't needed: about {fit} such targets fit"),
            ),
            other => Refusal::new(
                repository,
                format!("can't be gone on with ({other})"),
                RESTORE,
            ),
        }
    }

    fn differs(&self, difference: &str) -> Refusal {
        Refusal::new(
            &self.repository.object,
            format!("differs from the inputs ({difference})"),
            "if that was you, add --accept-changes",
        )
    }

    fn unreadable(&self, entry: &Unreadable) -> Refusal {
        let Unreadable { owner, id, problem } = entry;
        let (id, problem) = (beginning(id), shortened(problem, LONGEST_PROBLEM));
        Refusal::new(
            self.repository.object.entry(REPOSITORY),
            format!("has an entry of {owner}'s that can't be read ({id}: {problem})"),
            format!("take it out with --withdraw={id}, once its successor is among the inputs"),
        )
    }

    fn key_missing(&self, role: &str, keyid: &str) -> Refusal {
        let entries = self.keys.entries.iter();
        let mut others = entries.filter(|(entry, _)| entry.starts_with(role));
        let other = match others.next() {
            Some((other, _)) => format!(" ({other:?} is another)"),
            None => String::new(),
        };
        Refusal::new(
            &self.keys.object,
            format!("lacks the key {keyid} of the role {role}{other}, so nothing can be signed"),
            RESTORE,
        )
    }
}

fn not_published(id: &str, published: &[String]) -> Refusal {
    let named: Vec<_> = published
        .iter()
        .take(MOST_NAMED)
        .map(String::as_str)
        .collect();
    let mut others = named.join(", ");
    if let Some(more @ 1..) = published.len().checked_sub(MOST_NAMED) {
        others.push_str(&format!(" and {more} more"));
    }
    Refusal::new(
        format!("--withdraw={}", beginning(id)),
        match others.is_empty() {
            true => "names something, and nothing is published yet".into(),
            false => format!("names none of what is published ({others})"),
        },
        "name one of these, or leave it out",
    )
}

/// Enough of a digest to tell it from others.
fn beginning(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

/// What a message has room for.
fn shortened(text: &str, length: usize) -> String {
    match text.char_indices().nth(length) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into(),
    }
}

const LONGEST_PROBLEM: usize = 80;
const MOST_NAMED: usize = 4;

const LONGEST_NAME: usize = 50;
const RESTORE: &str = "restore it from a backup";

//! What can be wrong with what clients are to trust.

use jiff::Timestamp;

/// Why nothing was made. None of these goes away by waiting.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The repository or its keys can't be gone on with.
    #[error(transparent)]
    Tuf(#[from] tuf::Error),

    /// The repository has no `trusted_root.json`.
    #[error(
        "trusted_root.json is missing: let the Go original publish it first, with --trusted-root"
    )]
    NoTrustedRoot,

    /// The repository's trusted root isn't as written here: what is trusted could get lost.
    #[error("trusted_root.json isn't as written here: {0}")]
    TrustedRoot(String),

    /// Entries of the published trusted root that clients refuse to read, and the whole file with
    /// them.
    #[error("clients can't read {}", each(.0))]
    Unreadable(Vec<Unreadable>),

    /// What is to be taken out isn't published.
    #[error("{id} isn't published: {}", .published.join(", "))]
    NotPublished {
        /// What it is named by.
        id: String,
        /// What is published, and the first digits of what that can be named by.
        published: Vec<String>,
    },

    /// What is to be taken out is among the inputs too, which would bring it back.
    #[error("{0} is among the inputs")]
    StillAsked(String),

    /// Something that clients are to trust can't be used, and why.
    #[error("{input} {problem}")]
    Input {
        /// Which of the inputs.
        input: String,
        /// What is wrong with it, as the rest of a sentence.
        problem: String,
    },

    /// A certificate that isn't published yet has expired.
    #[error("the certificate {subject} expired at {at}")]
    Expired {
        /// The certificate's subject.
        subject: String,
        /// Its last moment.
        at: Timestamp,
    },

    /// A log's key is published as that of another log.
    #[error("{log} is the key of another log, at {url}")]
    OtherLog {
        /// The log that is asked for.
        log: String,
        /// Where the one is that is published.
        url: String,
    },

    /// Two logs that are asked for have one key, or one URL.
    #[error("{first} and {second} have one {common}")]
    TwoLogs {
        /// What they have in common.
        common: &'static str,
        /// One of them.
        first: String,
        /// The other.
        second: String,
    },

    /// A Rekor v2 has no clock, and without a timestamp authority nobody can tell whether a
    /// certificate of Fulcio's was valid when something was signed.
    #[error("a Rekor v2 doesn't say when something was signed, and nobody else does")]
    NoTimestamps,

    /// What clients are to trust differs from what they trust now.
    #[error("{}", .0.join("; "))]
    Differs(Vec<String>),
}

/// An entry of the published trusted root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Whose it is.
    pub owner: &'static str,
    /// A SHA-256 that it can be named by, as hexadecimal digits.
    pub id: String,
    /// Why clients can't read it.
    pub problem: String,
}

fn each(entries: &[Unreadable]) -> String {
    let entries = entries.iter();
    let each =
        entries.map(|Unreadable { owner, id, problem }| format!("{owner}'s {id} ({problem})"));
    each.collect::<Vec<_>>().join(", ")
}

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn input(input: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Input {
            input: input.into(),
            problem: problem.into(),
        }
    }
}

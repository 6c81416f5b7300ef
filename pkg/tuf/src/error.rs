//! What can be wrong with a repository, its keys or what it is to contain.

use jiff::Timestamp;

/// Why nothing was made. None of these goes away by waiting.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An entry of the keys that can't be used, and why.
    #[error("{entry} {problem}")]
    Key {
        /// The entry, `<role>-<keyid>.pem`.
        entry: String,
        /// What is wrong with it, as the rest of a sentence.
        problem: String,
    },

    /// The repository's root names a key for `role` whose private half isn't there.
    #[error("the key {keyid} of the role {role} is missing")]
    KeyMissing {
        /// The role that the key signs.
        role: String,
        /// The key's ID, in hex.
        keyid: String,
    },

    /// Versions were published, but there is no repository that carries them.
    #[error(
        "a repository was published with these keys (root {root}, timestamp {timestamp}) and is gone"
    )]
    RepositoryMissing {
        /// The published version of the root.
        root: u64,
        /// The published version of the timestamp.
        timestamp: u64,
    },

    /// The repository's root is older than what was published.
    #[error("the repository's root has version {found}, version {published} was published before")]
    RootBehind {
        /// The newest root in the repository.
        found: u64,
        /// The newest root that clients may have seen.
        published: u64,
    },

    /// The archive or a file in it isn't what a repository consists of.
    #[error("{path} {problem}")]
    Repository {
        /// The file in the repository, or "the archive".
        path: String,
        /// What is wrong with it, as the rest of a sentence.
        problem: String,
    },

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

    /// What clients are to trust differs from what they trust now.
    #[error("{}", .0.join("; "))]
    Differs(Vec<String>),

    /// More than a Secret can hold.
    #[error(
        "the repository of {targets} targets and its root take {size} bytes, a Secret holds {limit}: about \
         {fit} such targets fit"
    )]
    TooLarge {
        /// How many targets there are.
        targets: usize,
        /// How many of their size there could be.
        fit: usize,
        /// What they take.
        size: usize,
        /// The most that a Secret's values may take together.
        limit: usize,
    },
}

/// A result with this crate's error.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn key(entry: impl Into<String>, problem: impl ToString) -> Self {
        Self::Key {
            entry: entry.into(),
            problem: problem.to_string(),
        }
    }

    pub(crate) fn repository(path: impl Into<String>, problem: impl ToString) -> Self {
        Self::Repository {
            path: path.into(),
            problem: problem.to_string(),
        }
    }

    pub(crate) fn input(input: impl Into<String>, problem: impl ToString) -> Self {
        Self::Input {
            input: input.into(),
            problem: problem.to_string(),
        }
    }
}

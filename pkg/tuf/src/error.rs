//! What can be wrong with a repository or its keys.

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
        "a repository was published with these keys (root {root}, timestamp {timestamp}) and is \
         gone"
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

    /// A target has a name that it can't be kept under.
    #[error("the target {name:?} {problem}")]
    TargetName {
        /// Its name.
        name: String,
        /// What is wrong with it, as the rest of a sentence.
        problem: &'static str,
    },

    /// More than there is room for.
    #[error(
        "the repository of {targets} targets and its root take {size} bytes of {limit}: about \
         {fit} such targets fit"
    )]
    TooLarge {
        /// How many targets there are.
        targets: usize,
        /// How many of their size there could be.
        fit: usize,
        /// What they take.
        size: usize,
        /// The most that they may take.
        limit: usize,
    },
}

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

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
}

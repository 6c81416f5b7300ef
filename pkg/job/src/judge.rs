//! What a Job does about a library's errors: it refuses final ones, and tries again after all
//! others.

use anyhow::Context as _;
use refusal::{Final, Refusal};

/// For a result whose error knows whether waiting may cure it.
pub trait OrRefuse<T, E> {
    /// Turns a final error into the refusal that `refuse` makes of it, and tells with any other
    /// error what the Job was `doing`.
    ///
    /// # Errors
    ///
    /// Whenever the result was one.
    fn or_refuse(
        self,
        doing: &'static str,
        refuse: impl FnOnce(&E) -> Refusal,
    ) -> anyhow::Result<T>;
}

impl<T, E: Final + Send + Sync + 'static> OrRefuse<T, E> for Result<T, E> {
    fn or_refuse(
        self,
        doing: &'static str,
        refuse: impl FnOnce(&E) -> Refusal,
    ) -> anyhow::Result<T> {
        match self {
            Err(error) if error.is_final() => Err(refuse(&error).into()),
            other => other.context(doing),
        }
    }
}

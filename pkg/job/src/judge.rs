//! From a library's errors to a Job's: what is final is refused, all else is tried again.

use anyhow::Context as _;
use refusal::{Final, Refusal};

/// For a result whose error knows whether waiting may cure it.
pub trait OrRefuse<T, E> {
    /// A final error as the refusal that `refuse` makes of it, any other with what was being done.
    ///
    /// # Errors
    ///
    /// Whatever was one before.
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

//! Failures, as every program here tells them.
//!
//! There are two kinds. What contradicts what is asked is *refused*: a person has to decide, so a
//! [`Refusal`] names the object, the difference and the way out, and ends a Job at once. Everything
//! else is *not yet*: waiting may cure it, and the Job's runtime does the whole work again. What is
//! missing because another Job hasn't made it is told as [`NotYet`]. A library that can't know the
//! object says with [`Final`] which of its errors are of the first kind.
//!
//! ```
//! use scaffolding_refusal::{Object, Refusal};
//!
//! let secret = Object::new("Secret", "rekor-system", "rekor-signing-secret");
//! let refusal = Refusal::new(
//!     secret.entry("signing-secret"),
//!     "can't be opened with the password beside it",
//!     "restore both from a backup",
//! );
//! assert_eq!(
//!     refusal.to_string(),
//!     "\"signing-secret\" of Secret rekor-system/rekor-signing-secret can't be opened with the \
//!      password beside it: restore both from a backup"
//! );
//! ```

mod not_yet;
mod object;
mod refusal;

use std::error::Error;

pub use not_yet::NotYet;
pub use object::Object;
pub use refusal::{Refusal, Refusals, refusals_in};

/// An error that knows whether waiting may cure it.
pub trait Final: Error {
    /// Whether waiting doesn't help. If so, a caller that knows the object makes a [`Refusal`] of
    /// it.
    fn is_final(&self) -> bool;
}

/// A failure and its causes as one line, without the causes that an outer message already repeats.
pub fn sentence(error: &(dyn Error + 'static)) -> String {
    let mut sentence = String::new();
    for cause in causes(error).map(|cause| cause.to_string().replace('\n', " ")) {
        if !sentence.contains(&cause) {
            if !sentence.is_empty() {
                sentence.push_str(": ");
            }
            sentence.push_str(&cause);
        }
    }
    sentence
}

/// `error`, its cause, the cause of that, and so on.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        next = error.source();
        Some(error)
    })
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;

    #[derive(Debug)]
    struct Layer(&'static str, Option<Box<Layer>>);

    impl fmt::Display for Layer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Layer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_ref().map(|cause| cause.as_ref() as _)
        }
    }

    #[test]
    fn a_failure_is_one_line_that_says_nothing_twice() {
        let refused = Layer("connection refused", None);
        let client = Layer("client error: connection refused", Some(refused.into()));
        let reading = Layer("reading\nSecret a/b", Some(client.into()));
        assert_eq!(
            sentence(&reading),
            "reading Secret a/b: client error: connection refused"
        );
    }
}

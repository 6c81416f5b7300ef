//! The failure that waiting doesn't cure.

use std::{error::Error, fmt};

/// What exists contradicts what is asked: nothing was changed, and a person must decide.
///
/// Anywhere in a chain of causes it ends the Job at once, with exit code 3. The text is one
/// sentence that names the object, the difference and the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused(String);

impl Refused {
    /// A refusal in the Job's own words.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }

    /// A library's error as a refusal, with all its causes.
    pub fn because(error: impl Error) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            text.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        Self(text)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Refused {}

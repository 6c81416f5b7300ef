//! What waiting doesn't cure.

use std::{error::Error, fmt, slice};

use crate::{Object, causes};

/// What exists contradicts what is asked: nothing was changed, and a person must decide.
///
/// Anywhere in a chain of causes it ends a Job at once, with exit code 3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    object: Object,
    difference: String,
    way_out: String,
}

impl Refusal {
    /// A refusal's sentence is `{object} {difference}: {way out}`, so the difference is a predicate
    /// ("isn't the ID of a tree") and the way out an imperative. Of several ways out the first is
    /// the one that costs least.
    pub fn new(
        object: impl Into<Object>,
        difference: impl Into<String>,
        way_out: impl Into<String>,
    ) -> Self {
        Self {
            object: object.into(),
            difference: difference.into(),
            way_out: way_out.into(),
        }
    }

    /// The object and the difference, without the way out: for a log line that says that the
    /// difference was accepted.
    pub fn what(&self) -> String {
        format!("{} {}", self.object, self.difference)
    }

    /// The object that contradicts what is asked.
    pub fn object(&self) -> &Object {
        &self.object
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what(), self.way_out)
    }
}

impl Error for Refusal {}

/// Several refusals at once: a person has to decide each of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusals(Vec<Refusal>);

impl From<Refusal> for Refusals {
    fn from(refusal: Refusal) -> Self {
        Self(vec![refusal])
    }
}

impl From<Vec<Refusal>> for Refusals {
    fn from(refusals: Vec<Refusal>) -> Self {
        Self(refusals)
    }
}

impl fmt::Display for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sentences: Vec<_> = self.0.iter().map(Refusal::to_string).collect();
        f.write_str(&sentences.join("; "))
    }
}

impl Error for Refusals {}

/// The refusals among `error` and its causes. There are none when waiting may cure the error.
pub fn refusals_in<'a>(error: &'a (dyn Error + 'static)) -> &'a [Refusal] {
    causes(error)
        .find_map(|cause| match cause.downcast_ref::<Refusals>() {
            Some(Refusals(several)) => Some(several.as_slice()),
            None => cause.downcast_ref().map(slice::from_ref),
        })
        .unwrap_or_default()
}

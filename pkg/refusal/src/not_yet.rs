//! What waiting cures.

use std::{error::Error, fmt};

use crate::Object;

/// An object that doesn't exist yet, and who makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotYet {
    object: Object,
    maker: String,
}

impl NotYet {
    /// `object`, which `maker` makes: a Job's name, or words for somebody else.
    pub fn new(object: impl Into<Object>, maker: impl Into<String>) -> Self {
        Self {
            object: object.into(),
            maker: maker.into(),
        }
    }
}

impl fmt::Display for NotYet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { object, maker } = self;
        write!(f, "{object} isn't there yet ({maker} makes it)")
    }
}

impl Error for NotYet {}

//! What a checkpoint says (<https://c2sp.org/tlog-checkpoint>).

use base64::{Engine as _, prelude::BASE64_STANDARD};

use crate::{EMPTY, Hash};

/// A log's name, and how its tree looked at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name.
    pub origin: String,
    /// How many entries there were.
    pub size: u64,
    /// The tree's root (RFC 6962, section 2.1).
    pub root: Hash,
}

impl Checkpoint {
    /// The checkpoint of a log before its first entry.
    pub fn empty(origin: &str) -> Self {
        Self {
            origin: origin.into(),
            size: 0,
            root: EMPTY,
        }
    }

    /// Reads the text that is signed: three lines, and perhaps lines of extensions. `None` for what
    /// isn't one.
    pub fn from_body(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        if origin.is_empty() || lines.any(str::is_empty) {
            return None;
        }
        let number: u64 = size.parse().ok()?;
        let root = BASE64_STANDARD.decode(root).ok()?;
        (number.to_string() == size).then_some(Self {
            origin: origin.into(),
            size: number,
            root: root.try_into().ok()?,
        })
    }

    /// The text that is signed.
    pub fn body(&self) -> String {
        let root = BASE64_STANDARD.encode(self.root);
        format!("{}\n{}\n{root}\n", self.origin, self.size)
    }
}

//! Tiles (<https://c2sp.org/tlog-tiles>).

use std::fmt;

/// Up to 256 hashes in a row of one level: level 0 has those of the entries, level 1 those of the
/// full tiles below it, and so on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tile {
    /// 0 to 7: trees have less than 2^64 entries.
    pub level: u32,
    /// Its place in the level.
    pub index: u64,
    /// How many hashes it has, 1 to 256.
    pub width: usize,
}

impl Tile {
    /// The tile at the right edge of a tree of `size` entries, unless the level ends with a full
    /// one. Its hashes are no tile's above it.
    pub(crate) fn at_edge(level: u32, size: u64) -> Option<Self> {
        let (index, width) = split(hashes(level, size));
        (width > 0).then_some(Self {
            level,
            index,
            width,
        })
    }

    /// The same tile where it has all its hashes.
    pub(crate) fn full(self) -> Self {
        Self {
            width: FULL,
            ..self
        }
    }

    /// The tile above a full one, in a tree of `size` entries, and which of its hashes is this
    /// one's root.
    pub(crate) fn parent(self, size: u64) -> (Self, usize) {
        let (level, (index, at)) = (self.level + 1, split(self.index));
        let width = hashes(level, size) - index * FULL as u64;
        let width = usize::try_from(width).map_or(FULL, |width| width.min(FULL));
        let parent = Self {
            level,
            index,
            width,
        };
        (parent, at)
    }
}

/// Where it is kept.
impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut place = format!("{:03}", self.index % 1000);
        let mut rest = self.index / 1000;
        while rest > 0 {
            place = format!("x{:03}/{place}", rest % 1000);
            rest /= 1000;
        }
        write!(f, "tile/{}/{place}", self.level)?;
        match self.width {
            FULL => Ok(()),
            width => write!(f, ".p/{width}"),
        }
    }
}

/// How many hashes a level of a tree has.
fn hashes(level: u32, size: u64) -> u64 {
    size.checked_shr(8 * level).unwrap_or(0)
}

/// The full tiles before a hash, and its place in its own.
fn split(hash: u64) -> (u64, usize) {
    (hash / FULL as u64, hash as usize % FULL)
}

/// The hashes of a full tile.
pub(crate) const FULL: usize = 256;
/// The levels of the largest tree.
pub(crate) const LEVELS: u32 = 8;

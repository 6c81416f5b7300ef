//! Whether a log went on from where it was.

use std::{collections::BTreeMap, future::Future};

use crate::{
    Checkpoint, EMPTY, Hash, Tile, root,
    tile::{FULL, LEVELS},
    tree::node,
};

/// The files of a log, wherever they are.
pub trait Files {
    /// Why one can't be read now.
    type Error;

    /// The file at a path such as `tile/0/000.p/7`; `None` when there is none.
    fn read(&self, path: &str) -> impl Future<Output = Result<Option<Vec<u8>>, Self::Error>>;
}

/// Why the tiles don't show that a log went on from where it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Flaw<E> {
    /// A tile can't be read now.
    #[error("reading {0}")]
    Read(Tile, #[source] E),
    /// A tile isn't there.
    #[error("the volume has no {0}")]
    Missing(Tile),
    /// A tile is too short, too long, or not the one that the tile above it speaks of.
    #[error("{0} is damaged")]
    Damaged(Tile),
    /// The tiles are no tree of the newer checkpoint.
    #[error("the tiles are those of another tree")]
    Foreign,
    /// The newer tree is smaller, or doesn't begin with the older one.
    #[error("the tree doesn't go on from where it was")]
    Fork,
}

/// Checks that `older` is a beginning of `newer`, and that `files` have the tree of both.
///
/// It reads the tiles at the right edges of both trees, and those between them: about three for
/// each factor of 256 in the size.
///
/// # Errors
///
/// The first that is found; [`Flaw::Read`] alone may be cured by waiting.
pub async fn check<F: Files>(
    files: &F,
    older: &Checkpoint,
    newer: &Checkpoint,
) -> Result<(), Flaw<F::Error>> {
    let mut tiles = Tiles {
        files,
        size: newer.size,
        read: BTreeMap::new(),
    };
    if tiles.root(newer.size).await? != newer.root {
        return Err(Flaw::Foreign);
    }
    let is_same = older.size == newer.size && older.root == newer.root;
    if is_same || older.size < newer.size && tiles.root(older.size).await? == older.root {
        return Ok(());
    }
    Err(Flaw::Fork)
}

/// The tiles of a tree of `size` entries, each of them read once.
struct Tiles<'a, F> {
    files: &'a F,
    size: u64,
    read: BTreeMap<Tile, Vec<Hash>>,
}

impl<F: Files> Tiles<'_, F> {
    /// The root of the tree's first `size` entries.
    async fn root(&mut self, size: u64) -> Result<Hash, Flaw<F::Error>> {
        let mut right: Option<Hash> = None;
        for edge in (0..LEVELS).filter_map(|level| Tile::at_edge(level, size)) {
            let mut hashes = &self.confirmed(edge).await?[..edge.width];
            // The smallest subtree is the rightmost.
            while !hashes.is_empty() {
                let subtree = 1 << hashes.len().trailing_zeros();
                let (rest, last) = hashes.split_at(hashes.len() - subtree);
                let last = root(last);
                right = Some(right.map_or(last, |right| node(&last, &right)));
                hashes = rest;
            }
        }
        Ok(right.unwrap_or(EMPTY))
    }

    /// The hashes of the tile at the place of `edge`, which the tiles above it confirm, up to one
    /// at the edge of the whole tree, which its root confirms.
    async fn confirmed(&mut self, edge: Tile) -> Result<Vec<Hash>, Flaw<F::Error>> {
        let whole = Tile::at_edge(edge.level, self.size);
        if let Some(whole) = whole.filter(|whole| whole.index == edge.index) {
            return self.tile(whole).await;
        }
        let hashes = self.tile(edge.full()).await?;
        let mut below = (edge.full(), root(&hashes));
        loop {
            let (parent, at) = below.0.parent(self.size);
            let above = self.tile(parent).await?;
            if above[at] != below.1 {
                return Err(Flaw::Damaged(below.0));
            }
            if parent.width < FULL {
                return Ok(hashes);
            }
            below = (parent, root(&above));
        }
    }

    /// The hashes in a tile. A full one is read where it is no longer kept as a part, as when the
    /// log grew meanwhile.
    async fn tile(&mut self, tile: Tile) -> Result<Vec<Hash>, Flaw<F::Error>> {
        if let Some(hashes) = self.read.get(&tile) {
            return Ok(hashes.clone());
        }
        let mut bytes = None;
        for (place, length) in [(tile, tile.width), (tile.full(), FULL)] {
            let found = self.files.read(&place.to_string()).await;
            bytes = found.map_err(|error| Flaw::Read(place, error))?;
            match &bytes {
                Some(bytes) if bytes.len() != length * size_of::<Hash>() => {
                    return Err(Flaw::Damaged(place));
                }
                Some(_) => break,
                None => (),
            }
        }
        let bytes = bytes.ok_or(Flaw::Missing(tile))?;
        let (hashes, _) = bytes.as_chunks();
        let hashes = hashes[..tile.width].to_vec();
        self.read.insert(tile, hashes.clone());
        Ok(hashes)
    }
}

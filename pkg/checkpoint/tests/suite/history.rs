//! Logs of every shape.

use scaffolding_checkpoint::{Checkpoint, Flaw, Hash, Tile, leaf, root};

use crate::{Memory, check};

/// Sizes at and beside the edges of tiles of three levels.
const SIZES: [usize; 16] = [
    0, 1, 2, 3, 5, 255, 256, 257, 300, 511, 512, 513, 65_535, 65_536, 65_537, 65_793,
];

/// Those that take no time.
const TWO_LEVELS: [usize; 12] = [0, 1, 2, 3, 5, 255, 256, 257, 300, 511, 512, 513];

/// The hashes of entries, one of which may be another than usual.
fn leaves(size: usize, odd: Option<usize>) -> Vec<Hash> {
    let text = |at| match Some(at) == odd {
        true => format!("another {at}"),
        false => format!("entry {at}"),
    };
    (0..size).map(|at| leaf(text(at).as_bytes())).collect()
}

fn checkpoint(leaves: &[Hash]) -> Checkpoint {
    Checkpoint {
        size: leaves.len() as u64,
        root: root(leaves),
        ..Checkpoint::empty("log.example.com")
    }
}

/// The tiles of a tree, as its server leaves them.
fn tiles(leaves: &[Hash]) -> Memory {
    let mut memory = Memory::default();
    let mut hashes = leaves.to_vec();
    for level in 0.. {
        if hashes.is_empty() {
            return memory;
        }
        for (index, part) in (0..).zip(hashes.chunks(256)) {
            let width = part.len();
            let tile = Tile {
                level,
                index,
                width,
            };
            memory.files.insert(tile.to_string(), part.concat());
        }
        let full = hashes.chunks_exact(256);
        hashes = full.map(root).collect();
    }
    memory
}

#[test]
fn whatever_a_log_was_is_the_beginning_of_what_it_is() {
    for newer in SIZES {
        let all = leaves(newer, None);
        let files = tiles(&all);
        for older in SIZES.into_iter().filter(|older| *older <= newer) {
            files.reads.set(0);
            let checked = check(&files, &checkpoint(&all[..older]), &checkpoint(&all));
            assert!(checked.is_ok(), "{older} {newer}: {checked:?}");
            let reads = files.reads.get();
            assert!(reads <= 9, "{reads} reads: {older} {newer}");
        }
    }
}

#[test]
fn another_history_and_a_shorter_one_are_forks() {
    for newer in TWO_LEVELS {
        for older in TWO_LEVELS.into_iter().filter(|older| *older > 0) {
            let was = checkpoint(&leaves(older, None));
            // One entry differs, the first, the last or one between; or the end is missing.
            for odd in [0, older / 2, older - 1] {
                let is = leaves(newer, Some(odd));
                let checked = check(&tiles(&is), &was, &checkpoint(&is));
                assert!(
                    matches!(checked, Err(Flaw::Fork)),
                    "{odd} {older} {newer}: {checked:?}"
                );
            }
        }
    }
}

/// The checkpoint goes on, but the tiles beside it are those of another log.
#[test]
fn foreign_tiles_beside_a_checkpoint_are_noticed() {
    for size in TWO_LEVELS.into_iter().filter(|size| *size > 0) {
        let (is, others) = (leaves(size, None), leaves(size, Some(size / 2)));
        let newer = checkpoint(&is);
        let checked = check(&tiles(&others), &newer, &newer);
        assert!(matches!(checked, Err(Flaw::Foreign)), "{size}: {checked:?}");
        // Only the tile of the older edge is another log's: the tiles above it know better.
        let edge = "tile/0/000".to_owned();
        if size > 256 {
            let mut mixed = tiles(&is);
            let all = tiles(&leaves(size, Some(7)));
            mixed.files.insert(edge.clone(), all.files[&edge].clone());
            let older = checkpoint(&leaves(20, Some(7)));
            let checked = check(&mixed, &older, &newer);
            assert!(matches!(checked, Err(Flaw::Damaged(_))), "{checked:?}");
        }
    }
}

#[test]
fn a_tile_that_is_needed_and_missing_or_of_another_length_is_named() {
    for (newer, older) in [
        (1, 1),
        (300, 20),
        (300, 270),
        (65_793, 300),
        (65_793, 65_537),
    ] {
        let all = leaves(newer, None);
        let (older, newer) = (checkpoint(&all[..older]), checkpoint(&all));
        let (mut files, mut noticed) = (tiles(&all), 0);
        for (path, bytes) in files.files.clone() {
            let mut is_noticed = |flaw: Result<(), _>| match flaw {
                Ok(()) => (),
                Err(Flaw::Missing(tile) | Flaw::Damaged(tile)) => {
                    assert_eq!(tile.to_string(), path);
                    noticed += 1;
                }
                Err(flaw) => panic!("{path}: {flaw:?}"),
            };
            files.files.get_mut(&path).unwrap().push(0);
            is_noticed(check(&files, &older, &newer));
            files.files.remove(&path);
            is_noticed(check(&files, &older, &newer));
            files.files.insert(path, bytes);
        }
        assert!(noticed >= 2, "{noticed}");
    }
}

/// As when the log grew since its checkpoint was read, and what was a part has been removed.
#[test]
fn a_full_tile_stands_in_for_its_part() {
    let (all, files) = (leaves(600, None), tiles(&leaves(600, None)));
    for (older, newer) in [(1, 200), (200, 200), (3, 255), (0, 1)] {
        let newer = checkpoint(&all[..newer]);
        let checked = check(&files, &checkpoint(&all[..older]), &newer);
        assert!(checked.is_ok(), "{checked:?}");
    }
}

#[test]
fn tiles_are_where_the_specification_says() {
    for (level, index, width, path) in [
        (0, 0, 256, "tile/0/000"),
        (0, 1_234_067, 256, "tile/0/x001/x234/067"),
        (3, 1000, 7, "tile/3/x001/000.p/7"),
    ] {
        let tile = Tile {
            level,
            index,
            width,
        };
        assert_eq!(tile.to_string(), path);
    }
}

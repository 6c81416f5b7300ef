//! Merkle trees (RFC 6962, section 2.1).

use sha2::{Digest as _, Sha256};

/// The hash of an entry or of a subtree.
pub type Hash = [u8; 32];

/// The root of a tree without entries: the SHA-256 of nothing.
pub const EMPTY: Hash = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

/// The hash of an entry.
pub fn leaf(entry: &[u8]) -> Hash {
    let digest = Sha256::new().chain_update([0]).chain_update(entry);
    digest.finalize().into()
}

/// The root above `hashes`, which are those of entries, or of subtrees of one size.
pub fn root(hashes: &[Hash]) -> Hash {
    match hashes {
        [] => EMPTY,
        [one] => *one,
        _ => {
            let half = hashes.len().next_power_of_two() / 2;
            let (left, right) = hashes.split_at(half);
            node(&root(left), &root(right))
        }
    }
}

pub(crate) fn node(left: &Hash, right: &Hash) -> Hash {
    let digest = Sha256::new().chain_update([1]).chain_update(left);
    digest.chain_update(right).finalize().into()
}

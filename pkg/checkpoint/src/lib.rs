//! Checkpoints of logs that keep their trees as tiles (C2SP tlog-tiles, static-ct-api): whose a
//! checkpoint is, and whether the tree that an older one speaks of is the beginning of the newer
//! one's.
//!
//! It is known of a log by its origin and its key ([`Log`]), and its files are read wherever they
//! are ([`Files`]): on a volume, or over HTTP.
//!
//! ```
//! use scaffolding_checkpoint::{Checkpoint, Log};
//! use keys::{Kind, PrivateKey};
//!
//! let key = PrivateKey::generate(Kind::Ed25519);
//! let log = Log::new("rekor.example.com", key.public_key().clone())?;
//! let empty = Checkpoint::empty("rekor.example.com");
//! let body = "rekor.example.com\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
//! assert_eq!(empty.body(), body);
//! assert!(log.open(body.as_bytes()).is_err(), "nobody signed it");
//! # Ok::<(), scaffolding_checkpoint::Error>(())
//! ```

mod body;
mod history;
mod log;
mod note;
mod tile;
mod tree;

pub use body::Checkpoint;
pub use history::{Files, Flaw, check};
pub use log::{Error, Log};
pub use tile::Tile;
pub use tree::{EMPTY, Hash, leaf, root};

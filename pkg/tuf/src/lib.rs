//! A TUF repository, as a map of paths to bytes.
//!
//! Clients start from a root that they were given, and learn from the repository which targets
//! there are and what is in them. A [`Signer`] makes a repository, renews it, and changes its
//! targets and keys; [`Repository::to_archive`] turns it into one file. What the targets say is
//! another crate's.
//!
//! Pure: no clock, disk or network. Equal keys, targets and times give equal bytes.
//!
//! ```
//! use std::time::Duration;
//!
//! use scaffolding_tuf::{Change, Keys, NewTarget, Repository, Roles, Signer, Versions};
//!
//! let mut keys = Keys::default();
//! let private_keys = keys.complete();
//! assert!(private_keys.keys().any(|name| name.starts_with("root-")));
//!
//! let hello = NewTarget {
//!     bytes: b"hello".into(),
//!     ..NewTarget::default()
//! };
//! let change = Change {
//!     new: [("hello.txt".into(), hello)].into(),
//!     ..Change::default()
//! };
//! let year = Duration::from_secs(365 * 24 * 60 * 60);
//! let lifetimes = Roles { root: 10 * year, snapshot: year, targets: year, timestamp: year };
//! let now = "2026-01-01T00:00:00Z".parse().unwrap();
//! let signer = Signer::new(&keys, Versions::default(), None)?;
//! let repository = signer.next(Some(change), &lifetimes, &Roles::default(), now)?.unwrap();
//! assert!(repository.files().contains_key("timestamp.json"));
//!
//! let archive = repository.to_archive()?;
//! assert_eq!(Repository::from_archive(&archive)?.target("hello.txt"), Some(b"hello".as_slice()));
//! # Ok::<(), scaffolding_tuf::Error>(())
//! ```

mod archive;
mod change;
mod error;
mod files;
mod go_tuf;
mod keys;
mod metadata;
mod repository;
mod role_key;
mod roles;
mod signer;
mod signing;

pub use change::{Change, NewTarget};
pub use error::{Error, Result};
pub use files::Files;
pub use keys::Keys;
pub use repository::Repository;
pub use roles::{Roles, Versions};
pub use signer::Signer;

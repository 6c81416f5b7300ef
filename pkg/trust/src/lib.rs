//! What Sigstore's clients read in a TUF repository: whom to trust (`trusted_root.json`) and where
//! to sign (`signing_config.v0.2.json`).
//!
//! [`State::next`] makes a repository of [`Inputs`], renews it and changes what it trusts. Nothing
//! that was ever trusted is dropped, unless [`Policy::withdraw`] says so: it gets an end, for what
//! was signed until then.
//!
//! Pure: no clock, disk or network. Equal keys, inputs and times give equal bytes.
//!
//! ```
//! use std::time::Duration;
//!
//! use scaffolding_trust::{Inputs, Policy, State, TRUSTED_ROOT, Urls};
//! use tuf::{Keys, Roles, Versions};
//!
//! let rekor = keys::PrivateKey::generate(keys::Kind::EcdsaP256);
//! let inputs = Inputs {
//!     fulcio: vec![],
//!     rekor: vec![rekor.public_key().clone()],
//!     rekor_tiles: vec![],
//!     ctlog: vec![],
//!     ctlog_tiles: vec![],
//!     tsa: vec![],
//!     urls: Urls {
//!         fulcio: "http://fulcio.example.com".into(),
//!         rekor: "http://rekor.example.com".into(),
//!         ctlog: "http://ctlog.example.com".into(),
//!         tsa: "http://tsa.example.com".into(),
//!         issuer: "https://issuer.example.com".into(),
//!     },
//!     valid_from: "2026-01-01T00:00:00Z".parse().unwrap(),
//!     metadata_targets: true,
//!     signing_config: true,
//! };
//! let year = Duration::from_secs(365 * 24 * 60 * 60);
//! let policy = Policy {
//!     lifetimes: Roles { root: 10 * year, snapshot: year, targets: year, timestamp: year / 2 },
//!     ..Policy::default()
//! };
//! let mut keys = Keys::default();
//! keys.complete();
//! let mut state = State {
//!     keys,
//!     published: Versions::default(),
//!     repository: None,
//!     withdrawn: [].into(),
//! };
//!
//! let now = "2026-01-31T00:00:00Z".parse().unwrap();
//! let first = state.next(Some(&inputs), &policy, now)?.unwrap();
//! assert!(first.target(TRUSTED_ROOT).is_some());
//! assert!(first.target("rekor.pub").is_some());
//!
//! state.published = first.versions();
//! state.repository = Some(first);
//! assert_eq!(state.next(Some(&inputs), &policy, now)?, None, "nothing has changed");
//! # Ok::<(), scaffolding_trust::Error>(())
//! ```

mod authority;
mod error;
mod expiry;
mod inputs;
mod log;
mod merge;
mod proposal;
mod published;
mod readable;
mod restarts;
mod services;
mod signing_config;
mod state;
mod targets;
mod tile_log;
mod trusted_root;

pub use error::{Error, Result, Unreadable};
pub use expiry::{Expiry, expiries};
pub use inputs::Inputs;
pub use proposal::News;
pub use restarts::restarts;
pub use signing_config::{SIGNING_CONFIG, Urls};
pub use state::{Policy, State};
pub use tile_log::{TileLog, TileLogError};
pub use trusted_root::TRUSTED_ROOT;

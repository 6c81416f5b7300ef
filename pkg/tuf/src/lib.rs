//! A TUF repository for Sigstore clients, as a map of paths to bytes.
//!
//! Clients start from its root, which they got from a Secret or a ConfigMap, and learn from its
//! targets whom to trust (`trusted_root.json`) and where to sign (`signing_config.v0.2.json`).
//! [`State::next`] makes a repository, renews it and changes what it trusts;
//! [`Repository::to_archive`] turns it into what `tufserver` serves.
//!
//! Pure: no clock, disk or network. Equal keys, inputs and times give equal bytes.

mod archive;
mod authority;
mod build;
mod error;
mod inputs;
mod keys;
mod merge;
mod original;
mod renew;
mod repository;
mod restart;
mod role_key;
mod roles;
mod services;
mod targets;
mod trust;

pub use error::{Error, Result};
pub use inputs::Inputs;
pub use keys::Keys;
pub use renew::{Policy, State};
pub use repository::{Files, Repository};
pub use roles::{Roles, Versions};
pub use services::{SIGNING_CONFIG, Urls};
pub use trust::TRUSTED_ROOT;

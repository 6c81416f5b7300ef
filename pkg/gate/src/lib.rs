//! Gates: the Secrets and ConfigMaps that the servers' pods wait for.
//!
//! A pod that mounts an object doesn't start before the object exists, so the object is the gate,
//! and the Job that writes it opens it. A [`Gate`] is read once, and published under the
//! resourceVersion that was read: whoever comes second gets a conflict and does its whole work
//! again. What is only read is a [`Source`]. This crate alone talks to Kubernetes, with `get`,
//! `create` and `update` on named objects, and what the API server calls itself.
//!
//! ```no_run
//! # async fn example() -> scaffolding_gate::Result<()> {
//! use scaffolding_gate::{Entries, Gate};
//!
//! let labels = [("team".into(), "blue".into())].into();
//! let kube = scaffolding_gate::connect(labels, [].into()).await?;
//! let mut gate = Gate::secret(&kube, "rekor-system", "redis-auth").await?;
//! if gate.bytes("password").is_none() {
//!     gate.publish(Entries::new().with("password", "a random one")).await?;
//! }
//! # Ok(())
//! # }
//! ```

mod connection;
mod entries;
mod error;
mod gate;
mod immutable;
mod issuer;
mod kinds;
mod marks;
mod proxy;
mod source;

pub use connection::{Kube, connect};
pub use entries::Entries;
pub use error::{Cause, Error, Result};
pub use gate::Gate;
pub use issuer::issuer;
pub use k8s_openapi::api::core::v1::{ConfigMap, Secret};
pub use kinds::HasEntries;
pub use source::Source;

/// How many bytes the values of a Secret or a ConfigMap may have together: `MaxSecretSize` in
/// Kubernetes' `pkg/apis/core`, which counts for ConfigMaps too.
pub const MOST_BYTES: usize = 1024 * 1024;

//! Phases on a real cluster: what clusters and people do to a running stack, and what has to hold
//! afterwards.
//!
//! The binaries run where `hack/cluster exec` puts them: `KUBECONFIG` is an administrator's, the
//! commands on the `PATH` are `kubectl` and `openssl`, and `kubectl` reaches the client's pod, in
//! which both cosigns are. What the README and `docs/` tell is run from there.

pub mod client;
mod cluster;
pub mod job;
pub mod log;
mod manifests;
pub mod newest;
mod objects;
pub mod openssl;
pub mod outside;
mod phases;
pub mod process;

pub use client::Cosign;
pub use cluster::{Cluster, wait_until};
pub use manifests::{Manifests, Movable, namespaces};
pub use objects::{Contents, unchanged};
pub use phases::Phases;

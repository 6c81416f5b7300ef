//! A Kubernetes API, Trillian, Fulcio and a Rekor v2 within the test's own process, and the Jobs
//! run against them.
//!
//! The servers listen on loopback, at a port that the system picks, and do what the real ones do as
//! far as our Jobs can see it. They are strict: what they don't know, they refuse. What each was
//! asked is in its [`Calls`], and there a test says what is to go wrong. Everything ends with the
//! value that started it.

mod calls;
pub mod documented;
mod fulcio;
mod gates;
mod issuer;
mod kubernetes;
mod manifests;
pub mod material;
mod network;
mod node;
mod pod;
mod process;
mod proxy;
mod server;
pub mod suite;
pub mod tilelog;
mod tiles;
mod tls;
pub mod trillian;

pub use calls::{Calls, Fault};
pub use fulcio::Fulcio;
pub use issuer::{Bearer, Issuer, OTHER_ISSUERS, Workflow};
pub use kubernetes::{Entries, Kubernetes};
pub use manifests::Manifest;
pub use network::API_SERVER;
pub use node::{Node, Ports};
pub use pod::{Container, Flag, Pod};
pub use process::{Group, Outcome, Process, Running, Serving};
pub use proxy::Proxy;
pub use server::Address;
pub use tilelog::TileLog;
pub use tls::Identity;
pub use trillian::{Tree, TreeState, TreeType, Trillian};

//! Logs in Trillian: find or create one, confirm one, delete the others.
//!
//! `CreateTree` can't be told to create a tree only once. So a tree carries the identity of its log
//! in its description, and whoever asks for that identity again finds the same tree: after a lost
//! answer, after a crash, or next to a second process that asks at the same moment. No function
//! waits or retries.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use scaffolding_trillian::{Error, Log, Trillian};
//!
//! # async fn example() -> Result<(), Error> {
//! let address = "log-server.trillian-system.svc:80".parse().expect("host:port");
//! let log = Log {
//!     identity: "ba1b1b4d-4f0c-4d3e-8d43-4f2a6ec21a70/rekor-config".into(),
//!     display_name: "rekor".into(),
//!     text: String::new(),
//!     max_root_duration: Duration::from_secs(3600),
//! };
//! let mut trillian = Trillian::connect(&address, None).await?;
//! let id = trillian.find_or_create(&log).await?;
//! trillian.delete_others(&log, id).await?;
//! # Ok(())
//! # }
//! ```

mod client;
mod log;

/// The messages and methods of `proto/trillian.proto`, as prost and tonic write them.
#[allow(missing_docs, unreachable_pub, clippy::all)]
mod proto {
    tonic::include_proto!("trillian");
}

use refusal::Final;
use tonic::Code;

pub use address::Target;
pub use client::Trillian;
pub use log::{DESCRIPTION_LENGTH, DISPLAY_NAME_LENGTH, Log, State};

/// The ID of a tree: Trillian picks it, at random and positive.
pub type TreeId = i64;

/// What went wrong between us and Trillian.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nobody answers at the address.
    #[error("Trillian isn't answering at {address}")]
    Unreachable {
        /// Trillian's address.
        address: Target,
        /// What the transport says.
        source: tonic::transport::Error,
    },
    /// Somebody answers, and TLS with them fails: most likely their certificate isn't trusted.
    #[error("Trillian can't be asked at {address}, since {reason}")]
    Tls {
        /// Trillian's address.
        address: Target,
        /// Why, a sentence about the server.
        reason: String,
    },
    /// Trillian answered a call with an error.
    #[error("Trillian's {call} answered {code:?}: {message}")]
    Call {
        /// The method.
        call: &'static str,
        /// The gRPC status code.
        code: Code,
        /// Trillian's words.
        message: String,
    },
    /// The connection ended in the middle of a call.
    #[error("the connection to Trillian broke at {call}{}", if *.in_the_clear { HINT } else { "" })]
    Broken {
        /// The method.
        call: &'static str,
        /// Whether it was one without TLS.
        in_the_clear: bool,
        /// What the transport says.
        source: Box<tonic::Status>,
    },
    /// Trillian has no such tree.
    #[error("Trillian has no tree {0}")]
    Missing(TreeId),
    /// The tree can't take entries.
    #[error("tree {id} in Trillian is {what}, not an ACTIVE LOG")]
    Unusable {
        /// The tree.
        id: TreeId,
        /// Its state and type.
        what: String,
        /// Whether another state is all that it needs.
        closed: bool,
    },
    /// More than one tree of the log has entries.
    #[error("trees {} in Trillian have entries", list(.0))]
    Several(Vec<TreeId>),
    /// The tree isn't among those that carry the identity any more.
    #[error("tree {0} was in Trillian a moment ago and isn't listed now")]
    Vanished(TreeId),
}

impl Final for Error {
    /// Final is that Trillian works, and a tree isn't there, can't be used, or isn't the only one.
    fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Missing(_) | Self::Unusable { .. } | Self::Several(_)
        )
    }
}

/// What a server that expects TLS does looks like any other failure.
const HINT: &str = ", as it does at a server that wants TLS (--tls_cert_file)";

fn list(ids: &[TreeId]) -> String {
    let ids: Vec<_> = ids.iter().map(TreeId::to_string).collect();
    ids.join(" and ")
}

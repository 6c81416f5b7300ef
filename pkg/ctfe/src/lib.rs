//! What ct_server reads: its configuration, and the root certificates that certificates in the log
//! chain to.
//!
//! Pure: no clock, disk or network.
//!
//! ```
//! use scaffolding_ctfe::{Config, Log};
//!
//! let log = Log {
//!     tree_id: 42,
//!     prefix: "sigstorescaffolding".into(),
//!     trillian: "log-server.trillian-system.svc:80".into(),
//!     private_key_path: "/ctfe-keys/private".into(),
//!     password: "a random one".into(),
//!     public_key: vec![0x30, 0x59],
//!     roots_paths: vec!["/ctfe-keys/rootca".into()],
//! };
//! let file = Config::new(&log).to_string();
//! assert!(file.contains("log_id: 42"));
//!
//! let config = Config::parse(file.as_bytes())?;
//! assert!(config.log()? == log);
//! assert!(!config.without_password().to_string().contains("a random one"));
//! # Ok::<(), scaffolding_ctfe::Error>(())
//! ```

mod config;
mod roots;
mod text;

pub use config::{Config, Log};
pub use roots::Roots;

/// What can be wrong with a configuration or a root certificate. None of these holds anything of a
/// key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not text format.
    #[error("line {0} isn't in protobuf's text format")]
    Syntax(usize),
    /// ct_server can serve several logs; only a configuration with one is understood here.
    #[error("it doesn't have just one log and one backend")]
    NotOneLog,
    /// The private key is in a token, or in the configuration itself.
    #[error("its private_key isn't a PEMKeyFile")]
    OtherKey,
    /// A field's value is of another type.
    #[error("the value of {0} can't be read")]
    Value(&'static str),
    /// An entry isn't a PEM file of certificates.
    #[error("reading {entry}")]
    Roots {
        /// The entry's name.
        entry: String,
        /// What is wrong with it.
        source: certs::Error,
    },
    /// A new root certificate that can't be one.
    #[error("{subject} is no root to trust: {reason}")]
    NoRoot {
        /// The certificate's subject.
        subject: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

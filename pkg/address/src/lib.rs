//! Addresses of servers, as every client that is told them reads them.
//!
//! What we read, others read again: Go's `net/url`, Python's `urllib` and JavaScript's `URL` the
//! URLs that `createtuf` publishes, and grpc-go the target that `createctconfig` writes for the CT
//! log; a log's origin is a name to its server, and a host to its clients. Each of them mends or
//! refuses something else. So here is taken what all of them read in the same way, and the rest is
//! refused with the reason.
//!
//! ```
//! use scaffolding_address::{Target, url};
//!
//! assert!(url("https://rekor.example.com:8443/rekor").is_ok());
//! assert_eq!(
//!     url("https://$(REKOR_HOST)").unwrap_err().to_string(),
//!     "it has a '$' of something that was to be replaced, and wasn't"
//! );
//! assert!("dns:///log-server.trillian-system.svc:80".parse::<Target>().is_ok());
//! ```

mod authority;
mod error;
mod origin;
mod target;
mod url;

pub use ::url::Url;
pub use error::Error;
pub use origin::Origin;
pub use target::Target;
pub use url::url;

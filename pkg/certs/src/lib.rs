//! X.509 certificates (RFC 5280): Fulcio's root, the timestamping chain, and reading both.
//!
//! Pure: no clock, disk or network. What a certificate says that is made here depends on the keys
//! and the times given and on nothing else.
//!
//! ```
//! use std::time::{Duration, SystemTime};
//!
//! use keys::{Kind, PrivateKey};
//! use scaffolding_certs::{Chain, Subject, Validity};
//!
//! let key = PrivateKey::generate(Kind::EcdsaP256);
//! let subject = Subject { common_name: "sigstore".into(), ..Subject::default() };
//! let day = Duration::from_secs(24 * 3600);
//! let validity = Validity::from(SystemTime::UNIX_EPOCH + 365 * day, 7300 * day)?;
//! let root = scaffolding_certs::root_certificate(&key, &subject, validity)?;
//! assert_eq!(root.expiry(), "CN=sigstore expires at 1990-12-27T00:00:00Z");
//!
//! let chain = Chain::from_pem(root.to_pem().as_bytes())?;
//! chain.check_issuing()?;
//! assert_eq!(chain.first().public_key(), key.public_key());
//! # Ok::<(), scaffolding_certs::Error>(())
//! ```

mod algorithms;
mod bundle;
mod certificate;
mod chain;
mod clients;
mod error;
mod extensions;
mod issue;
mod names;
mod path;
mod policies;
mod purpose;

pub use bundle::{read_bundle, read_pool, write_bundle};
pub use certificate::Certificate;
pub use chain::Chain;
pub use error::{Error, Result};
pub use issue::{Subject, Validity, root_certificate, timestamping_chain};

/// How many intermediate certificates a chain may have.
pub const MOST_INTERMEDIATES: usize = 10;

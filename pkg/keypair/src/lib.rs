//! A server's key in two Secrets: the private one that it mounts, and the public one that clients
//! get to know.
//!
//! The private Secret is the truth. What exists of it is kept, what is missing is derived from the
//! key, and what contradicts the key is refused. The public Secret follows it, but not to another
//! key. Which entries there are is what [`contract::KeyPair`] says. A key is made only where there
//! is nothing that may be one.
//!
//! ```no_run
//! # async fn example() -> scaffolding_keypair::Result<()> {
//! use keys::{Kind, PrivateKey};
//! use scaffolding_keypair::Pair;
//!
//! let kube = gate::connect([].into(), [].into()).await?;
//! let [private, public] = ["rekor-signing-secret", "rekor-pub-key"];
//! let mut pair = Pair::read(&kube, &contract::REKOR, "rekor-system", private, public).await?;
//! let halves = pair.halves(None, Some(Kind::EcdsaP256), PrivateKey::to_encrypted_pem)?;
//! pair.publish(halves).await?;
//! # Ok(())
//! # }
//! ```

mod chain;
mod error;
mod foreign;
mod halves;
mod kinds;
mod log;
mod pair;

pub use error::{Error, Result};
pub use foreign::refuse_foreign;
pub use halves::{Encrypt, Halves};
pub use kinds::{check_kind, offered};
pub use log::Log;
pub use pair::Pair;

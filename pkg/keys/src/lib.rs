//! Private keys, in the encrypted PEM forms that the Sigstore servers open, and their public
//! halves.
//!
//! Rekor and Fulcio open PKCS#8 with PBES2 ([`PrivateKey::to_encrypted_pem`]); the CT log and every
//! release of the timestamp authority open the older form with `DEK-Info`
//! ([`PrivateKey::to_legacy_pem`]). [`PrivateKey::read`] reads what a server's [`Reader`] reads.
//!
//! ```
//! use scaffolding_keys::{Kind, PrivateKey, random_password};
//!
//! let key = PrivateKey::generate(Kind::EcdsaP256);
//! let password = random_password();
//! let pem = key.to_encrypted_pem(password.as_bytes());
//!
//! let opened = PrivateKey::from_pem(pem.as_bytes(), Some(password.as_bytes()))?;
//! assert_eq!(opened.public_key(), key.public_key());
//! assert!(PrivateKey::from_pem(pem.as_bytes(), Some(b"another")).is_err());
//! # Ok::<(), scaffolding_keys::Error>(())
//! ```

mod blocks;
mod error;
mod flaw;
mod kind;
mod legacy;
mod pbes2;
mod pem_file;
mod plain;
mod private;
mod public;
mod reader;
mod sealed;

pub use blocks::Blocks;
pub use error::{Error, Result};
pub use flaw::Flaw;
pub use pem_file::to_pem;
pub use private::{Kind, PrivateKey};
pub use public::PublicKey;
pub use reader::Reader;

/// A random password of 128 bits, in lower-case hexadecimal digits: safe in a flag, in an
/// environment variable and in every configuration format.
///
/// # Panics
///
/// If the operating system has no randomness.
pub fn random_password() -> String {
    hex::encode(random_bytes::<16>())
}

/// Bytes from the operating system's random number generator.
///
/// # Panics
///
/// If it has none.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has random numbers");
    bytes
}

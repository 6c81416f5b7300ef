//! The public keys and certificates that are copied.

use std::error::Error;

use contract::PUBLIC;
use keys::PublicKey;

/// The key or the certificates in a PEM file.
pub(crate) struct Public {
    /// PEM that is written anew, so that nothing that stands beside them is copied.
    pub(crate) pem: String,
    /// The SHA-256 of each in DER, as hexadecimal digits.
    digests: Vec<String>,
}

/// Why an entry isn't what it is called.
pub(crate) struct Unfit {
    pub(crate) cause: String,
    /// The command that mends it, if one does.
    pub(crate) mend: Option<&'static str>,
}

impl Unfit {
    fn new(error: &(dyn Error + 'static), mend: Option<&'static str>) -> Self {
        Self {
            cause: refusal::sentence(error),
            mend,
        }
    }
}

impl Public {
    /// What `entry` of a Secret holds: a public key in `public`, certificates in any other.
    ///
    /// # Errors
    ///
    /// Why it isn't one.
    pub(crate) fn read(entry: &str, file: &[u8]) -> Result<Self, Unfit> {
        if entry == PUBLIC {
            let key =
                PublicKey::from_pem(file).map_err(|error| Unfit::new(&error, error.mend()))?;
            return Ok(Self {
                pem: key.to_pem(),
                digests: vec![hex::encode(key.log_id())],
            });
        }
        let certificates =
            certs::read_bundle(file).map_err(|error| Unfit::new(&error, error.mend()))?;
        let digests = certificates.iter();
        let digests = digests.map(|one| hex::encode(one.fingerprint())).collect();
        Ok(Self {
            pem: certs::write_bundle(&certificates),
            digests,
        })
    }

    /// How it differs from the `old` one, which may be unreadable: the first key or certificate
    /// that isn't the same, by its digest. `None` when both hold the same ones.
    pub(crate) fn difference(&self, old: Result<&Self, &Unfit>) -> Option<String> {
        let nothing = "nothing";
        let Ok(old) = old else {
            return Some(format!(
                "SHA-256 {} instead of what can't be read",
                self.digests[0]
            ));
        };
        let length = self.digests.len().max(old.digests.len());
        (0..length)
            .map(|at| [&self.digests, &old.digests].map(|digests| digests.get(at)))
            .find(|[new, old]| new != old)
            .map(|pair| pair.map(|digest| digest.map_or(nothing, String::as_str)))
            .map(|[new, old]| format!("SHA-256 {new} instead of {old}"))
    }
}

//! The public keys, the certificates and the logs' origins that are copied.

use std::error::Error;

use address::Origin;
use contract::{ORIGIN, PUBLIC};
use keys::PublicKey;

/// A key, certificates, or an origin.
pub(crate) struct Public {
    /// It is written anew, so that nothing that stands beside it is copied.
    pub(crate) file: String,
    /// What tells it from another: the SHA-256 of each key or certificate in DER, as hexadecimal
    /// digits, or the origin.
    marks: Vec<String>,
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
    /// What `entry` of a Secret holds: a public key in `public`, a name in `origin`,
    /// certificates in any other.
    ///
    /// # Errors
    ///
    /// Why it isn't one.
    pub(crate) fn read(entry: &str, file: &[u8]) -> Result<Self, Unfit> {
        if entry == PUBLIC {
            let key =
                PublicKey::from_pem(file).map_err(|error| Unfit::new(&error, error.mend()))?;
            return Ok(Self {
                file: key.to_pem(),
                marks: vec![format!("SHA-256 {}", hex::encode(key.log_id()))],
            });
        }
        if entry == ORIGIN {
            let text = String::from_utf8_lossy(file);
            let origin: Origin = text.parse().map_err(|error| Unfit::new(&error, None))?;
            return Ok(Self {
                file: origin.to_string(),
                marks: vec![format!("{text:?}")],
            });
        }
        let certificates =
            certs::read_bundle(file).map_err(|error| Unfit::new(&error, error.mend()))?;
        let digests = certificates.iter().map(certs::Certificate::fingerprint);
        Ok(Self {
            file: certs::write_bundle(&certificates),
            marks: digests
                .map(|digest| format!("SHA-256 {}", hex::encode(digest)))
                .collect(),
        })
    }

    /// How it differs from the `old` one, which may be unreadable: the first key or certificate
    /// that isn't the same, by its digest, or the origin. `None` when both hold the same ones.
    pub(crate) fn difference(&self, old: Result<&Self, &Unfit>) -> Option<String> {
        let Ok(old) = old else {
            return Some(format!("{} instead of what can't be read", self.marks[0]));
        };
        let length = self.marks.len().max(old.marks.len());
        (0..length)
            .map(|at| [&self.marks, &old.marks].map(|marks| marks.get(at)))
            .find(|[new, old]| new != old)
            .map(|[new, old]| {
                let new = new.map_or("SHA-256 nothing", String::as_str);
                let old = old.map_or("nothing", |old| old.trim_start_matches("SHA-256 "));
                format!("{new} instead of {old}")
            })
    }
}

//! The certificates of a key.

use std::time::SystemTime;

use certs::Chain;
use keys::PrivateKey;
use refusal::Refusal;
use tracing::warn;

use crate::{Error, Halves, Pair, Result};

impl Pair {
    /// Adds the chain that exists for the key, or else the one that `new` makes.
    ///
    /// Its certificates must be in order and valid, its first one must be the key's, and
    /// `check_purpose` must accept it. When it expires within a year, or when some clients verify
    /// nothing under it, a warning is logged.
    ///
    /// A chain that is missing in the private Secret can't be derived from the key. The public
    /// one's is taken back if it is a root certificate alone, since only the key itself can have
    /// signed that; anything else could come from whoever may write there.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] when the chain isn't like that; [`Error::NotYetValid`] when this clock is
    /// behind.
    pub fn add_chain(
        &self,
        halves: &mut Halves,
        check_purpose: fn(&Chain) -> certs::Result<()>,
        new: impl FnOnce(&PrivateKey) -> certs::Result<Chain>,
    ) -> Result<()> {
        let (chain, pem) = match self.existing_chain()? {
            Some(existing) => existing,
            None => {
                self.refuse_foreign_chain()?;
                let chain = new(&halves.key).map_err(|cause| {
                    let difference = format!("can't be made ({cause})");
                    self.refuse_chain(difference, "correct the flags".into())
                })?;
                let pem = chain.to_pem().into();
                (chain, pem)
            }
        };
        if chain.first().public_key() != halves.key.public_key() {
            let difference = "doesn't belong to the private key beside it".into();
            return Err(self.wrong_chain(difference).into());
        }
        check_purpose(&chain).map_err(|cause| self.unusable_chain(&cause))?;
        let object = self.private.entry(self.layout.trusted);
        match chain.check_validity(SystemTime::now()) {
            Ok(None) => (),
            Ok(Some(ending)) => warn!(
                %object,
                namespace = object.namespace(),
                name = object.name(),
                "{object}: {}", ending.expiry()
            ),
            Err(cause @ certs::Error::NotYetValid { .. }) => {
                return Err(Error::NotYetValid(object, cause));
            }
            Err(cause) => return Err(self.unusable_chain(&cause).into()),
        }
        for reason in chain.unverified_by() {
            warn!(
                %object,
                namespace = object.namespace(),
                name = object.name(),
                "{object}: {reason}"
            );
        }
        self.add(halves, self.layout.trusted, pem);
        Ok(())
    }

    /// The chain in one of the Secrets, and the file that it was read from.
    fn existing_chain(&self) -> Result<Option<(Chain, Vec<u8>)>, Refusal> {
        let entry = self.layout.trusted;
        let read = |pem| Chain::from_pem(pem).map_err(|cause| self.unusable_chain(&cause));
        match (self.private.bytes(entry), self.public.bytes(entry)) {
            (Some(pem), _) => Ok(Some((read(pem)?, pem.to_vec()))),
            (None, Some(pem)) => match read(pem)? {
                root if root.certificates().len() == 1 && root.root().is_self_signed() => {
                    Ok(Some((root, pem.to_vec())))
                }
                _ => Err(self.refuse_chain(
                    format!("is missing, and {} is no proof of it", self.public),
                    format!(
                        "restore it from a backup, or {}",
                        self.to_start_anew_with_both()
                    ),
                )),
            },
            (None, None) => Ok(None),
        }
    }

    fn unusable_chain(&self, cause: &certs::Error) -> Refusal {
        let difference = format!("can't be used ({cause})");
        match cause.mend() {
            Some(command) => {
                let way_out = format!("{command}, or {}", self.to_start_anew());
                self.refuse_chain(difference, way_out)
            }
            None => self.wrong_chain(difference),
        }
    }

    fn wrong_chain(&self, difference: String) -> Refusal {
        let way_out = format!("put the right one there, or {}", self.to_start_anew());
        self.refuse_chain(difference, way_out)
    }

    fn refuse_chain(&self, difference: String, way_out: String) -> Refusal {
        Refusal::new(self.private.entry(self.layout.trusted), difference, way_out)
    }
}

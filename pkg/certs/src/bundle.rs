//! PEM files of certificates.

use keys::{Blocks, Flaw};

use crate::{Certificate, Error, Result};

/// The certificates of a PEM file, in its order, as Fulcio and the timestamp authority read it
/// (`UnmarshalCertificatesFromPEM` in sigstore's `pkg/cryptoutils`): whatever a block is called,
/// and whatever stands before it, but nothing behind the last one.
///
/// They skip a block that they can't decode; here it is refused, since whoever put it there means
/// it.
///
/// # Errors
///
/// [`Error::NotPem`], [`Error::Unreadable`].
pub fn read_bundle(file: &[u8]) -> Result<Vec<Certificate>> {
    if let Some(flaw) = Flaw::of(file) {
        return Err(Error::NotPem(flaw));
    }
    Blocks::of(file)
        .map(|block| {
            Certificate::from_der(block.contents()).map_err(|error| match block.tag() {
                TAG => error,
                label => Error::Unreadable(format!("it is a {label}")),
            })
        })
        .collect()
}

/// A PEM file of `certificates`, in their order.
pub fn write_bundle<'a>(certificates: impl IntoIterator<Item = &'a Certificate>) -> String {
    certificates.into_iter().map(Certificate::to_pem).collect()
}

pub(crate) const TAG: &str = "CERTIFICATE";

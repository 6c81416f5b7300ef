//! PEM files of certificates.

use keys::{Blocks, Flaw};
use pem::Pem;

use crate::{Certificate, Error, Result, certificate::TAG};

/// The certificates of a PEM file, in its order, as Fulcio and the timestamp authority read it
/// (`UnmarshalCertificatesFromPEM` in sigstore's `pkg/cryptoutils`): whatever a block is called,
/// and whatever stands before it, but nothing behind the last one. Blanks around the file don't
/// count.
///
/// They skip a block that they can't decode; here it is refused, since whoever put it there means
/// it.
///
/// # Errors
///
/// [`Error::NotPem`], [`Error::Unreadable`].
pub fn read_bundle(file: &[u8]) -> Result<Vec<Certificate>> {
    let file = file.trim_ascii();
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

/// The certificates of a PEM file, in its order, as ct_server reads its roots
/// (`AppendCertsFromPEM` in certificate-transparency-go's `x509util/pem_cert_pool.go`): whatever
/// else is in it is left out.
///
/// # Errors
///
/// As [`read_bundle`].
pub fn read_pool(file: &[u8]) -> Result<Vec<Certificate>> {
    match Flaw::of(file) {
        None | Some(Flaw::Behind) => (),
        Some(flaw) => return Err(Error::NotPem(flaw)),
    }
    let is_certificate =
        |block: &Pem| block.tag() == TAG && block.headers().iter().next().is_none();
    let certificates: Vec<_> = Blocks::of(file)
        .filter(is_certificate)
        .map(|block| Certificate::from_der(block.contents()))
        .collect::<Result<_>>()?;
    match certificates.is_empty() {
        true => Err(Error::NotPem(Flaw::NoBlock)),
        false => Ok(certificates),
    }
}

/// A PEM file of `certificates`, in their order.
pub fn write_bundle<'a>(certificates: impl IntoIterator<Item = &'a Certificate>) -> String {
    certificates.into_iter().map(Certificate::to_pem).collect()
}

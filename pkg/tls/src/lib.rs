//! Whom to trust in TLS with a server, and why it fails, in words for somebody who can mend it.
//!
//! rustls has the reason, and every library above it wraps that in words of its own, "connection
//! error" mostly. A server whose certificate isn't trusted does answer.

use std::{error::Error, fs, io};

use rustls::{AlertDescription, CertificateError};

/// The certificates to trust in the file of a flag (PEM), and nothing else of it; nothing if the
/// flag is empty.
///
/// # Errors
///
/// Why the file can't be read, or isn't one of certificates.
pub fn trusted(path: &str) -> Result<String, String> {
    if path.is_empty() {
        return Ok(String::new());
    }
    let pem = fs::read(path).map_err(|cause| cause.to_string())?;
    let certificates = certs::read_bundle(&pem).map_err(|cause| cause.to_string())?;
    Ok(certs::write_bundle(&certificates))
}

/// Why TLS failed, if that is the cause of `error`: a sentence about the server.
pub fn reason(error: &(dyn Error + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref() {
            return Some(sentence(error));
        }
        next = match error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

fn sentence(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(error) => certificate(error),
        rustls::Error::InvalidMessage(_) => "it doesn't speak TLS".into(),
        rustls::Error::AlertReceived(AlertDescription::UnrecognisedName) => {
            "it has no certificate for the name that it is called by".into()
        }
        other => format!("TLS with it fails: {other}"),
    }
}

fn certificate(error: &CertificateError) -> String {
    use CertificateError as E;
    match error {
        // A CA of the same name, and another key.
        E::UnknownIssuer | E::BadSignature => "its certificate isn't trusted: none of the CAs that are signed it".into(),
        E::Expired | E::ExpiredContext { .. } => format!("its certificate isn't valid any more: {error}"),
        E::NotValidYet | E::NotValidYetContext { .. } => {
            format!("its certificate isn't valid yet: {error}")
        }
        E::NotValidForName | E::NotValidForNameContext { .. } => {
            format!("its certificate is for another name: {error}")
        }
        // webpki's error, which rustls passes on without a name.
        E::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            "its certificate is a CA's own (CA:TRUE), which Go takes from a server and this program doesn't: \
             give it one that this CA signed"
                .into()
        }
        other => format!("its certificate isn't trusted: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use rustls::OtherError;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("connection error")]
    struct Layer(#[source] Box<dyn Error + Send + Sync>);

    #[test]
    fn the_reason_is_found_beneath_whatever_is_above_it() {
        let unknown = || rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let in_io = io::Error::new(io::ErrorKind::InvalidData, unknown());
        let in_io_twice = io::Error::other(Layer(in_io.into()));
        for error in [
            Layer(unknown().into()),
            Layer(Layer(in_io_twice.into()).into()),
        ] {
            let reason = reason(&error).unwrap();
            assert!(reason.contains("none of the CAs"), "{reason}");
        }
    }

    #[test]
    fn other_failures_have_no_such_reason() {
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert_eq!(reason(&Layer(refused.into())), None);
        assert_eq!(reason(&Layer("connection error".into())), None);
    }

    #[test]
    fn what_only_go_takes_is_told_with_the_way_out() {
        #[derive(Debug, thiserror::Error)]
        #[error("CaUsedAsEndEntity")]
        struct Webpki;
        let other = CertificateError::Other(OtherError(std::sync::Arc::new(Webpki)));
        let reason = reason(&rustls::Error::InvalidCertificate(other)).unwrap();
        assert!(reason.contains("CA:TRUE"), "{reason}");
    }
}

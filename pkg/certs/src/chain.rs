//! Chains of certificates.

use std::time::{Duration, SystemTime};

use crate::{Certificate, Error, MOST_INTERMEDIATES, Result, path, read_bundle, write_bundle};

/// A chain: each certificate is signed by the next one. The first is a leaf (the timestamp
/// authority's) or an issuing authority (Fulcio's), the last is trusted as it is: a root
/// certificate, or one that another authority signed. A certificate alone is a chain too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// As its server was given them.
    file: Vec<Certificate>,
    /// Those of them that its server needs, in order.
    path: Vec<Certificate>,
}

impl Chain {
    /// Reads a PEM file that holds a chain: the first certificate, the last one, and between them
    /// those that connect them.
    ///
    /// # Errors
    ///
    /// As [`read_bundle`], and [`Error::Order`], [`Error::NoIssuer`], [`Error::Unfit`] and
    /// [`Error::TooLong`].
    pub fn from_pem(file: &[u8]) -> Result<Self> {
        let certificates = read_bundle(file)?;
        Self::checked(&certificates)
            .map_err(|problem| Self::misordered(&certificates).unwrap_or(problem))
    }

    /// The error that certificates would be a chain in another order, if they would.
    pub(crate) fn misordered(certificates: &[Certificate]) -> Option<Error> {
        let mut pairs = certificates.windows(2);
        let at = pairs.position(|pair| !pair[0].is_signed_by(&pair[1]))?;
        let another_order = Self::ordered(certificates.to_vec());
        another_order.is_ok().then(|| Error::Order {
            position: at + 1,
            subject: certificates[at].name(),
        })
    }

    /// Orders certificates by who signed whom. If they form more than one chain, the longest is
    /// meant, and has to have all of them.
    ///
    /// # Errors
    ///
    /// [`Error::Surplus`] names what isn't part of it; as [`Chain::from_pem`].
    pub fn ordered(certificates: Vec<Certificate>) -> Result<Self> {
        let signs_no_other = |issuer: &&Certificate| {
            let mut others = certificates.iter().filter(|other| other != issuer);
            !others.any(|other| other.is_signed_by(issuer))
        };
        let firsts = certificates.iter().filter(signs_no_other);
        let mut chains: Vec<_> = firsts.map(|first| upwards(first, &certificates)).collect();
        chains.sort_by_key(Vec::len);
        let chain = chains.pop().unwrap_or_default();
        let mut rest = certificates.iter();
        match rest.find(|certificate| !chain.contains(certificate)) {
            Some(foreign) => Err(Error::Surplus(foreign.name())),
            None => Self::checked(&chain.into_iter().cloned().collect::<Vec<_>>()),
        }
    }

    fn checked(file: &[Certificate]) -> Result<Self> {
        let path = path::through(file)?;
        match path.len() {
            0 => Err(Error::NotPem(keys::Flaw::NoBlock)),
            length if length > MOST_INTERMEDIATES + 2 => Err(Error::TooLong(length - 2)),
            _ => Ok(Self {
                file: file.to_vec(),
                path,
            }),
        }
    }

    /// The certificates, each signed by the next one. What else was in the file isn't among them.
    pub fn certificates(&self) -> &[Certificate] {
        &self.path
    }

    /// All certificates, as they were in the file.
    pub(crate) fn file(&self) -> &[Certificate] {
        &self.file
    }

    /// The first certificate: a leaf or an issuing authority.
    pub fn first(&self) -> &Certificate {
        &self.path[0]
    }

    /// The last certificate: the root certificate.
    pub fn root(&self) -> &Certificate {
        &self.path[self.path.len() - 1]
    }

    /// A PEM file with the chain in its order.
    pub fn to_pem(&self) -> String {
        write_bundle(&self.path)
    }

    /// Checks that all are valid at `now`. Of those that expire within a year, the first to expire
    /// is returned.
    ///
    /// # Errors
    ///
    /// [`Error::Expired`] and [`Error::NotYetValid`].
    pub fn check_validity(&self, now: SystemTime) -> Result<Option<&Certificate>> {
        let at = |time| humantime::format_rfc3339_seconds(time).to_string();
        for certificate in &self.path {
            let subject = certificate.name();
            if certificate.not_after() < now {
                return Err(Error::Expired {
                    subject,
                    at: at(certificate.not_after()),
                });
            }
            if now < certificate.not_before() {
                return Err(Error::NotYetValid {
                    subject,
                    at: at(certificate.not_before()),
                });
            }
        }
        let expires_soon = |certificate: &&Certificate| certificate.not_after() < now + YEAR;
        Ok(self
            .path
            .iter()
            .filter(expires_soon)
            .min_by_key(|certificate| certificate.not_after()))
    }
}

/// The longest path that begins with `first`: whoever signed it, whoever signed that, and so on.
fn upwards<'a>(first: &'a Certificate, certificates: &'a [Certificate]) -> Vec<&'a Certificate> {
    let mut path = vec![first];
    while let Some(issuer) = certificates
        .iter()
        .find(|issuer| !path.contains(issuer) && path[path.len() - 1].is_signed_by(issuer))
    {
        path.push(issuer);
    }
    path
}

const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

//! Chains of certificates.

use std::time::{Duration, SystemTime};

use x509_cert::der::oid::ObjectIdentifier;

use crate::{Certificate, Error, MOST_INTERMEDIATES, Result, read_bundle, write_bundle};

/// A chain: each certificate is signed by the next, and the last, the root certificate, by itself.
/// The first is a leaf (the timestamp authority's) or an issuing authority (Fulcio's). A root
/// certificate alone is a chain too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain(Vec<Certificate>);

impl Chain {
    /// Reads a PEM file that holds a chain in its order.
    ///
    /// # Errors
    ///
    /// As [`read_bundle`], and [`Error::Order`], [`Error::NoRoot`] and [`Error::TooLong`].
    pub fn from_pem(file: &[u8]) -> Result<Self> {
        let chain = read_bundle(file)?;
        for (position, pair) in chain.windows(2).enumerate() {
            if !pair[0].is_signed_by(&pair[1]) {
                return Err(Error::Order {
                    position: position + 1,
                    subject: pair[0].subject(),
                });
            }
        }
        Self::checked(chain)
    }

    /// Orders certificates by who signed whom. If they form more than one chain, the longest is
    /// meant, and has to have all of them.
    ///
    /// # Errors
    ///
    /// [`Error::NoChain`] names what isn't part of it; [`Error::NoRoot`] and [`Error::TooLong`].
    pub fn ordered(certificates: Vec<Certificate>) -> Result<Self> {
        let signs_no_other = |issuer: &&Certificate| {
            let mut others = certificates.iter().filter(|other| other != issuer);
            !others.any(|other| other.is_signed_by(issuer))
        };
        let firsts = certificates.iter().filter(signs_no_other);
        let mut chains: Vec<_> = firsts.map(|first| path(first, &certificates)).collect();
        chains.sort_by_key(Vec::len);
        let chain = chains.pop().ok_or(Error::NotPem)?;
        let mut rest = certificates.iter();
        match rest.find(|certificate| !chain.contains(certificate)) {
            Some(foreign) => Err(Error::NoChain(foreign.subject())),
            None => Self::checked(chain.into_iter().cloned().collect()),
        }
    }

    fn checked(chain: Vec<Certificate>) -> Result<Self> {
        match chain.last() {
            None => Err(Error::NotPem),
            Some(last) if !last.is_self_signed() => Err(Error::NoRoot(last.subject())),
            Some(_) if chain.len() > MOST_INTERMEDIATES + 2 => Err(Error::TooLong(chain.len() - 2)),
            Some(_) => Ok(Self(chain)),
        }
    }

    /// All certificates, the root certificate last.
    pub fn certificates(&self) -> &[Certificate] {
        &self.0
    }

    /// The first certificate: a leaf or an issuing authority.
    pub fn first(&self) -> &Certificate {
        &self.0[0]
    }

    /// The last certificate: the root certificate.
    pub fn root(&self) -> &Certificate {
        &self.0[self.0.len() - 1]
    }

    /// A PEM file with the chain in its order.
    pub fn to_pem(&self) -> String {
        write_bundle(&self.0)
    }

    /// Checks that all are valid at `now`. Of those that expire within a year, the first to expire
    /// is returned.
    ///
    /// # Errors
    ///
    /// [`Error::Expired`] and [`Error::NotYetValid`].
    pub fn check_validity(&self, now: SystemTime) -> Result<Option<&Certificate>> {
        let at = |time| humantime::format_rfc3339_seconds(time).to_string();
        for certificate in &self.0 {
            let subject = certificate.subject();
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
            .0
            .iter()
            .filter(expires_soon)
            .min_by_key(|certificate| certificate.not_after()))
    }

    /// Checks what Fulcio's `fileca` asks of a chain beside its order (`ca.VerifyCertChain`): the
    /// first certificate may sign others, and is for code signing unless it is the root
    /// certificate.
    ///
    /// # Errors
    ///
    /// [`Error::Purpose`].
    pub fn check_issuing(&self) -> Result<()> {
        let first = self.first();
        let code_signing = || {
            first
                .extended_key_usage()
                .is_some_and(|(_, purposes)| purposes.contains(&CODE_SIGNING))
        };
        match first.is_ca() {
            false => Err(first.unfit("is no certificate authority")),
            true if self.0.len() > 1 && !code_signing() => Err(first.unfit(
                "isn't for code signing (ExtendedKeyUsage), which Fulcio asks of an intermediate",
            )),
            true => Ok(()),
        }
    }

    /// Checks what the timestamp authority asks of a chain beside its order
    /// (`pkg/x509.VerifyCertChain`): a leaf below one authority or more. The leaf's only purpose is
    /// timestamping, in an extension that is critical (RFC 3161, section 2.3).
    ///
    /// # Errors
    ///
    /// [`Error::Purpose`].
    pub fn check_timestamping(&self) -> Result<()> {
        let leaf = self.first();
        if self.0.len() < 2 || leaf.is_ca() {
            return Err(
                leaf.unfit("is no leaf below an authority, which a timestamping chain begins with")
            );
        }
        match leaf.extended_key_usage() {
            Some((true, purposes)) if purposes == [TIME_STAMPING] => Ok(()),
            _ => Err(leaf.unfit("isn't for timestamping alone (ExtendedKeyUsage, critical)")),
        }
    }
}

/// The longest path that begins with `first`: whoever signed it, whoever signed that, and so on.
fn path<'a>(first: &'a Certificate, certificates: &'a [Certificate]) -> Vec<&'a Certificate> {
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
const CODE_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.3");
const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");

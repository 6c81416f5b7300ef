//! Certificate chains, as clients are told of them.

use std::time::SystemTime;

use certs::{Certificate, Chain, MOST_INTERMEDIATES};
use jiff::Timestamp;

use crate::{
    Error, Result,
    merge::Trusted,
    trusted_root::{Authority, Subject, Validity},
};

impl Authority {
    /// Fulcio's chain: nothing but authorities.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] names the certificate.
    pub(crate) fn issuing(chain: &Chain, url: &str) -> Result<Self> {
        let certificates = chain.certificates();
        if let Some(leaf) = certificates.iter().find(|certificate| !certificate.is_ca()) {
            let problem = format!(
                "holds a certificate that may not sign others: {}",
                leaf.subject()
            );
            return Err(Error::input("Fulcio's chain", problem));
        }
        // The first, which signs, is an intermediate here.
        let intermediates = certificates.len() - 1;
        if intermediates > MOST_INTERMEDIATES {
            let problem = format!(
                "has {intermediates} intermediate certificates, at most {MOST_INTERMEDIATES} are \
                 allowed"
            );
            return Err(Error::input("Fulcio's chain", problem));
        }
        Ok(Self::from_chain(chain, url))
    }

    /// A timestamping authority's chain: the leaf, then nothing but authorities.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] names the certificate.
    pub(crate) fn timestamping(chain: &Chain, url: &str) -> Result<Self> {
        let invalid = |problem: String| Error::input("the timestamping chain", problem);
        let (leaf, authorities) = (chain.first(), &chain.certificates()[1..]);
        if leaf.is_ca() || authorities.is_empty() {
            return Err(invalid(format!("has no leaf before {}", leaf.subject())));
        }
        match authorities.iter().find(|certificate| !certificate.is_ca()) {
            Some(other) => Err(invalid(format!("has a second leaf, {}", other.subject()))),
            None => Ok(Self::from_chain(chain, url)),
        }
    }

    fn from_chain(chain: &Chain, url: &str) -> Self {
        let subject = Subject {
            organization: chain.root().organization(),
            common_name: chain.root().common_name(),
        };
        let certificates = chain.certificates().to_vec();
        Self::new(url, subject, certificates, validity(chain.first()))
    }
}

impl Trusted for Authority {
    fn is_same(&self, other: &Self) -> bool {
        self.certificates().eq(other.certificates())
    }

    fn digests(&self) -> Vec<String> {
        let certificates = self.certificates();
        certificates
            .map(|certificate| hex::encode(certificate.fingerprint()))
            .collect()
    }

    fn description(&self) -> String {
        let (subject, digest) = (self.first().subject(), self.first().fingerprint());
        let shown: String = subject.chars().take(LONGEST_SUBJECT).collect();
        let rest = if shown == subject { "" } else { "…" };
        format!("chain of {shown}{rest} (SHA-256 {})", hex::encode(digest))
    }

    fn url(&self) -> &str {
        &self.uri
    }

    fn set_url(&mut self, url: &str) {
        self.uri = url.into();
    }

    fn validity(&self) -> &Validity {
        &self.valid_for
    }

    fn set_end(&mut self, end: Option<Timestamp>) {
        self.valid_for.end = end;
    }

    fn natural_end(&self) -> Option<Timestamp> {
        validity(self.first()).end
    }

    fn check_new(&self, now: Timestamp) -> Result<()> {
        for certificate in self.certificates() {
            let at = timestamp(certificate.not_after());
            if at < now {
                return Err(Error::Expired {
                    subject: certificate.subject(),
                    at,
                });
            }
        }
        Ok(())
    }
}

/// As long as `certificate` says.
fn validity(certificate: &Certificate) -> Validity {
    Validity {
        start: timestamp(certificate.not_before()),
        end: Some(timestamp(certificate.not_after())),
    }
}

/// `time` as a timestamp. The last second of 9999, by which a certificate says that it doesn't
/// expire (RFC 5280, section 4.1.2.5), is a day after the last timestamp, which then stands for it.
pub(crate) fn timestamp(time: SystemTime) -> Timestamp {
    Timestamp::try_from(time).unwrap_or(LAST)
}

const LAST: Timestamp = Timestamp::constant(253_402_207_200, 0);

/// How much of a subject's name a message has room for.
const LONGEST_SUBJECT: usize = 50;

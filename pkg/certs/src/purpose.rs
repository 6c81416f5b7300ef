//! What a chain is for: the rules of the servers that start with it, and of the clients that verify
//! what they issue.

use x509_cert::der::oid::ObjectIdentifier as Oid;

use crate::{Certificate, Chain, Error, Result, names, policies};

impl Chain {
    /// Checks what Fulcio asks of a chain (`ca.VerifyCertChain` in `pkg/ca/common.go`): the first
    /// certificate is an authority that Go verifies for code signing, and says so itself unless it
    /// is the only one.
    ///
    /// Fulcio would start with some chains below which nothing it issues is ever verified, and they
    /// are refused too. Clients go one step further than Fulcio did: to the certificate that it
    /// issued. And the CT log takes that only together with the whole file, each certificate signed
    /// by the next (`chainsEquivalent` in certificate-transparency-go's
    /// `trillian/ctfe/cert_checker.go`).
    ///
    /// # Errors
    ///
    /// [`Error::Unfit`]; [`Error::Twice`], [`Error::Order`] and [`Error::Surplus`].
    pub fn check_issuing(&self) -> Result<()> {
        let (first, authorities) = (self.first(), self.certificates());
        if !first.is_ca() {
            return Err(first.unfit("is no certificate authority"));
        }
        first.check_signs()?;
        check_path(authorities, 0, CODE_SIGNING)?;
        if self.file().len() > 1 && !has(first, CODE_SIGNING) {
            return Err(first.unfit(
                "isn't for code signing (extendedKeyUsage=codeSigning), which Fulcio asks of an \
                 intermediate",
            ));
        }
        check_policies(None, authorities)?;
        check_strength(first)?;
        self.check_file()
    }

    /// Checks what the timestamp authority asks of a chain (`pkg/x509.VerifyCertChain`): a leaf
    /// that Go verifies for timestamping, whose only purpose that is, in an extension that is
    /// critical (RFC 3161, section 2.3); authorities above it; and the same purpose in each of
    /// those between it and the last.
    ///
    /// # Errors
    ///
    /// [`Error::Unfit`]; [`Error::Order`], if that is what makes it unfit.
    pub fn check_timestamping(&self) -> Result<()> {
        self.judge_timestamping()
            .map_err(|problem| Self::misordered(self.file()).unwrap_or(problem))
    }

    fn judge_timestamping(&self) -> Result<()> {
        let (leaf, authorities) = (self.first(), &self.certificates()[1..]);
        let above = &self.file()[1..];
        if above.is_empty() {
            return Err(leaf.unfit("has no authority above it in its chain"));
        }
        if leaf.is_ca() {
            return Err(
                leaf.unfit("is no leaf below an authority, which a timestamping chain begins with")
            );
        }
        match leaf.extended_key_usage() {
            Some((true, purposes)) if only_known(&purposes) == [TIME_STAMPING] => (),
            _ => {
                return Err(leaf.unfit(
                    "isn't for timestamping alone (extendedKeyUsage=critical,timeStamping)",
                ));
            }
        }
        if let Some(other) = above.iter().find(|certificate| !certificate.is_ca()) {
            return Err(other.unfit("is no certificate authority"));
        }
        let mut between = above.iter().take(above.len().saturating_sub(1));
        if let Some(intermediate) = between.find(|authority| !has(authority, TIME_STAMPING)) {
            return Err(intermediate.unfit(
                "isn't for timestamping (extendedKeyUsage=timeStamping), which timestamp-server \
                 asks of an intermediate",
            ));
        }
        check_path(self.certificates(), 1, TIME_STAMPING)?;
        check_policies(Some(leaf), authorities)?;
        check_strength(leaf)
    }

    /// Checks that each certificate in the file is signed by the next one, and is there once.
    fn check_file(&self) -> Result<()> {
        let file = self.file();
        for (at, certificate) in file.iter().enumerate() {
            if file[..at].contains(certificate) {
                return Err(Error::Twice(certificate.name()));
            }
        }
        for (at, pair) in file.windows(2).enumerate() {
            if !pair[0].is_signed_by(&pair[1]) {
                let mut foreign = pair.iter().filter(|one| !self.certificates().contains(one));
                return Err(match foreign.next() {
                    Some(foreign) => Error::Surplus(foreign.name()),
                    None => Error::Order {
                        position: at + 1,
                        subject: pair[0].name(),
                    },
                });
            }
        }
        Ok(())
    }
}

/// What Go checks of each certificate in a path (`isValid`, `checkChainForKeyUsage` and
/// `checkChainConstraints`). Those from `first_authority` on are above the leaf.
fn check_path(path: &[Certificate], first_authority: usize, purpose: Oid) -> Result<()> {
    for (at, certificate) in path.iter().enumerate() {
        let extensions = certificate.extensions();
        if let Some(unknown) = &extensions.unknown {
            return Err(certificate.unfit(format!(
                "has a critical extension that no server knows, or not this use of it: {unknown}"
            )));
        }
        if let (Some(below), Some((_, Some(most)))) =
            (at.checked_sub(first_authority), extensions.authority)
            && below as u64 > most
        {
            return Err(certificate.unfit(format!(
                "may have {most} authorities below it (pathlen), and has {below}: what is issued \
                 there isn't verified"
            )));
        }
        let allows = |(_, purposes): &(bool, Vec<Oid>)| {
            purposes.is_empty()
                || [purpose, ANY_PURPOSE]
                    .iter()
                    .any(|one| purposes.contains(one))
        };
        if !extensions.purposes.as_ref().is_none_or(allows) {
            return Err(certificate.unfit(format!(
                "is for other purposes only (extendedKeyUsage without {})",
                if purpose == CODE_SIGNING {
                    "codeSigning"
                } else {
                    "timeStamping"
                }
            )));
        }
    }
    match names::forbidden(path) {
        None => Ok(()),
        Some((certificate, above)) => Err(certificate.unfit(format!(
            "has a name that {} doesn't allow (nameConstraints)",
            above.name()
        ))),
    }
}

fn check_policies(leaf: Option<&Certificate>, authorities: &[Certificate]) -> Result<()> {
    let below_root = &authorities[..authorities.len().saturating_sub(1)];
    match leaf.or(below_root.first()) {
        Some(lowest) if !policies::are_valid(leaf, below_root) => Err(lowest.unfit(
            "lacks a certificate policy that its chain asks for (policyConstraints): what is \
             issued there isn't verified",
        )),
        _ => Ok(()),
    }
}

fn check_strength(signer: &Certificate) -> Result<()> {
    signer
        .key_kind()
        .weakness()
        .map_or(Ok(()), |weakness| Err(signer.unfit(weakness)))
}

/// The purposes that Go has a name for (`extKeyUsageOIDs` in `crypto/x509/x509.go`, Go 1.26): the
/// servers count no others.
fn only_known(purposes: &[Oid]) -> Vec<Oid> {
    let names = KNOWN_PURPOSES.map(Oid::new_unwrap);
    let known = purposes.iter().filter(|purpose| names.contains(purpose));
    known.copied().collect()
}

/// Whether a purpose is among those that a certificate names.
fn has(certificate: &Certificate, purpose: Oid) -> bool {
    let purposes = certificate.extensions().purposes.as_ref();
    purposes.is_some_and(|(_, purposes)| purposes.contains(&purpose))
}

const CODE_SIGNING: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.3");
const TIME_STAMPING: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.8");
const ANY_PURPOSE: Oid = Oid::new_unwrap("2.5.29.37.0");
const KNOWN_PURPOSES: [&str; 14] = [
    "2.5.29.37.0",
    "1.3.6.1.5.5.7.3.1",
    "1.3.6.1.5.5.7.3.2",
    "1.3.6.1.5.5.7.3.3",
    "1.3.6.1.5.5.7.3.4",
    "1.3.6.1.5.5.7.3.5",
    "1.3.6.1.5.5.7.3.6",
    "1.3.6.1.5.5.7.3.7",
    "1.3.6.1.5.5.7.3.8",
    "1.3.6.1.5.5.7.3.9",
    "1.3.6.1.4.1.311.10.3.3",
    "2.16.840.1.113730.4.1",
    "1.3.6.1.4.1.311.2.1.22",
    "1.3.6.1.4.1.311.61.1.1",
];

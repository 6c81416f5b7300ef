//! Clients that want more of a chain than cosign and everybody else who uses Go's `crypto/x509`.
//! The chain is none the worse for them, so this is for a warning.

use std::time::{Duration, SystemTime};

use x509_cert::{
    der::{Tag, Tagged as _, oid::ObjectIdentifier as Oid},
    ext::pkix::{KeyUsage, KeyUsages, name::GeneralName},
    time::Time,
};

use crate::{Certificate, Chain, algorithms::KeyKind, extensions};

impl Chain {
    /// Which clients verify nothing that is signed with this chain, although cosign does, and why.
    pub fn unverified_by(&self) -> Vec<String> {
        let first = self.first();
        let python = match first.is_ca() {
            true => issuing_in_python(first).map(|reason| (first, reason)),
            false => timestamping_in_python(self.certificates()),
        };
        let python = python.map(|(at, reason)| ("sigstore-python", at, reason));
        let javascript = in_javascript(self.certificates());
        let javascript = javascript.map(|(at, reason)| ("sigstore-js", at, reason));
        let verifies_nothing = |(client, certificate, reason): (_, &Certificate, _)| {
            format!(
                "{client} verifies nothing under it: {} {reason}",
                certificate.name()
            )
        };
        python
            .into_iter()
            .chain(javascript)
            .map(verifies_nothing)
            .collect()
    }
}

/// What cryptography's `x509.verification` asks of the authority that issued a certificate, in
/// sigstore-python's `verify/verifier.py`; it trusts each certificate of the chain.
fn issuing_in_python(authority: &Certificate) -> Option<&'static str> {
    let extensions = authority.extensions();
    let is_critical = |id| extensions.critical.contains(&id);
    let is_unknown = |id: &Oid| !KNOWN_TO_PYTHON.contains(id);
    let mut constrained = constrained(authority);
    let is_uri = |name: &GeneralName| matches!(name, GeneralName::UniformResourceIdentifier(_));
    let findings = [
        (
            !is_critical(BASIC_CONSTRAINTS),
            "has no critical BasicConstraints",
        ),
        (
            !extensions.usage.is_some_and(|usage| usage.key_cert_sign()),
            "has no KeyUsage with keyCertSign",
        ),
        (is_critical(PURPOSES), "has a critical ExtendedKeyUsage"),
        (
            extensions.key_identifier.is_none(),
            "has no SubjectKeyIdentifier",
        ),
        (
            extensions.issuer_key_identifier == Some(None),
            "has an AuthorityKeyIdentifier without a key's",
        ),
        (
            extensions.critical.iter().any(is_unknown),
            "has critical extensions that it doesn't know",
        ),
        (constrained.any(is_uri), "constrains URIs"),
    ];
    let mut findings = findings.into_iter();
    let found = findings.find_map(|(is_so, reason)| is_so.then_some(reason));
    found.or_else(|| issuing_in_python_too(authority))
}

/// The same for what isn't an extension.
fn issuing_in_python_too(authority: &Certificate) -> Option<&'static str> {
    let tbs = authority.parsed().tbs_certificate();
    let serial = tbs.serial_number().as_bytes();
    let validity = tbs.validity();
    if authority.key_kind() == KeyKind::Ed25519 {
        Some("has an Ed25519 key")
    } else if tbs.issuer().is_empty() || tbs.subject().is_empty() {
        Some("has an empty name")
    } else if serial.strip_prefix(&[0]).unwrap_or(serial).len() > 20 {
        Some("has a serial number of more than 20 bytes")
    } else if [validity.not_before, validity.not_after]
        .iter()
        .any(is_generalized)
    {
        Some("says a time before 2050 as GeneralizedTime")
    } else {
        None
    }
}

/// What its name constraints permit and exclude.
fn constrained(certificate: &Certificate) -> impl Iterator<Item = &GeneralName> {
    let constraints = certificate.extensions().name_constraints.iter();
    constraints.flat_map(extensions::bases)
}

/// What OpenSSL asks of a timestamping chain, in sigstore-python's rfc3161-client; and cryptography
/// of the leaf's extensions.
fn timestamping_in_python(path: &[Certificate]) -> Option<(&Certificate, &'static str)> {
    let (leaf, root) = (path.first()?, path.last()?);
    let more = |usage: &KeyUsage| {
        usage.0 != KeyUsages::DigitalSignature
            && usage.0 != KeyUsages::NonRepudiation
            && usage.0 != KeyUsages::DigitalSignature | KeyUsages::NonRepudiation
    };
    let is_latin = leaf.parsed().tbs_certificate().issuer().iter().any(|part| {
        part.value.tag() == Tag::TeletexString && std::str::from_utf8(part.value.value()).is_err()
    });
    let constrains_subjects = |certificate: &&Certificate| {
        constrained(certificate).any(|base| matches!(base, GeneralName::DirectoryName(_)))
    };
    first_of([
        (
            leaf.extensions()
                .usage
                .as_ref()
                .is_some_and(more)
                .then_some(leaf),
            "has another KeyUsage than digitalSignature",
        ),
        (with_empty_usage(path), "has an empty KeyUsage"),
        (
            is_latin.then_some(leaf),
            "has an issuer's name in a TeletexString",
        ),
        (with_odd_length(path), ODD_LENGTH),
        (
            path[1..].iter().find(constrains_subjects),
            "constrains subjects",
        ),
        (with_another_identifier(path, None), ANOTHER_IDENTIFIER),
        (
            (!root.is_self_issued()).then_some(root),
            "ends it, and isn't a root certificate",
        ),
    ])
}

/// What sigstore-js asks of a chain (`CertificateChainVerifier` in `@sigstore/verify`), and the
/// certificate that isn't like that.
fn in_javascript(path: &[Certificate]) -> Option<(&Certificate, &'static str)> {
    let root = path.last()?;
    let pss = path
        .iter()
        .find(|certificate| certificate.has_pss_signature());
    let is_root = root.is_ca() && root.is_self_issued() && root.has_sha2_signature();
    let authorities = &path[usize::from(!path[0].is_ca())..];
    first_of([
        (pss, "is signed with RSA-PSS"),
        (with_empty_usage(authorities), "has an empty KeyUsage"),
        (with_odd_length(path), ODD_LENGTH),
        (with_another_identifier(path, None), ANOTHER_IDENTIFIER),
        (
            (!is_root).then_some(root),
            "ends it, and isn't signed by itself with SHA-2 as an authority",
        ),
    ])
}

fn first_of<'a, const N: usize>(
    findings: [(Option<&'a Certificate>, &'static str); N],
) -> Option<(&'a Certificate, &'static str)> {
    let mut findings = findings.into_iter();
    findings.find_map(|(certificate, reason)| Some((certificate?, reason)))
}

fn with_empty_usage(path: &[Certificate]) -> Option<&Certificate> {
    let is_empty = |certificate: &&Certificate| {
        let usage = certificate.extensions().usage.as_ref();
        usage.is_some_and(|usage| usage.0.is_empty())
    };
    path.iter().find(is_empty)
}

fn with_odd_length(path: &[Certificate]) -> Option<&Certificate> {
    let is_odd = |certificate: &&Certificate| {
        matches!(certificate.extensions().authority, Some((false, Some(_))))
    };
    path.iter().find(is_odd)
}

/// A certificate that names its issuer's key otherwise than the issuer does.
/// The last one's issuer is `own`, if it is looked at.
fn with_another_identifier<'a>(
    path: &'a [Certificate],
    own: Option<&'a Certificate>,
) -> Option<&'a Certificate> {
    let issuers = path.iter().skip(1).chain(own);
    let differs = |(certificate, issuer): &(&Certificate, &Certificate)| {
        let named = certificate
            .extensions()
            .issuer_key_identifier
            .clone()
            .flatten();
        let known = issuer.extensions().key_identifier.as_ref();
        matches!((named, known), (Some(named), Some(known)) if named != *known)
    };
    path.iter()
        .zip(issuers)
        .find(differs)
        .map(|(certificate, _)| certificate)
}

fn is_generalized(time: &Time) -> bool {
    let year_2050 = SystemTime::UNIX_EPOCH + Duration::from_secs(2_524_608_000);
    matches!(time, Time::GeneralTime(_)) && time.to_system_time() < year_2050
}

const ANOTHER_IDENTIFIER: &str = "has an AuthorityKeyIdentifier that isn't its issuer's";
const ODD_LENGTH: &str = "is no authority, and has a pathlen";
const KNOWN_TO_PYTHON: [Oid; 5] = [
    BASIC_CONSTRAINTS,
    KEY_USAGE,
    NAMES,
    NAME_CONSTRAINTS,
    PURPOSES,
];
const KEY_USAGE: Oid = Oid::new_unwrap("2.5.29.15");
const NAMES: Oid = Oid::new_unwrap("2.5.29.17");
const BASIC_CONSTRAINTS: Oid = Oid::new_unwrap("2.5.29.19");
const NAME_CONSTRAINTS: Oid = Oid::new_unwrap("2.5.29.30");
const PURPOSES: Oid = Oid::new_unwrap("2.5.29.37");

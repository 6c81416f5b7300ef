//! Making certificates.

use std::time::{Duration, SystemTime};

use keys::PrivateKey;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, DnValue,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose,
    PublicKeyData as _, SerialNumber,
};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use crate::{Certificate, Chain, Error, Result};

/// When a certificate is valid.
#[derive(Debug, Clone, Copy)]
pub struct Validity {
    /// From when on.
    pub not_before: SystemTime,
    /// Until when.
    pub not_after: SystemTime,
}

impl Validity {
    /// From five minutes before `now`, since clocks differ, until `length` after it.
    ///
    /// # Errors
    ///
    /// [`Error::CannotIssue`] past the year 9999.
    pub fn from(now: SystemTime, length: Duration) -> Result<Self> {
        let end = now
            .checked_add(length)
            .filter(|end| *end < SystemTime::UNIX_EPOCH + YEAR_9999);
        let not_after =
            end.ok_or_else(|| Error::CannotIssue("it would end after the year 9999".into()))?;
        Ok(Self {
            not_before: now - Duration::from_secs(5 * 60),
            not_after,
        })
    }
}

/// The subject's name of a certificate. An empty part is left out.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    /// C: two letters of ISO 3166.
    pub country: String,
    /// ST: the state or province.
    pub province: String,
    /// L: the city.
    pub locality: String,
    /// The street and number.
    pub street: String,
    /// The postal code.
    pub postal_code: String,
    /// O: the organization.
    pub organization: String,
    /// CN: a name that tells this certificate from others.
    pub common_name: String,
}

impl Subject {
    fn distinguished_name(&self) -> Result<DistinguishedName> {
        let mut name = DistinguishedName::new();
        if !self.country.is_empty() {
            let country = self.country.as_str().try_into();
            let country =
                country.map_err(|_| Error::CannotIssue(format!("country {:?}", self.country)))?;
            name.push(DnType::CountryName, DnValue::PrintableString(country));
        }
        for (kind, value) in [
            (DnType::StateOrProvinceName, &self.province),
            (DnType::LocalityName, &self.locality),
            (DnType::from_oid(&STREET_ADDRESS), &self.street),
            (DnType::from_oid(&POSTAL_CODE), &self.postal_code),
            (DnType::OrganizationName, &self.organization),
            (DnType::CommonName, &self.common_name),
        ] {
            if !value.is_empty() {
                name.push(kind, value.as_str());
            }
        }
        Ok(name)
    }
}

/// A self-signed root certificate for Fulcio's `fileca` (`pkg/ca/fileca` and `ca.VerifyCertChain`
/// in Fulcio): an authority that may have one intermediate below it.
///
/// A key of any kind signs with the hash that Go's `x509.CreateCertificate` takes for it: SHA-256
/// for P-256 and RSA (PKCS#1 v1.5), SHA-384 for P-384, SHA-512 for P-521.
///
/// # Errors
///
/// [`Error::CannotIssue`].
pub fn root_certificate(
    key: &PrivateKey,
    subject: &Subject,
    validity: Validity,
) -> Result<Certificate> {
    let key = key_pair(key)?;
    let mut params = authority_params(&key, subject, validity)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(1));
    issued(params.self_signed(&key))
}

/// A chain for the timestamp authority (`pkg/x509.VerifyCertChain` in timestamp-authority): a leaf
/// for `leaf`, whose only purpose, critical, is timestamping (RFC 3161, section 2.3), an
/// intermediate for that purpose and a root. The keys may be of different kinds.
///
/// # Errors
///
/// [`Error::CannotIssue`].
pub fn timestamping_chain(
    leaf: &PrivateKey,
    intermediate: &PrivateKey,
    root: &PrivateKey,
    organization: &str,
    validity: Validity,
) -> Result<Chain> {
    let [leaf, intermediate, root] = [key_pair(leaf)?, key_pair(intermediate)?, key_pair(root)?];
    let subject = |common_name: &str| Subject {
        organization: organization.into(),
        common_name: common_name.into(),
        ..Subject::default()
    };

    let root_params = authority_params(&root, &subject("TSA root"), validity)?;
    let root_certificate = issued(root_params.self_signed(&root))?;
    let root = Issuer::new(root_params, root);

    let mut params = authority_params(&intermediate, &subject("TSA intermediate"), validity)?;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::TimeStamping];
    params.use_authority_key_identifier_extension = true;
    let intermediate_certificate = issued(params.signed_by(&intermediate, &root))?;
    let intermediate = Issuer::new(params, intermediate);

    let mut params = certificate_params(&leaf, &subject("TSA timestamping"), validity)?;
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    // rcgen's own ExtendedKeyUsage is never critical.
    let mut purpose =
        CustomExtension::from_oid_content(&EXTENDED_KEY_USAGE, ONLY_TIMESTAMPING.to_vec());
    purpose.set_criticality(true);
    params.custom_extensions = vec![purpose];
    let leaf_certificate = issued(params.signed_by(&leaf, &intermediate))?;

    Chain::ordered(vec![
        leaf_certificate,
        intermediate_certificate,
        root_certificate,
    ])
}

fn authority_params(
    key: &KeyPair,
    subject: &Subject,
    validity: Validity,
) -> Result<CertificateParams> {
    let mut params = certificate_params(key, subject, validity)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

fn certificate_params(
    key: &KeyPair,
    subject: &Subject,
    validity: Validity,
) -> Result<CertificateParams> {
    let mut params = CertificateParams::default();
    params.distinguished_name = subject.distinguished_name()?;
    params.not_before = whole_seconds(validity.not_before);
    params.not_after = whole_seconds(validity.not_after);
    params.serial_number = Some(serial_number(key, params.not_before));
    params.key_identifier_method = KeyIdMethod::PreSpecified(key_identifier(key));
    Ok(params)
}

/// A serial number: positive and of 20 octets (RFC 5280, section 4.1.2.2). It is a hash of the key
/// and the time, so nobody can guess it before the key is known.
fn serial_number(key: &KeyPair, not_before: OffsetDateTime) -> SerialNumber {
    let hash = Sha256::new()
        .chain_update(key.der_bytes())
        .chain_update(not_before.unix_timestamp().to_be_bytes())
        .finalize();
    let mut serial: [u8; 20] = hash[..20].try_into().expect("20 of 32 octets");
    serial[0] = serial[0] & 0x7f | 0x40;
    SerialNumber::from_slice(&serial)
}

fn whole_seconds(time: SystemTime) -> OffsetDateTime {
    OffsetDateTime::from(time)
        .replace_nanosecond(0)
        .expect("0 is a nanosecond")
}

fn issued(certificate: Result<rcgen::Certificate, rcgen::Error>) -> Result<Certificate> {
    let certificate = certificate.map_err(|cause| Error::CannotIssue(cause.to_string()))?;
    Certificate::from_der(certificate.der())
}

/// A key as rcgen signs with it.
fn key_pair(key: &PrivateKey) -> Result<KeyPair> {
    KeyPair::try_from(key.pkcs8_der()).map_err(|cause| Error::CannotIssue(cause.to_string()))
}

/// The key's identifier in certificates (RFC 7093, section 2, method 1).
fn key_identifier(key: &KeyPair) -> Vec<u8> {
    Sha256::digest(key.der_bytes())[..20].to_vec()
}

const STREET_ADDRESS: [u64; 4] = [2, 5, 4, 9];
const POSTAL_CODE: [u64; 4] = [2, 5, 4, 17];
const EXTENDED_KEY_USAGE: [u64; 4] = [2, 5, 29, 37];
/// `SEQUENCE { OBJECT IDENTIFIER 1.3.6.1.5.5.7.3.8 }`
const ONLY_TIMESTAMPING: [u8; 12] = [0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8];
const YEAR_9999: Duration = Duration::from_secs(253_370_764_800);

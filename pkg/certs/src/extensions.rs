//! The extensions of a certificate, as Go's parser reads them (`processExtensions` in
//! `crypto/x509/parser.go`, Go 1.26) and Python's, which is stricter about the encoding.

use std::collections::BTreeSet;

use x509_cert::{
    Version,
    certificate::{Raw, TbsCertificateInner},
    der::{
        self, Decode, Reader as _, SliceReader,
        asn1::{BitString, Int},
        oid::ObjectIdentifier as Oid,
    },
    ext::{
        Extension,
        pkix::{
            AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, CertificatePolicies,
            CrlDistributionPoints, ExtendedKeyUsage, KeyUsage, NameConstraints, PolicyConstraints,
            PolicyMappings, SubjectAltName, SubjectKeyIdentifier, name::GeneralName,
        },
    },
};

/// What the rules look at.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Extensions {
    /// Whether it is an authority, and how many others may be below it; nothing without
    /// BasicConstraints.
    pub(crate) authority: Option<(bool, Option<u64>)>,
    pub(crate) usage: Option<KeyUsage>,
    /// SubjectKeyIdentifier.
    pub(crate) key_identifier: Option<Vec<u8>>,
    /// AuthorityKeyIdentifier, which may lack the identifier.
    pub(crate) issuer_key_identifier: Option<Option<Vec<u8>>>,
    /// ExtendedKeyUsage, and whether it is critical.
    pub(crate) purposes: Option<(bool, Vec<Oid>)>,
    /// SubjectAltName.
    pub(crate) names: Vec<GeneralName>,
    pub(crate) name_constraints: Option<NameConstraints>,
    pub(crate) policies: Vec<Oid>,
    pub(crate) policy_mappings: Vec<(Oid, Oid)>,
    pub(crate) explicit_policy: Option<u32>,
    pub(crate) inhibited_mapping: Option<u32>,
    pub(crate) inhibited_any_policy: Option<u32>,
    /// All that are critical.
    pub(crate) critical: BTreeSet<Oid>,
    /// A critical extension that Go doesn't know, or not this use of it: it verifies no such
    /// certificate.
    pub(crate) unknown: Option<Oid>,
}

impl Extensions {
    /// The extensions of a certificate. Those of version 1 and 2 have none.
    ///
    /// # Errors
    ///
    /// Why Go's parser refuses the whole certificate.
    pub(crate) fn of(certificate: &TbsCertificateInner<Raw>) -> Result<Self, String> {
        let mut read = Self::default();
        if certificate.version() != Version::V3 {
            return Ok(read);
        }
        let mut seen = BTreeSet::new();
        for extension in certificate.extensions().into_iter().flatten() {
            let id = extension.extn_id;
            if !seen.insert(id) {
                return Err(format!("it has the extension {id} twice"));
            }
            let known = read
                .read(extension)
                .map_err(|cause| format!("its extension {id}: {cause}"))?;
            if extension.critical {
                read.critical.insert(id);
            }
            if extension.critical && !known {
                read.unknown = Some(id);
            }
        }
        Ok(read)
    }

    /// Whether Go knows the extension, and its use.
    fn read(&mut self, extension: &Extension) -> Result<bool, String> {
        let value = extension.extn_value.as_bytes();
        let never_critical = || match extension.critical {
            true => Err("it is critical, which it must not be".to_owned()),
            false => Ok(()),
        };
        match extension.extn_id.to_string().as_str() {
            "2.5.29.14" => {
                never_critical()?;
                let identifier: SubjectKeyIdentifier = parsed(value)?;
                self.key_identifier = Some(identifier.0.as_bytes().to_vec());
            }
            "2.5.29.15" => {
                check_padding(&parsed(value)?)?;
                self.usage = Some(parsed(value)?);
            }
            "2.5.29.17" => {
                self.names = parsed::<SubjectAltName>(value)?.0;
                check_addresses(self.names.iter(), |address| {
                    [4, 16].contains(&address.len())
                })?;
                return Ok(self.names.iter().any(is_known));
            }
            "2.5.29.19" => self.authority = Some(authority(value).map_err(|_| NOT_DER)?),
            "2.5.29.30" => {
                let constraints: NameConstraints = parsed(value)?;
                let known = bases(&constraints).all(is_known);
                check_addresses(bases(&constraints), is_network)?;
                if bases(&constraints).next().is_none() {
                    return Err("it constrains nothing".into());
                }
                self.name_constraints = Some(constraints);
                return Ok(known);
            }
            "2.5.29.31" => drop(parsed::<CrlDistributionPoints>(value)?),
            "2.5.29.35" => {
                never_critical()?;
                let identifier = parsed::<AuthorityKeyIdentifier>(value)?.key_identifier;
                self.issuer_key_identifier = Some(identifier.map(|key| key.as_bytes().to_vec()));
            }
            "2.5.29.37" => {
                self.purposes = Some((extension.critical, parsed::<ExtendedKeyUsage>(value)?.0));
            }
            "1.3.6.1.5.5.7.1.1" => {
                never_critical()?;
                parsed::<AuthorityInfoAccessSyntax>(value)?;
            }
            id => return self.read_policies(id, value),
        }
        Ok(true)
    }

    /// As [`Self::read`], for what policies are made of.
    fn read_policies(&mut self, id: &str, value: &[u8]) -> Result<bool, String> {
        match id {
            "2.5.29.32" => {
                let policies = parsed::<CertificatePolicies>(value)?.0;
                self.policies = policies
                    .iter()
                    .map(|policy| policy.policy_identifier)
                    .collect();
                let different: BTreeSet<_> = self.policies.iter().collect();
                if different.len() < self.policies.len() {
                    return Err("it has a policy twice".into());
                }
            }
            "2.5.29.33" => {
                let mappings = parsed::<PolicyMappings>(value)?.0;
                let pairs = mappings.into_iter();
                let pairs = pairs.map(|to| (to.issuer_domain_policy, to.subject_domain_policy));
                self.policy_mappings = pairs.collect();
            }
            "2.5.29.36" => {
                let constraints: PolicyConstraints = parsed(value)?;
                self.explicit_policy = constraints.require_explicit_policy;
                self.inhibited_mapping = constraints.inhibit_policy_mapping;
            }
            "2.5.29.54" => self.inhibited_any_policy = Some(parsed(value)?),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// Refuses bits behind the last one (X.690, section 11.2.1).
fn check_padding(bits: &BitString) -> Result<(), String> {
    let padding = (1_u16 << bits.unused_bits()) - 1;
    let last = bits.raw_bytes().last();
    match last.is_some_and(|last| u16::from(*last) & padding != 0) {
        true => Err("it has bits in its padding".into()),
        false => Ok(()),
    }
}

fn parsed<T: for<'a> Decode<'a, Error = der::Error>>(value: &[u8]) -> Result<T, String> {
    T::from_der(value).map_err(|_| NOT_DER.into())
}

/// BasicConstraints. x509-cert's own type can't hold a path longer than 255, which Go reads.
fn authority(value: &[u8]) -> der::Result<(bool, Option<u64>)> {
    let mut reader = SliceReader::new(value)?;
    let read = reader.sequence(|fields| -> der::Result<_> {
        let is_authority = Option::<bool>::decode(fields)?.unwrap_or_default();
        let longest: Option<Int> = Option::decode(fields)?;
        let longest = longest.map(|number| -> der::Result<u64> {
            match number.as_bytes() {
                digits if digits.len() > 8 || digits[0] > 0x7f => {
                    Err(der::ErrorKind::Overflow.into())
                }
                digits => Ok(digits
                    .iter()
                    .fold(0, |sum, digit| sum << 8 | u64::from(*digit))),
            }
        });
        Ok((is_authority, longest.transpose()?))
    })?;
    reader.finish()?;
    Ok(read)
}

/// What is permitted, and what is excluded.
pub(crate) fn bases(constraints: &NameConstraints) -> impl Iterator<Item = &GeneralName> {
    let permitted = constraints.permitted_subtrees.iter().flatten();
    let excluded = constraints.excluded_subtrees.iter().flatten();
    permitted.chain(excluded).map(|subtree| &subtree.base)
}

fn check_addresses<'a>(
    mut names: impl Iterator<Item = &'a GeneralName>,
    is_right: impl Fn(&[u8]) -> bool,
) -> Result<(), String> {
    let wrong = names.any(|name| match name {
        GeneralName::IpAddress(address) => !is_right(address.as_bytes()),
        _ => false,
    });
    match wrong {
        true => Err("it has an IP address of a wrong length, or with a wrong mask".into()),
        false => Ok(()),
    }
}

/// An address and its mask, which is ones and then zeros.
fn is_network(address: &[u8]) -> bool {
    let mask = &address[address.len() / 2..];
    let ones = mask.iter().map(|byte| byte.leading_ones()).sum::<u32>();
    let set = mask.iter().map(|byte| byte.count_ones()).sum::<u32>();
    let first = mask.iter().take_while(|byte| **byte == 0xff).count();
    [8, 32].contains(&address.len())
        && ones == set
        && mask.iter().skip(first + 1).all(|byte| *byte == 0)
}

/// Whether Go looks at names of this kind.
fn is_known(name: &GeneralName) -> bool {
    matches!(
        name,
        GeneralName::Rfc822Name(_)
            | GeneralName::DnsName(_)
            | GeneralName::UniformResourceIdentifier(_)
            | GeneralName::IpAddress(_)
    )
}

const NOT_DER: &str = "it isn't what belongs there, in DER";

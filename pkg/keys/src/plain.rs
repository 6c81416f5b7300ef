//! Private keys in DER: PKCS#8 (RFC 5958), SEC1 (RFC 5915) and PKCS#1 (RFC 8017).

use aws_lc_rs::{
    encoding::AsDer,
    rsa,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING,
        ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair,
        KeyPair as _,
    },
};
use pkcs8::{
    PrivateKeyInfoRef,
    der::{
        Decode as _, Reader as _, SliceReader, TagNumber,
        asn1::{AnyRef, ContextSpecific, OctetStringRef},
    },
    spki::ObjectIdentifier,
};
use zeroize::Zeroizing;

use crate::{Error, Result};

/// What a block holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Pkcs8,
    Sec1,
    Pkcs1,
}

impl Form {
    fn labelled(label: &str) -> Option<Self> {
        match label {
            "PRIVATE KEY" => Some(Self::Pkcs8),
            "EC PRIVATE KEY" => Some(Self::Sec1),
            "RSA PRIVATE KEY" => Some(Self::Pkcs1),
            _ => None,
        }
    }

    fn of(der: &[u8]) -> Option<Self> {
        if PrivateKeyInfoRef::try_from(der).is_ok() {
            return Some(Self::Pkcs8);
        }
        match (sec1_parameters(der), Vec::<AnyRef<'_>>::from_der(der)) {
            (Some(_), _) => Some(Self::Sec1),
            (None, Ok(numbers)) if numbers.len() >= 9 => Some(Self::Pkcs1),
            _ => None,
        }
    }
}

/// A private key as PKCS#8.
///
/// # Errors
///
/// [`Error::Label`] when it isn't what its label says, unless `label` is nothing: then that doesn't
/// matter. [`Error::NoKey`], [`Error::SpelledOut`] and [`Error::UnknownKind`].
pub(crate) fn pkcs8(label: Option<&str>, der: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let form = Form::of(der).ok_or(Error::NoKey("private key"))?;
    if label.is_some_and(|label| Form::labelled(label) != Some(form)) {
        return Err(Error::Label);
    }
    let pkcs8 = match form {
        Form::Pkcs8 => {
            let info = PrivateKeyInfoRef::try_from(der).map_err(|_| Error::NoKey("private key"))?;
            let parameters = info.algorithm.parameters;
            if info.algorithm.oid == EC
                && parameters.is_none_or(|it| it.decode_as::<ObjectIdentifier>().is_err())
            {
                return Err(Error::SpelledOut { public: false });
            }
            Some(der.to_vec())
        }
        Form::Sec1 => match sec1_parameters(der).flatten() {
            Some(parameters) if parameters.decode_as::<ObjectIdentifier>().is_err() => {
                return Err(Error::SpelledOut { public: false });
            }
            _ => CURVES.iter().find_map(|curve| {
                let key = EcdsaKeyPair::from_private_key_der(curve, der).ok()?;
                Some(key.to_pkcs8v1().ok()?.as_ref().to_vec())
            }),
        },
        Form::Pkcs1 => rsa::KeyPair::from_der(der)
            .ok()
            .and_then(|key| Some(key.as_der().ok()?.as_ref().to_vec())),
    };
    pkcs8.map(Zeroizing::new).ok_or(Error::UnknownKind)
}

/// An ECPrivateKey with the name of its curve as PKCS#8.
///
/// # Errors
///
/// [`Error::NotSec1`] and [`Error::UnknownKind`].
pub(crate) fn of_sec1(der: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let parameters = sec1_parameters(der).flatten().ok_or(Error::NotSec1)?;
    match parameters.decode_as::<ObjectIdentifier>() {
        Ok(_) => pkcs8(None, der),
        Err(_) => Err(Error::NotSec1),
    }
}

/// The public half (SubjectPublicKeyInfo in DER) of a key in PKCS#8. An elliptic curve's point is
/// computed, and written uncompressed, however the private key has it.
pub(crate) fn public(pkcs8: &[u8]) -> Option<Vec<u8>> {
    let ecdsa = CURVES.iter().find_map(|curve| {
        let key = EcdsaKeyPair::from_pkcs8(curve, pkcs8).ok()?;
        Some(key.public_key().as_der().ok()?.as_ref().to_vec())
    });
    let rsa = || {
        let key = rsa::KeyPair::from_pkcs8(pkcs8).ok()?;
        Some(key.public_key().as_der().ok()?.as_ref().to_vec())
    };
    let ed25519 = || {
        let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8).ok()?;
        Some(key.public_key().as_der().ok()?.as_ref().to_vec())
    };
    ecdsa.or_else(rsa).or_else(ed25519)
}

/// The parameters in an ECPrivateKey, which may lack them; nothing for anything else.
fn sec1_parameters(der: &[u8]) -> Option<Option<AnyRef<'_>>> {
    let mut reader = SliceReader::new(der).ok()?;
    let parameters: pkcs8::der::Result<_> = reader.sequence(|fields| {
        u8::decode(fields)?;
        <&OctetStringRef>::decode(fields)?;
        let parameters = ContextSpecific::<AnyRef<'_>>::decode_explicit(fields, TagNumber(0))?;
        fields.read_slice(fields.remaining_len())?;
        Ok(parameters.map(|field| field.value))
    });
    parameters.ok()
}

const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const CURVES: [&EcdsaSigningAlgorithm; 3] = [
    &ECDSA_P256_SHA256_ASN1_SIGNING,
    &ECDSA_P384_SHA384_ASN1_SIGNING,
    &ECDSA_P521_SHA512_ASN1_SIGNING,
];

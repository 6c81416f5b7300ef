//! Public keys and signatures of certificates, as Go's parser and `checkSignature` take them
//! (`crypto/x509/parser.go` and `x509.go`, Go 1.26).

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P256_SHA512_ASN1, ECDSA_P384_SHA256_ASN1,
    ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA512_ASN1, ECDSA_P521_SHA256_ASN1, ECDSA_P521_SHA384_ASN1,
    ECDSA_P521_SHA512_ASN1, ED25519, ParsedPublicKey,
    RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_2048_8192_SHA384, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384,
    RSA_PSS_2048_8192_SHA512, UnparsedPublicKey, VerificationAlgorithm,
};
use x509_cert::{
    der::{
        self, Decode as _, Encode as _, Reader as _, SliceReader,
        asn1::{Any, ContextSpecific, Null, ObjectIdentifier as Oid, UintRef},
    },
    spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned},
};

/// The kinds of public keys that Go tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyKind {
    P256,
    P384,
    P521,
    /// Go verifies with it, aws-lc-rs doesn't.
    P224,
    /// The modulus in bits, and whether the exponent is 65537.
    Rsa(usize, bool),
    Ed25519,
    /// Go verifies no signature with it, or no client does.
    Other,
}

impl KeyKind {
    /// The kind of a certificate's key.
    ///
    /// # Errors
    ///
    /// Why Go's parser refuses the whole certificate (`parsePublicKey`).
    pub(crate) fn of(key: &SubjectPublicKeyInfoOwned) -> Result<Self, &'static str> {
        let bits = key.subject_public_key.as_bytes();
        let bits = bits.ok_or("its public key ends within a byte")?;
        let parameters = key.algorithm.parameters.as_ref();
        match key.algorithm.oid {
            EC => {
                let curve = parameters.and_then(|curve| curve.decode_as::<Oid>().ok());
                let curve =
                    curve.ok_or("its EC key doesn't name its curve (explicit parameters)")?;
                let (kind, algorithm): (_, Option<&'static dyn VerificationAlgorithm>) = match curve
                {
                    P256 => (Self::P256, Some(&ECDSA_P256_SHA256_ASN1)),
                    P384 => (Self::P384, Some(&ECDSA_P384_SHA384_ASN1)),
                    P521 => (Self::P521, Some(&ECDSA_P521_SHA512_ASN1)),
                    P224 => (Self::P224, None),
                    _ => return Err("its EC key is on a curve that isn't NIST's"),
                };
                match bits.first() {
                    Some(2 | 3) => Err("the point of its EC key is compressed"),
                    Some(4) if on_curve(algorithm, bits) => Ok(kind),
                    _ => Err("its EC key isn't a point of its curve"),
                }
            }
            RSA if parameters.is_none_or(|any| any.decode_as::<Null>().is_err()) => {
                Err("its RSA key lacks the parameter NULL")
            }
            RSA => rsa(bits).map_err(|_| "its RSA key isn't two positive numbers"),
            ED25519_ID | X25519 if parameters.is_some() => {
                Err("its Edwards curve key has parameters")
            }
            ED25519_ID | X25519 if bits.len() != 32 => Err("its Edwards curve key isn't 32 bytes"),
            ED25519_ID => Ok(Self::Ed25519),
            _ => Ok(Self::Other),
        }
    }

    /// What `goodkey.ValidatePubKey` (sigstore's `pkg/cryptoutils`) has against a key that is to
    /// sign, as Fulcio and the timestamp authority ask it.
    pub(crate) fn weakness(self) -> Option<String> {
        match self {
            Self::Rsa(2048 | 3072 | 4096, true) | Self::P256 | Self::P384 | Self::P521 => None,
            Self::Ed25519 => None,
            Self::Rsa(_, false) => Some("has an RSA key whose exponent isn't 65537".into()),
            Self::Rsa(bits, true) => Some(format!(
                "has an RSA key of {bits} bits, and not of 2048, 3072 or 4096"
            )),
            Self::P224 | Self::Other => {
                Some("has a key of a kind with which nothing is signed here".into())
            }
        }
    }
}

fn on_curve(algorithm: Option<&'static dyn VerificationAlgorithm>, point: &[u8]) -> bool {
    // Of P-224 only the length is looked at.
    algorithm.map_or(point.len() == 57, |algorithm| {
        ParsedPublicKey::new(algorithm, point).is_ok()
    })
}

fn rsa(bits: &[u8]) -> der::Result<KeyKind> {
    let mut reader = SliceReader::new(bits)?;
    let numbers = reader.sequence(|numbers| -> der::Result<_> {
        Ok((UintRef::decode(numbers)?, UintRef::decode(numbers)?))
    });
    let (modulus, exponent) = numbers?;
    let (modulus, exponent) = (modulus.as_bytes(), exponent.as_bytes());
    let zeros = modulus
        .first()
        .map_or(0, |first| first.leading_zeros() as usize);
    match modulus.len() * 8 - zeros.min(modulus.len() * 8) {
        0 => Err(der::ErrorKind::Failed.into()),
        _ if exponent == [0] || exponent.len() > 8 => Err(der::ErrorKind::Failed.into()),
        size => Ok(KeyKind::Rsa(size, exponent == [1, 0, 1])),
    }
}

/// Whether a signature's algorithm is encoded as Python's parser wants it (RFC 5758, 8410 and
/// 4055): no parameters where there are none, and no default that is written down.
pub(crate) fn is_der(algorithm: &AlgorithmIdentifierOwned) -> bool {
    let Some(parameters) = &algorithm.parameters else {
        return true;
    };
    match algorithm.oid {
        ECDSA_SHA1 | ECDSA_SHA224 | ECDSA_SHA256 | ECDSA_SHA384 | ECDSA_SHA512 | ED25519_ID => {
            false
        }
        RSA_PSS => {
            let defaults = [SALT_OF_20, TRAILER_OF_1];
            let is_default = |field: &[u8]| defaults.contains(&field);
            !parameters.value().windows(5).any(is_default)
        }
        _ => true,
    }
}

/// Why a certificate's signature can't be verified with its issuer's key.
pub(crate) fn verify(
    algorithm: &AlgorithmIdentifierOwned,
    message: &[u8],
    signature: &[u8],
    (kind, key): (KeyKind, &[u8]),
) -> Result<(), String> {
    let verification: &'static dyn VerificationAlgorithm = match (algorithm.oid, kind) {
        (ECDSA_SHA256, KeyKind::P256) => &ECDSA_P256_SHA256_ASN1,
        (ECDSA_SHA256, KeyKind::P384) => &ECDSA_P384_SHA256_ASN1,
        (ECDSA_SHA256, KeyKind::P521) => &ECDSA_P521_SHA256_ASN1,
        (ECDSA_SHA384, KeyKind::P256) => &ECDSA_P256_SHA384_ASN1,
        (ECDSA_SHA384, KeyKind::P384) => &ECDSA_P384_SHA384_ASN1,
        (ECDSA_SHA384, KeyKind::P521) => &ECDSA_P521_SHA384_ASN1,
        (ECDSA_SHA512, KeyKind::P256) => &ECDSA_P256_SHA512_ASN1,
        (ECDSA_SHA512, KeyKind::P384) => &ECDSA_P384_SHA512_ASN1,
        (ECDSA_SHA512, KeyKind::P521) => &ECDSA_P521_SHA512_ASN1,
        (RSA_SHA256, KeyKind::Rsa(..)) => &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        (RSA_SHA384, KeyKind::Rsa(..)) => &RSA_PKCS1_2048_8192_SHA384,
        (RSA_SHA512, KeyKind::Rsa(..)) => &RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
        (RSA_PSS, KeyKind::Rsa(..)) => pss(algorithm.parameters.as_ref())?,
        (ED25519_ID, KeyKind::Ed25519) if algorithm.parameters.is_none() => &ED25519,
        (RSA_SHA1 | RSA_SHA1_ISO | ECDSA_SHA1 | RSA_MD5, _) => {
            return Err("is signed with SHA-1 or MD5, which nobody trusts".into());
        }
        (_, KeyKind::P224) => {
            return Err("is signed with a P-224 key, which isn't verified here".into());
        }
        _ => return Err("is signed in a way that no server verifies".into()),
    };
    UnparsedPublicKey::new(verification, key)
        .verify(message, signature)
        .map_err(|_| match kind {
            KeyKind::Rsa(bits, _) if !(2048..=8192).contains(&bits) => {
                format!("is signed with an RSA key of {bits} bits, which isn't verified here")
            }
            _ => "isn't signed by the key of its issuer".into(),
        })
}

/// RSA-PSS with the one hash for both uses, a salt as long as that, and the default trailer: what
/// Go verifies (`getSignatureAlgorithmFromAI`).
fn pss(parameters: Option<&Any>) -> Result<&'static dyn VerificationAlgorithm, &'static str> {
    let read = |parameters: &Any| -> der::Result<(Oid, u32)> {
        let der = parameters.to_der()?;
        let mut reader = SliceReader::new(&der)?;
        reader.sequence(|fields| -> der::Result<_> {
            let hash = explicit::<AlgorithmIdentifierOwned>(fields, 0)?;
            let mask: AlgorithmIdentifierOwned = explicit(fields, 1)?;
            let mask_hash: AlgorithmIdentifierOwned =
                mask.parameters.ok_or(der::ErrorKind::Failed)?.decode_as()?;
            let length = explicit(fields, 2)?;
            let trailer = ContextSpecific::<u32>::decode_explicit(fields, der::TagNumber(3))?;
            let usual = mask.oid == MGF1
                && mask_hash.oid == hash.oid
                && trailer.is_none_or(|trailer| trailer.value == 1)
                && [&hash, &mask_hash].into_iter().all(|hash| {
                    hash.parameters
                        .as_ref()
                        .is_none_or(|any| any.decode_as::<Null>().is_ok())
                });
            usual
                .then_some((hash.oid, length))
                .ok_or(der::ErrorKind::Failed.into())
        })
    };
    match parameters.map(read) {
        Some(Ok((SHA256, 32))) => Ok(&RSA_PSS_2048_8192_SHA256),
        Some(Ok((SHA384, 48))) => Ok(&RSA_PSS_2048_8192_SHA384),
        Some(Ok((SHA512, 64))) => Ok(&RSA_PSS_2048_8192_SHA512),
        _ => Err("is signed with RSA-PSS and parameters that no server verifies"),
    }
}

fn explicit<'a, T>(fields: &mut impl der::Reader<'a>, number: u32) -> der::Result<T>
where
    T: der::Decode<'a, Error = der::Error>,
{
    let field = ContextSpecific::<T>::decode_explicit(fields, der::TagNumber(number))?;
    field
        .map(|field| field.value)
        .ok_or(der::ErrorKind::Failed.into())
}

const EC: Oid = Oid::new_unwrap("1.2.840.10045.2.1");
const P224: Oid = Oid::new_unwrap("1.3.132.0.33");
const P256: Oid = Oid::new_unwrap("1.2.840.10045.3.1.7");
const P384: Oid = Oid::new_unwrap("1.3.132.0.34");
const P521: Oid = Oid::new_unwrap("1.3.132.0.35");
const RSA: Oid = Oid::new_unwrap("1.2.840.113549.1.1.1");
const X25519: Oid = Oid::new_unwrap("1.3.101.110");
const ED25519_ID: Oid = Oid::new_unwrap("1.3.101.112");

const ECDSA_SHA1: Oid = Oid::new_unwrap("1.2.840.10045.4.1");
const ECDSA_SHA224: Oid = Oid::new_unwrap("1.2.840.10045.4.3.1");
const ECDSA_SHA256: Oid = Oid::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_SHA384: Oid = Oid::new_unwrap("1.2.840.10045.4.3.3");
const ECDSA_SHA512: Oid = Oid::new_unwrap("1.2.840.10045.4.3.4");
const RSA_SHA224: Oid = Oid::new_unwrap("1.2.840.113549.1.1.14");
pub(crate) const SHA224: [Oid; 2] = [ECDSA_SHA224, RSA_SHA224];
const RSA_MD5: Oid = Oid::new_unwrap("1.2.840.113549.1.1.4");
const RSA_SHA1: Oid = Oid::new_unwrap("1.2.840.113549.1.1.5");
const RSA_SHA1_ISO: Oid = Oid::new_unwrap("1.3.14.3.2.29");
const RSA_SHA256: Oid = Oid::new_unwrap("1.2.840.113549.1.1.11");
const RSA_SHA384: Oid = Oid::new_unwrap("1.2.840.113549.1.1.12");
const RSA_SHA512: Oid = Oid::new_unwrap("1.2.840.113549.1.1.13");
pub(crate) const RSA_PSS: Oid = Oid::new_unwrap("1.2.840.113549.1.1.10");
const MGF1: Oid = Oid::new_unwrap("1.2.840.113549.1.1.8");
const SHA256: Oid = Oid::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA384: Oid = Oid::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: Oid = Oid::new_unwrap("2.16.840.1.101.3.4.2.3");
/// Fields of RSASSA-PSS-params with their defaults.
const SALT_OF_20: &[u8] = &[0xa2, 3, 2, 1, 20];
const TRAILER_OF_1: &[u8] = &[0xa3, 3, 2, 1, 1];

//! Of which kind a public key is.

use pkcs8::{
    der::{Decode as _, asn1::UintRef},
    spki::{ObjectIdentifier, SubjectPublicKeyInfoRef},
};

use crate::{Kind, PublicKey};

impl PublicKey {
    /// Its kind, if keys of that kind are made here. RSA keys of other lengths aren't, nor are keys
    /// on other curves.
    pub fn kind(&self) -> Option<Kind> {
        let info = SubjectPublicKeyInfoRef::try_from(self.der()).ok()?;
        match info.algorithm.oid {
            EC => match info.algorithm.parameters_oid().ok()? {
                P256 => Some(Kind::EcdsaP256),
                P384 => Some(Kind::EcdsaP384),
                P521 => Some(Kind::EcdsaP521),
                _ => None,
            },
            RSA => match modulus_bits(self.bits())? {
                2048 => Some(Kind::Rsa2048),
                3072 => Some(Kind::Rsa3072),
                4096 => Some(Kind::Rsa4096),
                _ => None,
            },
            ED25519 => Some(Kind::Ed25519),
            _ => None,
        }
    }
}

/// How many bits the modulus of an RSAPublicKey has (RFC 8017, appendix A.1.1).
fn modulus_bits(key: &[u8]) -> Option<usize> {
    let numbers = Vec::<UintRef<'_>>::from_der(key).ok()?;
    let modulus = numbers.first()?.as_bytes();
    let unused = usize::try_from(modulus.first()?.leading_zeros()).ok()?;
    Some(modulus.len() * 8 - unused)
}

/// RFC 5480, section 2.1.1.
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// RFC 8410, section 3.
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PrivateKey;

    #[test]
    fn a_key_is_of_the_kind_that_it_was_made_of() {
        for kind in Kind::ALL {
            let key = PrivateKey::generate(kind);
            assert_eq!(key.public_key().kind(), Some(kind), "{kind}");
        }
    }
}

//! Encrypted PKCS#8 (RFC 5958, section 3) with PBES2 (RFC 8018, section 6.2).

use pkcs8::{
    EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef,
    der::ErrorKind,
    pkcs5::{
        EncryptionScheme,
        pbes2::{self, Kdf, Pbkdf2Prf},
    },
};
use zeroize::Zeroizing;

use crate::{Error, Reader, Result, random_bytes, to_pem};

pub(crate) const LABEL: &str = "ENCRYPTED PRIVATE KEY";

/// PBKDF2-HMAC-SHA256 (600,000 rounds, a salt of 16 bytes) and AES-256-CBC around PKCS#8 in DER.
pub(crate) fn encrypt(pkcs8: &[u8], password: &[u8]) -> String {
    let parameters = pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(
        ROUNDS,
        &random_bytes::<16>(),
        random_bytes::<16>(),
    )
    .expect("the rounds and the salt are within their limits");
    let encrypted = PrivateKeyInfoRef::try_from(pkcs8)
        .and_then(|key| key.encrypt_with_params(parameters, password))
        .expect("a key that was read can be encrypted");
    to_pem(LABEL, encrypted.as_bytes())
}

/// The DER within, if `reader` can open it.
pub(crate) fn decrypt(reader: Reader, der: &[u8], password: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let sealed = EncryptedPrivateKeyInfoRef::try_from(der).map_err(|error| match error {
        pkcs8::Error::Asn1(error) if let ErrorKind::OidUnknown { oid } = error.kind() => {
            Error::UnknownCipher(oid.to_string())
        }
        _ => Error::NoKey("encrypted private key"),
    })?;
    match &sealed.encryption_algorithm {
        EncryptionScheme::Pbes2(scheme) if reader.opens_pbes2(&scheme.kdf, scheme.encryption) => (),
        EncryptionScheme::Pbes2(scheme) => return Err(Error::UnknownCipher(name(scheme))),
        _ => return Err(Error::UnknownCipher("PBES1".into())),
    }
    let key = sealed.decrypt(password).map_err(|_| Error::WrongPassword)?;
    Ok(Zeroizing::new(key.as_bytes().to_vec()))
}

fn name(scheme: &pbes2::Parameters) -> String {
    let derivation = match &scheme.kdf {
        Kdf::Pbkdf2(parameters) => match parameters.prf {
            Pbkdf2Prf::HmacWithSha224 => "PBKDF2 with SHA-224 and ",
            Pbkdf2Prf::HmacWithSha384 => "PBKDF2 with SHA-384 and ",
            Pbkdf2Prf::HmacWithSha512 => "PBKDF2 with SHA-512 and ",
            _ => "",
        },
        _ => "scrypt and ",
    };
    let cipher = match scheme.encryption {
        pbes2::EncryptionScheme::Aes128Cbc { .. } => "AES-128-CBC",
        pbes2::EncryptionScheme::Aes192Cbc { .. } => "AES-192-CBC",
        pbes2::EncryptionScheme::Aes256Cbc { .. } => "AES-256-CBC",
        pbes2::EncryptionScheme::DesEde3Cbc { .. } => "DES-EDE3-CBC",
        pbes2::EncryptionScheme::DesCbc { .. } => "DES-CBC",
        _ => "AES-GCM",
    };
    format!("{derivation}{cipher}")
}

const ROUNDS: u32 = 600_000;

//! Private keys.

use std::fmt;

use aws_lc_rs::{
    encoding::AsDer,
    rsa,
    signature::{
        ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair,
        Ed25519KeyPair,
    },
};
use p256::elliptic_curve::Generate as _;
use pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use zeroize::Zeroizing;

use crate::{Error, PublicKey, Reader, Result, legacy, pbes2, plain, sealed};

/// What kinds of keys are made here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// ECDSA on NIST P-256.
    EcdsaP256,
    /// ECDSA on NIST P-384.
    EcdsaP384,
    /// ECDSA on NIST P-521.
    EcdsaP521,
    /// RSA with a modulus of 2048 bits.
    Rsa2048,
    /// RSA with a modulus of 3072 bits.
    Rsa3072,
    /// RSA with a modulus of 4096 bits.
    Rsa4096,
    /// Ed25519 (RFC 8032).
    Ed25519,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::EcdsaP256,
        Self::EcdsaP384,
        Self::EcdsaP521,
        Self::Rsa2048,
        Self::Rsa3072,
        Self::Rsa4096,
        Self::Ed25519,
    ];

    /// Its name in flags and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::EcdsaP256 => "ecdsa-p256",
            Self::EcdsaP384 => "ecdsa-p384",
            Self::EcdsaP521 => "ecdsa-p521",
            Self::Rsa2048 => "rsa-2048",
            Self::Rsa3072 => "rsa-3072",
            Self::Rsa4096 => "rsa-4096",
            Self::Ed25519 => "ed25519",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A private key: ECDSA (P-256, P-384, P-521), RSA or Ed25519. It can't be printed.
pub struct PrivateKey {
    pkcs8: Zeroizing<Vec<u8>>,
    public: PublicKey,
}

impl PrivateKey {
    /// A new key.
    ///
    /// # Panics
    ///
    /// If the operating system has no randomness.
    pub fn generate(kind: Kind) -> Self {
        let ecdsa = |algorithm| {
            EcdsaKeyPair::generate(algorithm)
                .and_then(|key| key.to_pkcs8v1())
                .map(|key| key.as_ref().to_vec())
        };
        let rsa = |size| {
            rsa::KeyPair::generate(size)
                .and_then(|key| key.as_der())
                .map(|key| key.as_ref().to_vec())
        };
        let pkcs8 = match kind {
            Kind::EcdsaP256 => {
                let key = p256::SecretKey::generate()
                    .to_pkcs8_der()
                    .expect("a P-256 key has a PKCS#8 form");
                Ok(key.as_bytes().to_vec())
            }
            Kind::EcdsaP384 => ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING),
            Kind::EcdsaP521 => ecdsa(&ECDSA_P521_SHA512_ASN1_SIGNING),
            Kind::Rsa2048 => rsa(rsa::KeySize::Rsa2048),
            Kind::Rsa3072 => rsa(rsa::KeySize::Rsa3072),
            Kind::Rsa4096 => rsa(rsa::KeySize::Rsa4096),
            Kind::Ed25519 => Ed25519KeyPair::generate()
                .and_then(|key| key.to_pkcs8v1())
                .map(|key| key.as_ref().to_vec()),
        };
        let pkcs8 = Zeroizing::new(pkcs8.expect("the operating system has random numbers"));
        Self::from_pkcs8(pkcs8).expect("a new key can be read")
    }

    /// Reads a PEM file with one private key, in any form that a server opens. A plain key ignores
    /// the password.
    ///
    /// # Errors
    ///
    /// Each variant of [`Error`].
    pub fn from_pem(file: &[u8], password: Option<&[u8]>) -> Result<Self> {
        Self::read(Reader::Any, file, password)
    }

    /// Reads a PEM file with a private key as a server does: PKCS#8 (RFC 5958), SEC1 (RFC 5915) or
    /// PKCS#1, plain or encrypted with PBES2, with `DEK-Info` or as cosign does it, where that
    /// server opens it.
    ///
    /// # Errors
    ///
    /// Each variant of [`Error`].
    pub fn read(reader: Reader, file: &[u8], password: Option<&[u8]>) -> Result<Self> {
        let block = reader.block(file)?;
        let given = || password.filter(|password| !password.is_empty());
        let password = || given().ok_or(Error::NoPassword);
        let label = |label| reader.minds_labels().then_some(label);
        if reader.sees_older_form(&block)? {
            let der = legacy::decrypt(&block, password()?)?;
            return Self::unsealed(label(block.tag()), &der);
        }
        let contents = block.contents();
        let sealed = match block.tag() {
            _ if reader == Reader::Trillian => return Err(Error::NotEncrypted),
            _ if reader == Reader::Tesseract => return Self::from_pkcs8(plain::of_sec1(contents)?),
            pbes2::LABEL => Some(pbes2::decrypt(reader, contents, password()?)?),
            label if reader.opens_sealed(label) => {
                Some(sealed::decrypt(reader, contents, password()?)?)
            }
            "OPENSSH PRIVATE KEY" => return Err(Error::OpenSsh),
            "ENCRYPTED SIGSTORE PRIVATE KEY" => return Err(Error::NewLabel),
            _ => None,
        };
        match sealed {
            Some(der) => Self::unsealed(label("PRIVATE KEY"), &der),
            None => Self::from_pkcs8(plain::pkcs8(label(block.tag()), contents)?),
        }
    }

    /// The key in what was decrypted. A wrong password may leave something that is none.
    fn unsealed(label: Option<&str>, der: &[u8]) -> Result<Self> {
        match plain::pkcs8(label, der) {
            Err(Error::NoKey(_)) => Err(Error::WrongPassword),
            pkcs8 => Self::from_pkcs8(pkcs8?),
        }
    }

    fn from_pkcs8(pkcs8: Zeroizing<Vec<u8>>) -> Result<Self> {
        let public = plain::public(&pkcs8).ok_or(Error::UnknownKind)?;
        Ok(Self {
            public: PublicKey::from_der(&public)?,
            pkcs8,
        })
    }

    /// The public half.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// The key as PKCS#8 DER (RFC 5958).
    pub fn pkcs8_der(&self) -> &[u8] {
        &self.pkcs8
    }

    /// The key as p256 takes it, for signing with ECDSA and SHA-256; `None` unless it is a P-256
    /// key.
    pub fn ecdsa_p256(&self) -> Option<p256::ecdsa::SigningKey> {
        p256::ecdsa::SigningKey::from_pkcs8_der(&self.pkcs8).ok()
    }

    /// An `ENCRYPTED PRIVATE KEY` block: PBES2 with PBKDF2-HMAC-SHA256 (600,000 rounds, a salt of
    /// 16 bytes) and AES-256-CBC.
    ///
    /// Rekor's and Fulcio's file signers open this form (go.step.sm/crypto's `pemutil/pkcs8.go`).
    /// They refuse scrypt, the default of the pkcs8 crate.
    pub fn to_encrypted_pem(&self, password: &[u8]) -> String {
        pbes2::encrypt(&self.pkcs8, password)
    }

    /// An `EC PRIVATE KEY` block: SEC1 (RFC 5915), not encrypted, the one form that TesseraCT
    /// reads; nothing unless it is a P-256 key.
    ///
    /// It protects nothing: whoever has the Secret has the key.
    pub fn to_sec1_pem(&self) -> Option<String> {
        let key = p256::SecretKey::from_pkcs8_der(&self.pkcs8).ok()?;
        let pem = key.to_sec1_pem(p256::pkcs8::LineEnding::LF).ok()?;
        Some(pem.to_string())
    }

    /// A `PRIVATE KEY` block with the headers `Proc-Type: 4,ENCRYPTED` and `DEK-Info: AES-256-CBC`
    /// around PKCS#8.
    ///
    /// The one encrypted form that ct_server opens, and that every release of the timestamp
    /// authority opens. It protects little: whoever has the Secret has the key.
    pub fn to_legacy_pem(&self, password: &[u8]) -> String {
        legacy::encrypt(&self.pkcs8, password)
    }
}

//! A certificate that is yet to be signed, every part of which can be spoilt.

use std::{fs, path::Path, rc::Rc};

use anyhow::{Context as _, Result};
use p256::{
    ecdsa::{DerSignature, SigningKey, signature::Signer as _},
    pkcs8::DecodePrivateKey as _,
};

use sha2::{Digest as _, Sha256};

use super::der::{element, extension, name, oid, oids, sequence};
use crate::openssl::{self, Keys};

/// A key pair of some kind.
pub(super) struct Key {
    pub(super) private: Vec<u8>,
    /// SubjectPublicKeyInfo.
    pub(super) public: Vec<u8>,
    /// How it signs unless something else is said.
    usual: &'static str,
    quick: Option<SigningKey>,
    /// The private key, where OpenSSL finds it.
    path: String,
}

impl Key {
    /// Another key for each number.
    pub(super) fn of(keys: &Keys, folder: &Path, kind: &str, number: usize) -> Result<Rc<Self>> {
        let (arguments, usual) = match kind {
            "p256" => (
                "-algorithm EC -pkeyopt ec_paramgen_curve:P-256",
                "ecdsa-sha256",
            ),
            "p384" => (
                "-algorithm EC -pkeyopt ec_paramgen_curve:P-384",
                "ecdsa-sha384",
            ),
            "p521" => (
                "-algorithm EC -pkeyopt ec_paramgen_curve:P-521",
                "ecdsa-sha512",
            ),
            "p224" => (
                "-algorithm EC -pkeyopt ec_paramgen_curve:secp224r1",
                "ecdsa-sha256",
            ),
            "secp256k1" => (
                "-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1",
                "ecdsa-sha256",
            ),
            "ed25519" => ("-algorithm ED25519", "ed25519"),
            "ed448" => ("-algorithm ED448", "ed448"),
            "rsa3" => (
                "-algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3",
                "rsa-sha256",
            ),
            bits => {
                let bits = bits.strip_prefix("rsa").context("a kind of key")?;
                let arguments = format!("-algorithm RSA -pkeyopt rsa_keygen_bits:{bits}");
                return Self::read(
                    keys.private(&arguments, number)?,
                    "rsa-sha256",
                    folder,
                    kind,
                    number,
                );
            }
        };
        Self::read(
            keys.private(arguments, number)?,
            usual,
            folder,
            kind,
            number,
        )
    }

    fn read(
        private: Vec<u8>,
        usual: &'static str,
        folder: &Path,
        kind: &str,
        number: usize,
    ) -> Result<Rc<Self>> {
        let path = folder.join(format!("{kind}-{number}.pem"));
        fs::write(&path, &private)?;
        let text = String::from_utf8_lossy(&private);
        Ok(Rc::new(Self {
            public: openssl::run("pkey -pubout -outform DER", &private)?,
            usual,
            quick: SigningKey::from_pkcs8_pem(&text).ok(),
            path: path.display().to_string(),
            private,
        }))
    }

    fn identifier(&self) -> Vec<u8> {
        Sha256::digest(&self.public)[..20].to_vec()
    }

    fn sign(&self, way: &str, message: &[u8]) -> Result<Vec<u8>> {
        if let (Some(key), "ecdsa-sha256") = (&self.quick, way) {
            let signature: DerSignature = key.sign(message);
            return Ok(signature.as_bytes().to_vec());
        }
        let path = &self.path;
        let (algorithm, hash) = way.split_once('-').unwrap_or((way, ""));
        let options = match (algorithm, hash) {
            ("ed25519" | "ed448", _) => {
                let message_path = format!("{path}.message");
                fs::write(&message_path, message)?;
                let args = format!("pkeyutl -sign -rawin -inkey {path} -in {message_path}");
                return openssl::run(&args, b"");
            }
            ("pss", hash) => {
                let (hash, salt) = hash.split_once('-').unwrap_or((hash, "digest"));
                format!("{hash} -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:{salt}")
            }
            (_, hash) => hash.to_owned(),
        };
        openssl::run(&format!("dgst -sign {path} -{options}"), message)
    }
}

/// A certificate that is yet to be signed.
#[derive(Clone)]
pub(super) struct Certificate {
    /// The whole field.
    pub(super) version: Vec<u8>,
    pub(super) serial: Vec<u8>,
    /// If it isn't the signer's subject.
    pub(super) issuer: Option<Vec<u8>>,
    /// Two times.
    pub(super) validity: Vec<u8>,
    pub(super) subject: Vec<u8>,
    pub(super) key: Rc<Key>,
    pub(super) public: Vec<u8>,
    /// Whole, each with its ID.
    pub(super) extensions: Vec<(String, Vec<u8>)>,
    /// How its signer signs it, if not as usual.
    pub(super) way: Option<&'static str>,
    /// The algorithm that it names within, if it isn't the one without.
    pub(super) within: Option<Vec<u8>>,
    /// Stands behind the extensions.
    pub(super) behind_extensions: Vec<u8>,
    /// Stands behind the signature.
    pub(super) behind_signature: Vec<u8>,
    pub(super) damaged: bool,
}

impl Certificate {
    /// A valid one of version 3 without extensions.
    pub(super) fn new(common_name: &str, key: &Rc<Key>) -> Self {
        Self {
            version: element(0xa0, element(2, [2])),
            serial: vec![1 + common_name.len() as u8],
            issuer: None,
            validity: lifetime(b"240101000000Z", b"491231235959Z"),
            subject: name(common_name),
            key: key.clone(),
            public: key.public.clone(),
            extensions: vec![],
            way: None,
            within: None,
            behind_extensions: vec![],
            behind_signature: vec![],
            damaged: false,
        }
    }

    /// An authority, with the purposes given.
    pub(super) fn authority(common_name: &str, key: &Rc<Key>, purposes: &[&str]) -> Self {
        let mut authority = Self::new(common_name, key);
        authority.set("2.5.29.19", true, &element(0x30, element(1, [0xff])));
        authority.set("2.5.29.15", true, &[3, 2, 1, 6]);
        authority.set("2.5.29.14", false, &element(4, key.identifier()));
        if !purposes.is_empty() {
            authority.set("2.5.29.37", false, &oids(purposes));
        }
        authority
    }

    /// Says whose key signs it.
    pub(super) fn below(mut self, issuer: &Key) -> Self {
        let identifier = element(0x80, issuer.identifier());
        self.set("2.5.29.35", false, &element(0x30, identifier));
        self
    }

    /// A timestamping leaf.
    pub(super) fn timestamping(common_name: &str, key: &Rc<Key>) -> Self {
        let mut leaf = Self::new(common_name, key);
        leaf.set("2.5.29.15", true, &[3, 2, 7, 0x80]);
        leaf.set("2.5.29.37", true, &oids(&["1.3.6.1.5.5.7.3.8"]));
        leaf
    }

    /// Sets an extension, in place of the one with its ID.
    pub(super) fn set(&mut self, id: &str, critical: bool, value: &[u8]) {
        self.remove(id);
        self.add(id, critical, value);
    }

    /// Adds an extension, even if there is one with its ID.
    pub(super) fn add(&mut self, id: &str, critical: bool, value: &[u8]) {
        self.extensions
            .push((id.into(), extension(id, critical, value)));
    }

    pub(super) fn remove(&mut self, id: &str) {
        self.extensions.retain(|(other, _)| other != id);
    }

    /// Makes the key another one.
    pub(super) fn set_key(&mut self, key: &Rc<Key>) {
        self.key = key.clone();
        self.public = key.public.clone();
    }

    /// Signed by `issuer`, in DER.
    pub(super) fn signed_by(&self, issuer: &Self) -> Result<Vec<u8>> {
        let way = self.way.unwrap_or(issuer.key.usual);
        let algorithm = algorithm(way);
        let extensions: Vec<u8> = self
            .extensions
            .iter()
            .flat_map(|(_, der)| der.clone())
            .collect();
        let extensions = match extensions.is_empty() {
            true => vec![],
            false => element(0xa3, element(0x30, extensions)),
        };
        let tbs = element(
            0x30,
            [
                &self.version[..],
                &element(2, &self.serial),
                self.within.as_ref().unwrap_or(&algorithm),
                self.issuer.as_ref().unwrap_or(&issuer.subject),
                &element(0x30, &self.validity),
                &self.subject,
                &self.public,
                &extensions,
                &self.behind_extensions,
            ]
            .concat(),
        );
        let mut signature = issuer.key.sign(way.trim_end_matches("+null"), &tbs)?;
        if self.damaged {
            let last = signature.len() - 1;
            signature[last] ^= 1;
        }
        let signature = element(3, [&[0], &signature[..]].concat());
        Ok(sequence([
            &tbs,
            &algorithm,
            &signature,
            &self.behind_signature,
        ]))
    }
}

/// Two times, as UTCTime.
pub(super) fn lifetime(from: &[u8], to: &[u8]) -> Vec<u8> {
    [element(0x17, from), element(0x17, to)].concat()
}

/// The AlgorithmIdentifier of a way to sign; `+null` adds a parameter that doesn't belong there.
fn algorithm(way: &str) -> Vec<u8> {
    let null = [5, 0];
    let (bare, extra) = match way.strip_suffix("+null") {
        Some(bare) => (bare, &null[..]),
        None => (way, &[][..]),
    };
    if let Some(hash) = bare.strip_prefix("pss-") {
        return pss(hash);
    }
    let (id, parameters) = match bare {
        "ecdsa-sha1" => ("1.2.840.10045.4.1", &[][..]),
        "ecdsa-sha224" => ("1.2.840.10045.4.3.1", &[][..]),
        "ecdsa-sha256" => ("1.2.840.10045.4.3.2", &[][..]),
        "ecdsa-sha384" => ("1.2.840.10045.4.3.3", &[][..]),
        "ecdsa-sha512" => ("1.2.840.10045.4.3.4", &[][..]),
        "rsa-md5" => ("1.2.840.113549.1.1.4", &null[..]),
        "rsa-sha1" => ("1.2.840.113549.1.1.5", &null[..]),
        "rsa-sha224" => ("1.2.840.113549.1.1.14", &null[..]),
        "rsa-sha256" => ("1.2.840.113549.1.1.11", &null[..]),
        "rsa-sha384" => ("1.2.840.113549.1.1.12", &null[..]),
        "rsa-sha512" => ("1.2.840.113549.1.1.13", &null[..]),
        "ed25519" => ("1.3.101.112", &[][..]),
        _ => ("1.3.101.113", &[][..]),
    };
    sequence([&oid(id), parameters, extra])
}

fn pss(hash: &str) -> Vec<u8> {
    let (hash, salt) = hash.split_once('-').unwrap_or((hash, ""));
    let (id, length) = match hash {
        "sha256" => ("2.16.840.1.101.3.4.2.1", 32),
        "sha384" => ("2.16.840.1.101.3.4.2.2", 48),
        _ => ("2.16.840.1.101.3.4.2.3", 64),
    };
    let length = salt.parse().unwrap_or(length);
    let hash = sequence([&oid(id), &[5, 0]]);
    let mask = sequence([&oid("1.2.840.113549.1.1.8"), &hash]);
    let parameters = sequence([
        &element(0xa0, hash),
        &element(0xa1, mask),
        &element(0xa2, element(2, [length])),
    ]);
    sequence([&oid("1.2.840.113549.1.1.10"), &parameters])
}

//! One private key, in the forms that people have it in.

use std::collections::HashMap;

use aws_lc_rs::signature::Ed25519KeyPair;
use keys::PrivateKey;
use p256::ecdsa::{SigningKey, signature::Signer as _};
use serde::Deserialize;
use serde_json::Value;
use tough::{
    schema::{
        RoleType, Signature,
        decoded::{Decoded, Hex},
        key::{EcdsaKey, EcdsaScheme, Key},
    },
    sign::Sign as _,
};

use crate::{
    Error, Result,
    roles::{ROLES, name},
};

/// A private key and the role it signs.
pub(crate) struct RoleKey {
    pub(crate) role: RoleType,
    /// As roots name it.
    pub(crate) id: Decoded<Hex>,
    /// The public half as metadata describes it.
    pub(crate) public: Key,
    pair: Pair,
}

/// Both sign the same bytes in the same way every time (RFC 8032, RFC 6979).
enum Pair {
    Ed25519(Ed25519KeyPair),
    P256(SigningKey),
}

impl RoleKey {
    /// A new Ed25519 key, and the PEM file with it.
    pub(crate) fn generate(role: RoleType) -> (Self, Vec<u8>) {
        let pair = Ed25519KeyPair::generate().expect("the system has random numbers");
        let der = pair.to_pkcs8v1().expect("a key that was just made");
        let pem = keys::to_pem(TAG, der.as_ref());
        let key = Self::new(role, pair.tuf_key(), Pair::Ed25519(pair));
        (key, pem.into_bytes())
    }

    /// Reads the entry `<role>.pem`, `<role>-<anything>.pem` or `<role>.json`.
    ///
    /// # Errors
    ///
    /// [`Error::Key`] for another key than these forms hold or than the name says.
    pub(crate) fn read(entry: &str, bytes: &[u8]) -> Result<Self> {
        let (stem, form) = entry.rsplit_once('.').unwrap_or((entry, ""));
        let (prefix, id) = stem.split_once('-').unwrap_or((stem, ""));
        let role = ROLES.into_iter().find(|role| name(*role) == prefix);
        let role = role.ok_or_else(|| {
            let problem = "begins with no role: root, snapshot, targets or timestamp";
            Error::key(entry, problem)
        })?;
        let key = match form {
            "json" => Self::from_go_tuf(role, entry, bytes),
            _ => Self::from_pem(role, entry, bytes),
        }?;
        let own = hex::encode(&key.id);
        match id.len() == own.len() && id != own {
            true => {
                let problem = format!("holds the key {own}, which isn't its name");
                Err(Error::key(entry, problem))
            }
            false => Ok(key),
        }
    }

    /// PKCS#8 or SEC1.
    fn from_pem(role: RoleType, entry: &str, pem: &[u8]) -> Result<Self> {
        let key = PrivateKey::from_pem(pem, None)
            .map_err(|error| Error::key(entry, format!("can't be read: {error}")))?;
        if let Some(pair) = key.ecdsa_p256() {
            let point = pair.verifying_key().to_sec1_point(false);
            let public = Key::Ecdsa {
                keyval: EcdsaKey {
                    public: point.as_bytes().to_vec().into(),
                    _extra: HashMap::new(),
                },
                scheme: EcdsaScheme::EcdsaSha2Nistp256,
                _extra: HashMap::new(),
            };
            return Ok(Self::new(role, public, Pair::P256(pair)));
        }
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(key.pkcs8_der())
            .map_err(|_| Error::key(entry, "is neither an Ed25519 nor an ECDSA P-256 key"))?;
        Ok(Self::new(role, pair.tuf_key(), Pair::Ed25519(pair)))
    }

    /// What the Go original exports with `--keyssecret`: go-tuf's file of keys. Its root describes
    /// a key with all fields but the private one, and the ID is that of the description.
    fn from_go_tuf(role: RoleType, entry: &str, json: &[u8]) -> Result<Self> {
        // serde's own words may quote the key.
        let file: KeyFile = serde_json::from_slice(json)
            .map_err(|_| Error::key(entry, "is no key that the Go original exported"))?;
        let [mut key] = file.data;
        let private = key
            .get_mut("keyval")
            .and_then(Value::as_object_mut)
            .and_then(|keyval| keyval.remove("private"));
        let public = serde_json::from_value(key).ok();
        // A description with floats has no canonical form, and so no ID.
        let public = public.filter(|public: &Key| public.key_id().is_ok());
        let public =
            public.ok_or_else(|| Error::key(entry, "describes no key that is known here"))?;
        let seed = private
            .as_ref()
            .and_then(Value::as_str)
            .and_then(|private| hex::decode(private.get(..64)?).ok());
        let pair = match (&public, seed) {
            (Key::Ed25519 { keyval, .. }, Some(seed)) => {
                Ed25519KeyPair::from_seed_and_public_key(&seed, &keyval.public).ok()
            }
            _ => None,
        };
        let pair = pair.ok_or_else(|| Error::key(entry, "is no Ed25519 key"))?;
        Ok(Self::new(role, public, Pair::Ed25519(pair)))
    }

    fn new(role: RoleType, public: Key, pair: Pair) -> Self {
        let id = public
            .key_id()
            .expect("a key without floats has a canonical form");
        Self {
            role,
            id,
            public,
            pair,
        }
    }

    /// The name of an entry for it.
    pub(crate) fn entry(&self) -> String {
        format!("{}-{}.pem", name(self.role), hex::encode(&self.id))
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Signature {
        let sig = match &self.pair {
            Pair::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Pair::P256(pair) => {
                let signature: p256::ecdsa::DerSignature = pair.sign(message);
                signature.as_bytes().to_vec()
            }
        };
        Signature {
            keyid: self.id.clone(),
            sig: sig.into(),
        }
    }
}

/// go-tuf 0.7's file of keys, which aren't encrypted: then `data` is a string.
#[derive(Deserialize)]
struct KeyFile {
    data: [Value; 1],
}

const TAG: &str = "PRIVATE KEY";

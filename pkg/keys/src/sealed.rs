//! Private keys as cosign writes them: JSON, with scrypt (RFC 7914) and NaCl's secretbox around
//! PKCS#8.
//!
//! Go's readers are `encrypted/encrypted.go` in go-securesystemslib, which Fulcio uses, and
//! `pemutil/cosign.go` in go.step.sm/crypto. The box is made of its two ciphers here: the one crate
//! with a secretbox that is released, crypto_secretbox 0.1, is a generation behind all others.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use poly1305::{Poly1305, universal_hash::KeyInit as _};
use salsa20::{
    XSalsa20,
    cipher::{KeyIvInit as _, StreamCipher as _},
};
use serde::{Deserialize, Deserializer, de::Error as _};
use zeroize::Zeroizing;

use crate::{Error, Reader, Result};

#[derive(Deserialize)]
struct Sealed {
    kdf: Derivation,
    cipher: Cipher,
    #[serde(deserialize_with = "base64")]
    ciphertext: Vec<u8>,
}

#[derive(Deserialize)]
struct Derivation {
    name: String,
    params: Parameters,
    #[serde(deserialize_with = "base64")]
    salt: Vec<u8>,
}

#[derive(Deserialize)]
struct Parameters {
    #[serde(rename = "N")]
    cost: u64,
    r: u32,
    p: u32,
}

#[derive(Deserialize)]
struct Cipher {
    name: String,
    #[serde(deserialize_with = "base64")]
    nonce: Vec<u8>,
}

fn base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    BASE64_STANDARD.decode(text).map_err(D::Error::custom)
}

/// The DER within.
pub(crate) fn decrypt(reader: Reader, json: &[u8], password: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let sealed: Sealed =
        serde_json::from_slice(json).map_err(|_| Error::NoKey("encrypted private key"))?;
    let Sealed { kdf, cipher, .. } = &sealed;
    if (kdf.name.as_str(), cipher.name.as_str()) != ("scrypt", "nacl/secretbox") {
        let names = format!("{} and {}", kdf.name, cipher.name);
        return Err(Error::UnknownSeal(names));
    }
    let key = kdf.key(reader, password)?;
    let nonce = <[u8; 24]>::try_from(cipher.nonce.as_slice())
        .map_err(|_| Error::NoKey("encrypted private key"))?;
    open(&key, &nonce, &sealed.ciphertext).ok_or(Error::WrongPassword)
}

impl Derivation {
    fn key(&self, reader: Reader, password: &[u8]) -> Result<Zeroizing<[u8; 32]>> {
        let Parameters { cost, r, p } = self.params;
        let unusable = || Error::UnknownSeal(format!("scrypt with N = {cost}, r = {r}, p = {p}"));
        let is_common = (15..=17).any(|log| cost == 1 << log) && (r, p) == (8, 1);
        let is_bearable = cost.is_power_of_two() && cost.saturating_mul(u64::from(r)) <= 1 << 20;
        if !is_common && (reader == Reader::Sigstore || !is_bearable) {
            return Err(unusable());
        }
        let log = u8::try_from(cost.ilog2()).map_err(|_| unusable())?;
        let parameters = scrypt::Params::new(log, r, p).map_err(|_| unusable())?;
        let mut key = Zeroizing::new([0; 32]);
        scrypt::scrypt(password, &self.salt, &parameters, &mut *key).map_err(|_| unusable())?;
        Ok(key)
    }
}

/// NaCl's `crypto_secretbox_open`: Poly1305 over the ciphertext, under the first 32 bytes of
/// XSalsa20's stream, and its tag before the ciphertext.
fn open(key: &[u8; 32], nonce: &[u8; 24], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (tag, ciphertext) = sealed.split_at_checked(16)?;
    let mut stream = XSalsa20::new(&(*key).into(), &(*nonce).into());
    let mut mac_key = Zeroizing::new([0; 32]);
    stream.apply_keystream(&mut *mac_key);
    let mac = Poly1305::new(&(*mac_key).into()).compute_unpadded(ciphertext);
    if mac.as_slice() != tag {
        return None;
    }
    let mut plain = Zeroizing::new(ciphertext.to_vec());
    stream.apply_keystream(&mut plain);
    Some(plain)
}

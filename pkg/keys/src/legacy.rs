//! Encrypted PEM with the headers of RFC 1421 (section 4.6.1) and the key derivation of OpenSSL's
//! "traditional" format.
//!
//! It is weak by design (one round of MD5, no integrity check), but the one encrypted form that
//! ct_server opens: `crypto/keys/pem/pem.go` in Trillian calls Go's `x509.DecryptPEMBlock`, whose
//! ciphers these are.

use aes::{Aes128, Aes192, Aes256};
use cbc::{
    Decryptor, Encryptor,
    cipher::{
        BlockCipherDecrypt, BlockModeDecrypt as _, BlockModeEncrypt as _, InnerIvInit, KeyInit,
        KeyIvInit as _, block_padding::Pkcs7,
    },
};
use des::{Des, TdesEde3};
use md5::{Digest as _, Md5};
use pem::Pem;
use zeroize::Zeroizing;

use crate::{Error, Result, pem_file, random_bytes};

/// `der` as a `PRIVATE KEY` block with the headers `Proc-Type` and `DEK-Info`.
pub(crate) fn encrypt(der: &[u8], password: &[u8]) -> String {
    let iv = random_bytes::<16>();
    let cipher = Encryptor::<Aes256>::new_from_slices(&derived_key(password, &iv, 32), &iv);
    let cipher = cipher.expect("a key of 32 bytes and a vector of 16");
    let mut block = Pem::new("PRIVATE KEY", cipher.encrypt_padded_vec::<Pkcs7>(der));
    for (name, value) in [
        ("Proc-Type", "4,ENCRYPTED".into()),
        (DEK_INFO, format!("AES-256-CBC,{}", hex::encode(iv))),
    ] {
        block
            .headers_mut()
            .add(name, &value)
            .expect("no colon in the name");
    }
    pem_file::write(&block)
}

/// The DER within an encrypted block.
///
/// With a wrong password the padding is almost always wrong, but for one password in 256 it happens
/// to look right: only the caller, who parses the DER, can tell.
pub(crate) fn decrypt(block: &Pem, password: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let info = block.headers().get(DEK_INFO).unwrap_or_default();
    let (name, iv) = info.split_once(',').ok_or(Error::Headers)?;
    let (_, key_length, decrypt) = CIPHERS
        .iter()
        .find(|(known, ..)| *known == name)
        .ok_or_else(|| Error::UnknownCipher(name.into()))?;
    let iv = hex::decode(iv).map_err(|_| Error::Headers)?;
    if iv.len() < SALT_LENGTH {
        return Err(Error::Headers);
    }
    let key = derived_key(password, &iv, *key_length);
    decrypt(&key, &iv, block.contents())
}

/// The name of a cipher, the length of its key in bytes, and how it decrypts with a key and an
/// initialisation vector.
type Cipher = (
    &'static str,
    usize,
    fn(&[u8], &[u8], &[u8]) -> Result<Zeroizing<Vec<u8>>>,
);

const CIPHERS: [Cipher; 5] = [
    ("DES-CBC", 8, decrypt_with::<Des>),
    ("DES-EDE3-CBC", 24, decrypt_with::<TdesEde3>),
    ("AES-128-CBC", 16, decrypt_with::<Aes128>),
    ("AES-192-CBC", 24, decrypt_with::<Aes192>),
    ("AES-256-CBC", 32, decrypt_with::<Aes256>),
];

fn decrypt_with<C>(key: &[u8], iv: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>>
where
    C: BlockCipherDecrypt + KeyInit,
    Decryptor<C>: InnerIvInit<Inner = C>,
{
    Decryptor::<C>::new_from_slices(key, iv)
        .map_err(|_| Error::Headers)?
        .decrypt_padded_vec::<Pkcs7>(sealed)
        .map(Zeroizing::new)
        .map_err(|_| Error::WrongPassword)
}

/// The cipher's key: OpenSSL's `EVP_BytesToKey` with MD5, one round, and the first 8 bytes of the
/// initialisation vector as the salt.
fn derived_key(password: &[u8], iv: &[u8], length: usize) -> Zeroizing<Vec<u8>> {
    let mut key = Zeroizing::new(Vec::with_capacity(length + 16));
    while key.len() < length {
        let before = &key[key.len().saturating_sub(16)..];
        let digest = Md5::new().chain_update(before).chain_update(password);
        key.extend_from_slice(&digest.chain_update(&iv[..SALT_LENGTH]).finalize());
    }
    key.truncate(length);
    key
}

const DEK_INFO: &str = "DEK-Info";
const SALT_LENGTH: usize = 8;

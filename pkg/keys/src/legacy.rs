//! Encrypted PEM with the headers of RFC 1421 (section 4.6.1) and the key derivation of OpenSSL's
//! "traditional" format.
//!
//! It is weak by design (one round of MD5, no integrity check), but the one encrypted form that
//! ct_server opens: `crypto/keys/pem/pem.go` in Trillian calls Go's `x509.DecryptPEMBlock`.

use aes::Aes256;
use cbc::{
    Decryptor, Encryptor,
    cipher::{BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _, block_padding::Pkcs7},
};
use hex::FromHex as _;
use md5::{Digest as _, Md5};
use pem::Pem;
use zeroize::Zeroizing;

use crate::{Error, Result, pem_file, random_bytes};

/// Whether the block's headers say that it is encrypted.
pub(crate) fn is_encrypted(block: &Pem) -> bool {
    block
        .headers()
        .get(PROC_TYPE)
        .is_some_and(|value| value.contains("ENCRYPTED"))
}

/// `der` as a `PRIVATE KEY` block with the headers `Proc-Type` and `DEK-Info`.
pub(crate) fn encrypt(der: &[u8], password: &[u8]) -> String {
    let iv = random_bytes::<16>();
    let cipher = Encryptor::<Aes256>::new(&(*derived_key(password, &iv)).into(), &iv.into());
    let mut block = Pem::new("PRIVATE KEY", cipher.encrypt_padded_vec::<Pkcs7>(der));
    for (name, value) in [
        (PROC_TYPE, "4,ENCRYPTED".into()),
        (DEK_INFO, format!("{CIPHER},{}", hex::encode(iv))),
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
    let (cipher, iv) = block
        .headers()
        .get(DEK_INFO)
        .and_then(|info| info.split_once(','))
        .ok_or(Error::NotPem)?;
    if cipher.trim() != CIPHER {
        return Err(Error::UnknownCipher(cipher.trim().into()));
    }
    let iv = <[u8; 16]>::from_hex(iv.trim()).map_err(|_| Error::NotPem)?;
    Decryptor::<Aes256>::new(&(*derived_key(password, &iv)).into(), &iv.into())
        .decrypt_padded_vec::<Pkcs7>(block.contents())
        .map(Zeroizing::new)
        .map_err(|_| Error::WrongPassword)
}

/// The cipher's key: OpenSSL's `EVP_BytesToKey` with MD5, one round, and the first half of the
/// initialisation vector as the salt.
fn derived_key(password: &[u8], iv: &[u8; 16]) -> Zeroizing<[u8; 32]> {
    let salt = &iv[..8];
    let first = Md5::new()
        .chain_update(password)
        .chain_update(salt)
        .finalize();
    let second = Md5::new()
        .chain_update(first)
        .chain_update(password)
        .chain_update(salt)
        .finalize();
    let mut key = Zeroizing::new([0; 32]);
    key[..16].copy_from_slice(&first);
    key[16..].copy_from_slice(&second);
    key
}

const PROC_TYPE: &str = "Proc-Type";
const DEK_INFO: &str = "DEK-Info";
const CIPHER: &str = "AES-256-CBC";

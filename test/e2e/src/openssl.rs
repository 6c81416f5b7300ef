//! OpenSSL's command, the witness that has nothing of ours.

use std::path::Path;

use anyhow::{Result, ensure};
use tokio::process::Command;

use crate::process;

/// The public half of a private key (PEM), as PEM.
///
/// # Errors
///
/// That OpenSSL can't read the key, or not with this password.
pub async fn public_half(key: &[u8], password: &[u8]) -> Result<String> {
    let mut command = openssl(&["pkey", "-passin", "env:PASSWORD", "-pubout"]);
    command.env("PASSWORD", String::from_utf8_lossy(password).as_ref());
    process::text(command, key).await
}

/// A public key (PEM), as OpenSSL writes it.
///
/// # Errors
///
/// That OpenSSL can't read it.
pub async fn public_key(key: &[u8]) -> Result<String> {
    process::text(openssl(&["pkey", "-pubin"]), key).await
}

/// The public key, as PEM, of the first certificate (PEM).
///
/// # Errors
///
/// That OpenSSL can't read it.
pub async fn certified_key(certificates: &[u8]) -> Result<String> {
    process::text(openssl(&["x509", "-noout", "-pubkey"]), certificates).await
}

/// A public key (PEM) as DER.
///
/// # Errors
///
/// That OpenSSL can't read it.
pub async fn der(public_key: &[u8]) -> Result<Vec<u8>> {
    let command = openssl(&["pkey", "-pubin", "-outform", "DER"]);
    process::output(command, public_key).await
}

/// What logs call themselves by: the digest of their public key (PEM).
///
/// # Errors
///
/// That OpenSSL can't read it.
pub async fn log_id(public_key: &[u8]) -> Result<Vec<u8>> {
    let der = der(public_key).await?;
    process::output(openssl(&["dgst", "-sha256", "-binary"]), &der).await
}

/// Another public key (PEM), whose private half is gone.
///
/// # Errors
///
/// That OpenSSL can't be run.
pub async fn new_public_key() -> Result<String> {
    let key = openssl(&["ecparam", "-name", "prime256v1", "-genkey", "-noout"]);
    public_half(&process::output(key, b"").await?, b"").await
}

/// Runs OpenSSL on files of a folder.
///
/// # Errors
///
/// As [`process::run`].
pub async fn in_folder(folder: &Path, args: &[&str]) -> Result<String> {
    let mut command = openssl(args);
    command.current_dir(folder);
    process::text(command, b"").await
}

/// Checks that the texts are the same, and that there is one.
///
/// # Errors
///
/// The texts.
pub fn check_same(texts: &[String]) -> Result<()> {
    let same = texts.iter().all(|text| *text == texts[0]);
    ensure!(same && !texts[0].is_empty(), "these differ: {texts:#?}");
    Ok(())
}

fn openssl(args: &[&str]) -> Command {
    process::command("openssl", args)
}

//! The clients that sign with the servers of a signing config.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::{
    client::{Served, Signed, gist},
    loopback::{ISSUER, Issuer},
};

/// As `sign.sh` calls them, and as people do.
pub const SIGNERS: [(&str, &str); 4] = [
    ("cosign", "cosign 3"),
    ("cosign-v2", "cosign 2"),
    ("sigstore-python", "sigstore-python"),
    ("sigstore-js", "sigstore-js"),
];

/// Has that client, new to the repository, sign in the folder `home`.
///
/// # Errors
///
/// What it says when it ends in failure.
pub fn sign(client: &str, served: &Served, issuer: &Issuer, home: &Path) -> Result<Signed> {
    fs::create_dir_all(home)?;
    fs::write(home.join("root.json"), served.repository.root())?;
    let signed = Signed {
        bundle: home.join("bundle.json"),
        blob: home.join("blob"),
        issuer: ISSUER,
    };
    fs::write(&signed.blob, format!("signed in {}\n", home.display()))?;
    let output = Command::new("timeout")
        .args(["60", "sign.sh", client, served.url()])
        .current_dir(home)
        .env("HOME", home)
        .env("BLOB", &signed.blob)
        .env("BUNDLE", &signed.bundle)
        .env("TOKEN", issuer.token()?)
        .output()
        .context("starting it")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}", gist(&said));
    Ok(signed)
}

/// The version of the Rekor whose entry is in a bundle.
///
/// # Errors
///
/// When there is none.
pub fn version(signed: &Signed) -> Result<&'static str> {
    let bundle: Value = serde_json::from_slice(&fs::read(&signed.bundle)?)?;
    let entry = &bundle["verificationMaterial"]["tlogEntries"][0];
    match entry["kindVersion"]["version"].as_str() {
        Some("0.0.1") => Ok("v1"),
        Some("0.0.2") => Ok("v2"),
        other => anyhow::bail!("an entry of version {other:?}"),
    }
}

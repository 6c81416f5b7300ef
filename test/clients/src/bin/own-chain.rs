//! A stack with keys and chains made as `docs/own-keys.md` says, Fulcio's below a root and an
//! intermediate that stay outside: the servers' own code signs with them, and every client
//! verifies.

#![expect(clippy::print_stdout, reason = "what it shows is what it is for")]

use std::{fs, path::Path, process::ExitCode};

use anyhow::{Context as _, Result};
use clients::{
    Site,
    verifiers::{PASSWORD, VERIFIERS, sign_and_verify},
};
use contract::{CTLOG, FULCIO, KeyPair, REKOR, TSA};
use keys::PrivateKey;
use tempfile::TempDir;
use testbed::{Kubernetes, documented::own_secret};

fn main() -> Result<ExitCode> {
    let folder = TempDir::new()?;
    let kubernetes = Kubernetes::start();
    let mut site = Site::new(&kubernetes)?;
    for (layout, server, heading, secret) in [
        (FULCIO, "fulcio", "### A CA for Fulcio", FULCIO.private.name),
        (CTLOG, "ctlog", "### The CT log's key", "ctlog-own"),
        (REKOR, "rekor", "### Rekor's key", REKOR.private.name),
        (
            TSA,
            "tsa",
            "### A chain for the timestamp authority",
            TSA.private.name,
        ),
    ] {
        bring(&site, folder.path(), layout, server, heading, secret)
            .with_context(|| heading.to_owned())?;
    }
    let verdicts = sign_and_verify(&mut site, folder.path())?;
    let verdicts = verdicts.context("a server can't sign with its key")?;
    for ((_, client), failure) in VERIFIERS.iter().zip(&verdicts) {
        match failure {
            None => println!("ok    {client} verifies under a root of one's own"),
            Some(failure) => println!("FAIL  {client}: {failure}"),
        }
    }
    let failed = verdicts.iter().flatten().count();
    println!("{} passed, {failed} failed", verdicts.len() - failed);
    Ok(ExitCode::from(u8::from(failed > 0)))
}

/// Makes a server's key, and writes it where the server's code finds it, and what clients get to
/// know of it where createtuf does.
fn bring(
    site: &Site<'_>,
    folder: &Path,
    layout: KeyPair,
    server: &str,
    heading: &str,
    secret: &str,
) -> Result<()> {
    let own = own_secret(heading, secret);
    let password = layout.password.and_then(|entry| own.get(entry));
    let key = PrivateKey::from_pem(&own[layout.key], password.map(Vec::as_slice))?;
    let pem = key.to_legacy_pem(PASSWORD);
    fs::write(folder.join(format!("{server}.key")), pem)?;
    let trusted = match own.get(layout.trusted) {
        Some(chain) => {
            fs::write(folder.join(format!("{server}.pem")), chain)?;
            chain.clone()
        }
        None => key.public_key().to_pem().into_bytes(),
    };
    site.set_input(layout.copy, layout.trusted, trusted);
    Ok(())
}

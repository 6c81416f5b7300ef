//! Which kinds of keys a server may have: those that it signs with, and whose signatures every
//! client verifies.
//!
//! For each server and each kind of key a stack is made whose other keys are ECDSA P-256. The
//! servers' own code signs with its keys (`signer/`), createtuf publishes its trust, and every
//! client verifies. What comes out is the table in `docs/key-kinds.md`, and what the Jobs offer.
//! `UPDATE=1` records the table.

#![expect(clippy::print_stdout, reason = "what it shows is what it is for")]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, SystemTime},
};

use anyhow::{Context as _, Result, ensure};
use certs::{Subject, Validity};
use clients::{
    Site,
    verifiers::{PASSWORD, VERIFIERS, sign_and_verify},
};
use keys::{Kind, PrivateKey};
use tempfile::TempDir;
use testbed::Kubernetes;

const SERVERS: [&str; 4] = ["Fulcio", "CT log", "Rekor", "timestamp authority"];

fn main() -> ExitCode {
    clients::exit_code(run().map(|()| 0))
}

fn run() -> Result<()> {
    let folder = TempDir::new()?;
    let mut lines = vec![];
    for (number, server) in SERVERS.iter().enumerate() {
        for kind in Kind::ALL {
            let mut kinds = [Kind::EcdsaP256; 4];
            kinds[number] = kind;
            let home = folder.path().join(format!("{number}-{kind}"));
            let cells = tried(kinds, &home).with_context(|| format!("{server}, {kind}"))?;
            let line = format!("| {server} | {kind} | {} |", cells.join(" | "));
            println!("{line}");
            lines.push(line);
        }
    }
    recorded(&lines)
}

/// What the servers do with a stack of these kinds, or else what each client does.
fn tried(kinds: [Kind; 4], home: &Path) -> Result<Vec<String>> {
    fs::create_dir_all(home)?;
    let kubernetes = Kubernetes::start();
    let mut site = Site::new(&kubernetes)?;
    stack(kinds, home, &site)?;
    let Some(verdicts) = sign_and_verify(&mut site, home)? else {
        return Ok(vec!["can't sign".into(); VERIFIERS.len() + 1]);
    };
    let cell = |failure: &Option<String>| match failure {
        None => "yes".to_owned(),
        Some(failure) => {
            println!("      {failure}");
            "no".to_owned()
        }
    };
    let mut cells = vec!["signs".to_owned()];
    cells.extend(verdicts.iter().map(cell));
    Ok(cells)
}

/// Makes the keys and certificates of a stack, as the Jobs make them: for the servers in a folder,
/// and for createtuf in Secrets.
fn stack(kinds: [Kind; 4], home: &Path, site: &Site<'_>) -> Result<()> {
    let [fulcio, ctlog, rekor, tsa] = kinds.map(PrivateKey::generate);
    let validity = Validity::from(SystemTime::now(), Duration::from_secs(24 * 3600))?;
    let subject = Subject {
        common_name: "key kinds".into(),
        ..Subject::default()
    };
    let root = certs::root_certificate(&fulcio, &subject, validity)?.to_pem();
    let authorities = [(); 2].map(|()| PrivateKey::generate(Kind::EcdsaP256));
    let [intermediate, above] = &authorities;
    let chain = certs::timestamping_chain(&tsa, intermediate, above, "key kinds", validity)?;
    let chain = chain.to_pem();
    for (file, content) in [
        ("fulcio.key", fulcio.to_encrypted_pem(PASSWORD)),
        ("fulcio.pem", root.clone()),
        ("ctlog.key", ctlog.to_legacy_pem(PASSWORD)),
        ("rekor.key", rekor.to_encrypted_pem(PASSWORD)),
        ("tsa.key", tsa.to_legacy_pem(PASSWORD)),
        ("tsa.pem", chain.clone()),
    ] {
        fs::write(home.join(file), content)?;
    }
    site.set_input("fulcio-pub-key", "cert", root);
    site.set_input("ctlog-public-key", "public", ctlog.public_key().to_pem());
    site.set_input("rekor-pub-key", "public", rekor.public_key().to_pem());
    site.set_input("tsa-cert-chain", "cert-chain", chain);
    Ok(())
}

/// Compares the table with the recorded one, or records it.
fn recorded(lines: &[String]) -> Result<()> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/key-kinds.md");
    let page = fs::read_to_string(&path)?;
    let (before, rest) = page.split_once(BEGIN).context("the page has no table")?;
    let (_, after) = rest.split_once(END).context("the table has no end")?;
    let titles = VERIFIERS.map(|(_, title)| title).join(" | ");
    let head = format!("| server | key | the server | {titles} |");
    let rule = "|---".repeat(VERIFIERS.len() + 3);
    let table = format!("\n{head}\n{rule}|\n{}\n", lines.join("\n"));
    let new = format!("{before}{BEGIN}{table}{END}{after}");
    if env::var_os("UPDATE").is_some() {
        fs::write(&path, &new)?;
    } else {
        ensure!(page == new, "docs/key-kinds.md says something else");
    }
    println!("{} passed, 0 failed", lines.len());
    Ok(())
}

const BEGIN: &str = "<!-- measured -->";
const END: &str = "<!-- end -->";

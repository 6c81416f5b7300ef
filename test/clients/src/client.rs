//! The clients, and how each is run: in a folder of its own, with `root.json` and whatever it kept
//! there, it gets `trusted_root.json`, and verifies a bundle with that.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};
use trust::TRUSTED_ROOT;
use tuf::Repository;

use crate::Site;

/// A program on the PATH, and its arguments before the URL.
pub struct Client {
    /// As people call it.
    pub name: &'static str,
    command: &'static [&'static str],
}

const fn client(name: &'static str, command: &'static [&'static str]) -> Client {
    Client { name, command }
}

/// All of them.
pub const CLIENTS: [Client; 10] = [
    client("cosign 3", &["cosign.sh", "cosign"]),
    client(
        "cosign 2",
        &["cosign.sh", "cosign-v2", "--new-bundle-format"],
    ),
    client("sigstore-go", &["go-clients", "sigstore-go"]),
    client("policy-controller", &["go-clients", "policy-controller"]),
    client("python-tuf", &["python-tuf.py"]),
    client("sigstore-python", &["sigstore-python.sh"]),
    client("tuf-js", &["tuf-js.js"]),
    client("@sigstore/tuf", &["sigstore-tuf.js"]),
    client("tough", &["tough-client"]),
    client("sigstore-rust", &["sigstore-rust"]),
];

/// A repository, and where clients find it.
pub struct Served {
    /// The repository.
    pub repository: Repository,
    url: String,
    archive: PathBuf,
}

impl Served {
    /// What that site serves.
    ///
    /// # Errors
    ///
    /// When it has no repository, or a damaged one.
    pub fn by(site: &Site<'_>) -> Result<Self> {
        Ok(Self {
            repository: site.repository()?,
            url: site.url(),
            archive: site.archive(),
        })
    }

    /// Where clients find it.
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// What a client is to verify, and who signed it.
pub struct Signed {
    /// The bundle (JSON).
    pub bundle: PathBuf,
    /// The file that was signed.
    pub blob: PathBuf,
    /// Who says who signed it.
    pub issuer: &'static str,
}

impl Client {
    /// Runs it, and checks that what it got is what is published.
    ///
    /// # Errors
    ///
    /// What it says when it ends in failure, and that it trusts something else.
    pub fn run(&self, served: &Served, signed: &Signed, home: &Path) -> Result<()> {
        let result = home.join(TRUSTED_ROOT);
        if result.exists() {
            fs::remove_file(&result)?;
        }
        let targets = served.repository.targets();
        let targets: Vec<_> = targets.map(|(name, _)| name).collect();
        let output = Command::new("timeout")
            .arg("60")
            .args(self.command)
            .arg(&served.url)
            .current_dir(home)
            .env_remove("RUST_BACKTRACE")
            .env("HOME", home)
            .env("ARCHIVE", &served.archive)
            .env("TARGETS", targets.join("\n"))
            .env("BUNDLE", &signed.bundle)
            .env("BLOB", &signed.blob)
            .env("IDENTITY", IDENTITY)
            .env("ISSUER", signed.issuer)
            .output()
            .context("starting it")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "{}: {}",
            output.status,
            gist(&said)
        );
        let got = fs::read(&result).context("it wrote no trusted root")?;
        let published = served.repository.target(TRUSTED_ROOT);
        ensure!(
            Some(&got[..]) == published,
            "its trusted root isn't the published one"
        );
        Ok(())
    }
}

/// The lines that speak of an error; else the last one.
pub(crate) fn gist(said: &str) -> String {
    let errors = said
        .lines()
        .filter(|line| line.to_lowercase().contains("error"));
    let errors: Vec<_> = errors.map(str::trim).take(3).collect();
    match errors.is_empty() {
        true => said.lines().last().unwrap_or_default().into(),
        false => errors.join(" | "),
    }
}

/// Who signs.
pub const IDENTITY: &str = "https://kubernetes.io/namespaces/e2e/serviceaccounts/signer";
/// The issuer of that identity's tokens.
pub const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

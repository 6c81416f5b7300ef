//! The `openssl` command, and the keys that it made.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};

/// Runs `openssl` with what it reads, and returns what it writes. In the arguments, words are
/// separated by blanks.
///
/// # Errors
///
/// What it says.
pub(crate) fn run(args: &str, input: &[u8]) -> Result<Vec<u8>> {
    run_args(&args.split(' ').collect::<Vec<_>>(), input)
}

/// As [`run`], with arguments that may hold blanks.
pub(crate) fn run_args(args: &[&str], input: &[u8]) -> Result<Vec<u8>> {
    let mut command = Command::new("openssl");
    command
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().context("starting openssl")?;
    let mut pipe = child.stdin.take().expect("it is piped");
    // It may end without having read all of it.
    let _ = pipe.write_all(input);
    drop(pipe);
    let output = child.wait_with_output()?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "openssl {}: {error}",
        args.join(" ")
    );
    Ok(output.stdout)
}

/// Private keys (PEM, PKCS#8), each made once and kept in a folder, since RSA takes its time.
pub(crate) struct Keys(PathBuf);

impl Keys {
    pub(crate) fn in_folder(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self(folder.into()))
    }

    /// The private key of a kind, which is `openssl genpkey`'s arguments, or another one of that
    /// kind for each `number`.
    pub(crate) fn private(&self, kind: &str, number: usize) -> Result<Vec<u8>> {
        let name = kind.trim_start_matches('-').replace([' ', ':', '-'], "_");
        let path = self.0.join(format!("{name}-{number}.pem"));
        if let Ok(pem) = fs::read(&path) {
            return Ok(pem);
        }
        let pem = run(&format!("genpkey {kind}"), b"")?;
        fs::write(&path, &pem)?;
        Ok(pem)
    }
}

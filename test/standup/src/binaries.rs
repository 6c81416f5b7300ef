//! The project's own binaries, built when cargo is at hand.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail, ensure};

use crate::{home, images::OURS};

/// Where the binaries are.
pub(crate) struct Binaries(PathBuf);

impl Binaries {
    /// The path of one of [`OURS`].
    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

/// Builds the binaries, in the profile that this program was built in.
pub(crate) fn build() -> Result<Binaries> {
    let own = env::current_exe().context("finding this program's own file")?;
    let folder = own.parent().unwrap_or(Path::new("."));
    if let Some(cargo) = env::var_os("CARGO") {
        let mut build = Command::new(cargo);
        build.args(["build", "--quiet", "--locked"]);
        if folder.ends_with("release") {
            build.arg("--release");
        }
        for name in OURS {
            build.args(["--package", name]);
        }
        build.current_dir(home());
        let status = build.status().context("starting cargo")?;
        ensure!(status.success(), "the binaries can't be built");
    }
    for name in OURS {
        if !folder.join(name).is_file() {
            let folder = folder.display();
            bail!("{folder}/{name} isn't there: cargo standup builds it");
        }
    }
    Ok(Binaries(folder.into()))
}

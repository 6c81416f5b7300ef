//! The programs of `cmd/`, as static binaries that don't know where they were built.

use std::{
    collections::BTreeSet,
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use oci_spec::image::Arch;
use serde::Deserialize;

/// A platform that the images run on.
pub(crate) struct Target {
    triple: &'static str,
    pub(crate) architecture: Arch,
    /// Compiles the C code of aws-lc, and the Debian package that has it.
    c_compiler: (&'static str, &'static str),
}

/// The first is what `docker load` takes.
pub(crate) const TARGETS: [Target; 1] = [Target {
    triple: "x86_64-unknown-linux-musl",
    architecture: Arch::Amd64,
    c_compiler: ("musl-gcc", "musl-tools"),
}];

/// What `cargo metadata` says of this checkout.
#[derive(Deserialize)]
pub(crate) struct Workspace {
    workspace_root: PathBuf,
    target_directory: PathBuf,
    packages: Vec<Package>,
}

/// A package of this checkout, or one that it needs.
#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) description: Option<String>,
    pub(crate) license: Option<String>,
    manifest_path: PathBuf,
    /// None for the workspace's own.
    source: Option<String>,
}

impl Workspace {
    pub(crate) fn read() -> Result<Self> {
        let metadata = cargo()
            .args(["metadata", "--format-version=1", "--locked", "--quiet"])
            .args(
                TARGETS
                    .iter()
                    .flat_map(|target| ["--filter-platform", target.triple]),
            )
            .stderr(Stdio::inherit())
            .output()
            .context("running cargo metadata")?;
        ensure!(
            metadata.status.success(),
            "cargo metadata: {}",
            metadata.status
        );
        serde_json::from_slice(&metadata.stdout).context("reading what cargo metadata printed")
    }

    pub(crate) fn target_directory(&self) -> &Path {
        &self.target_directory
    }

    /// The packages in `cmd/`, by name.
    pub(crate) fn commands(&self) -> Vec<&Package> {
        let folder = self.workspace_root.join("cmd");
        let mut commands: Vec<_> = self
            .packages
            .iter()
            .filter(|package| package.manifest_path.starts_with(&folder))
            .collect();
        commands.sort_by_key(|package| &package.name);
        commands
    }

    /// Builds all commands for `target`; `binary` says where they are.
    pub(crate) fn build(&self, target: &Target) -> Result<()> {
        target.check()?;
        let build = cargo()
            .args(["build", "--release", "--locked", "--target", target.triple])
            .args(
                self.commands()
                    .iter()
                    .flat_map(|command| ["--package", &command.name]),
            )
            .current_dir(&self.workspace_root)
            .env("CARGO_ENCODED_RUSTFLAGS", self.rustflags())
            .status()
            .context("running cargo build")?;
        ensure!(
            build.success(),
            "cargo build for {}: {build}",
            target.triple
        );
        Ok(())
    }

    pub(crate) fn binary(&self, target: &Target, command: &Package) -> PathBuf {
        self.target_directory
            .join(target.triple)
            .join("release")
            .join(&command.name)
    }

    /// Panic messages name source files, and some are in folders that differ from machine to
    /// machine: this workspace, what build scripts write, and what cargo unpacks. A later flag
    /// wins over an earlier one.
    fn rustflags(&self) -> OsString {
        let unpacked: BTreeSet<_> = self
            .packages
            .iter()
            .filter(|package| package.source.is_some())
            .filter_map(|package| package.manifest_path.ancestors().nth(2))
            .collect();
        let folders = [
            (&*self.workspace_root, "/workspace"),
            (&self.target_directory, "/target"),
        ];
        let mut flags = OsString::new();
        for (folder, name) in folders
            .into_iter()
            .chain(unpacked.into_iter().map(|folder| (folder, "/dependencies")))
        {
            if !flags.is_empty() {
                flags.push("\x1f");
            }
            flags.push("--remap-path-prefix=");
            flags.push(folder);
            flags.push("=");
            flags.push(name);
        }
        flags
    }
}

impl Target {
    /// Says what to install, rather than let the build fail half-way.
    fn check(&self) -> Result<()> {
        let libraries = Command::new("rustc")
            .args(["--print", "target-libdir", "--target", self.triple])
            .output()
            .context("running rustc")?;
        let libraries =
            String::from_utf8(libraries.stdout).context("reading what rustc printed")?;
        ensure!(
            Path::new(libraries.trim()).is_dir(),
            "Rust's libraries for {0} are missing: rustup target add {0}",
            self.triple
        );
        let (compiler, package) = self.c_compiler;
        let chosen = env::var_os(format!("CC_{}", self.triple.replace('-', "_")));
        let found = env::split_paths(&env::var_os("PATH").unwrap_or_default())
            .any(|folder| folder.join(compiler).is_file());
        ensure!(
            found || chosen.is_some(),
            "the C compiler for {} is missing: apt-get install {package} (or name one in CC_{})",
            self.triple,
            self.triple.replace('-', "_")
        );
        Ok(())
    }
}

fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

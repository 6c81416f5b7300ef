//! The programs of `cmd/`, as static binaries that don't know where they were built.

use std::{
    collections::BTreeSet,
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;
use oci_spec::image::Arch;
use serde::Deserialize;

/// A platform that the images run on.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Platform {
    #[value(name = AMD64)]
    Amd64,
    #[value(name = ARM64)]
    Arm64,
}

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
                Platform::value_variants()
                    .iter()
                    .flat_map(|platform| ["--filter-platform", platform.target()]),
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

    /// The names of [`Self::commands`].
    pub(crate) fn command_names(&self) -> Vec<&str> {
        let commands = self.commands().into_iter();
        commands.map(|command| &*command.name).collect()
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

    /// Builds `packages` for each of `platforms`; `binary` says where they are. What is missing
    /// for any of them is said before minutes of building.
    pub(crate) fn build(&self, platforms: &[Platform], packages: &[&str]) -> Result<()> {
        let builds = platforms
            .iter()
            .map(|platform| Ok((platform.target(), platform.build_command()?)))
            .collect::<Result<Vec<_>>>()?;
        for (target, command) in builds {
            let build = cargo()
                .args([command, "--release", "--locked", "--target", target])
                .args(packages.iter().flat_map(|package| ["--package", package]))
                .current_dir(&self.workspace_root)
                .env("CARGO_ENCODED_RUSTFLAGS", self.rustflags())
                .status()
                .with_context(|| format!("running cargo {command}"))?;
            ensure!(build.success(), "cargo {command} for {target}: {build}");
        }
        Ok(())
    }

    pub(crate) fn binary(&self, platform: Platform, package: &str) -> PathBuf {
        self.target_directory
            .join(platform.target())
            .join("release")
            .join(package)
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

impl Platform {
    /// The name of this machine's, if it is one of them.
    pub(crate) fn native() -> &'static str {
        match Arch::default() {
            Arch::ARM64 => ARM64,
            _ => AMD64,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Amd64 => AMD64,
            Self::Arm64 => ARM64,
        }
    }

    pub(crate) fn architecture(self) -> Arch {
        match self {
            Self::Amd64 => Arch::Amd64,
            Self::Arm64 => Arch::ARM64,
        }
    }

    /// What Rust calls it.
    fn target(self) -> &'static str {
        match self {
            Self::Amd64 => "x86_64-unknown-linux-musl",
            Self::Arm64 => "aarch64-unknown-linux-musl",
        }
    }

    /// `zigbuild`, which brings a C compiler for aws-lc, or `build` where another is named or at
    /// hand. The first comes first: its compiler is one that can be pinned.
    fn build_command(self) -> Result<&'static str> {
        let target = self.target();
        let libraries = Command::new("rustc")
            .args(["--print", "target-libdir", "--target", target])
            .output()
            .context("running rustc")?;
        let libraries =
            String::from_utf8(libraries.stdout).context("reading what rustc printed")?;
        ensure!(
            Path::new(libraries.trim()).is_dir(),
            "Rust's libraries for {target} are missing: rustup target add {target}"
        );
        let compiler = format!("CC_{}", target.replace('-', "_"));
        let native = cfg!(target_os = "linux") && self.architecture() == Arch::default();
        if env::var_os(&compiler).is_some() {
            return Ok("build");
        }
        if is_installed("cargo-zigbuild") {
            return Ok("zigbuild");
        }
        if native && is_installed("musl-gcc") {
            return Ok("build");
        }
        let musl_tools = match native {
            true => "apt-get install musl-tools, or ",
            false => "",
        };
        bail!(
            "a C compiler for {target} is missing: {musl_tools}pip install cargo-zigbuild (or name one in {compiler})"
        )
    }
}

const AMD64: &str = "linux/amd64";
const ARM64: &str = "linux/arm64";

fn is_installed(program: &str) -> bool {
    env::split_paths(&env::var_os("PATH").unwrap_or_default())
        .any(|folder| folder.join(program).is_file())
}

fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

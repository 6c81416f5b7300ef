//! `cargo xtask programs`: standup, and what it runs of this repository.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};

use crate::{binaries::Workspace, images::Platforms};

/// Build standup and the programs of `cmd/`, as static binaries
///
/// The same source and compiler give the same bytes.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The folder to copy them to, each into one of its platform's name, such as linux/amd64
    out: PathBuf,

    #[command(flatten)]
    platforms: Platforms,
}

pub(crate) fn programs(options: &Options) -> Result<()> {
    let workspace = Workspace::read()?;
    let platforms = &options.platforms.platform;
    let commands = workspace.command_names();
    // One after the other: together they would agree on features of libraries, and the commands
    // be others than in the images.
    workspace.build(platforms, &commands)?;
    workspace.build(platforms, &[STANDUP])?;
    for platform in platforms {
        let folder = options.out.join(platform.name());
        let copying = || format!("copying to {}", folder.display());
        fs::create_dir_all(&folder).with_context(copying)?;
        for program in commands.iter().copied().chain([STANDUP]) {
            fs::copy(workspace.binary(*platform, program), folder.join(program))
                .with_context(copying)?;
        }
    }
    Ok(())
}

const STANDUP: &str = "standup";

//! `cargo xtask images`: the images of this repository's own programs.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use anyhow::{Result, ensure};
use oci_spec::{
    distribution::{ParseError, Reference},
    image::{Config, ConfigBuilder},
};

use crate::{
    archive,
    binaries::{Package, Platform, Workspace},
    layer::Layer,
    oci::{Image, PackedLayer},
    registry::Registry,
};

/// Build the programs of `cmd/` as images, in one archive
///
/// The archive is for `ctr -n k8s.io images import`, `kind load image-archive` and `docker load`.
/// The same source and compiler give the same digests.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The archive to write [default: images.tar in cargo's target folder]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Tag of the images
    #[arg(long, default_value = DEFAULT_TAG, value_parser = tag)]
    tag: String,

    /// Registry to push them to as well, e.g. ghcr.io/someone/scaffolding
    #[arg(long, value_name = "REGISTRY")]
    push: Option<Registry>,

    /// The registry speaks plain HTTP
    #[arg(long, requires = "push")]
    plain_http: bool,

    #[command(flatten)]
    platforms: Platforms,
}

#[derive(clap::Args)]
pub(crate) struct Platforms {
    /// Platforms of the images, e.g. linux/amd64,linux/arm64; `docker load` takes the first
    #[arg(long, value_delimiter = ',', default_value = Platform::native())]
    pub(crate) platform: Vec<Platform>,
}

pub(crate) async fn images(options: &Options) -> Result<()> {
    let workspace = Workspace::read()?;
    let registry = match &options.push {
        Some(registry) => Some(registry.connect(options.plain_http).await?),
        None => None,
    };
    let images = build(&workspace, &options.platforms, &options.tag)?;
    let out = options
        .out
        .clone()
        .unwrap_or_else(|| workspace.target_directory().join("images.tar"));
    archive::write(&images, &out)?;
    for image in &images {
        println!(
            "{} {} {} bytes compressed",
            image.name,
            image.index.descriptor.digest(),
            image.compressed_size()
        );
    }
    println!("wrote {}", out.display());
    let large = images
        .iter()
        .filter(|image| image.compressed_size() > BUDGET);
    let large: Vec<_> = large.map(|image| image.name.repository()).collect();
    ensure!(
        large.is_empty(),
        "over the budget of {BUDGET} bytes compressed: {}",
        large.join(", ")
    );
    if let Some(registry) = registry {
        for image in &images {
            println!("pushed {}", registry.push(image).await?);
        }
    }
    Ok(())
}

/// Builds every command for every platform.
pub(crate) fn build(workspace: &Workspace, platforms: &Platforms, tag: &str) -> Result<Vec<Image>> {
    workspace.build(&platforms.platform, &workspace.command_names())?;
    workspace
        .commands()
        .into_iter()
        .map(|command| image(workspace, platforms, command, tag))
        .collect()
}

fn image(
    workspace: &Workspace,
    platforms: &Platforms,
    command: &Package,
    tag: &str,
) -> Result<Image> {
    let layers = platforms.platform.iter().map(|platform| {
        let layer = layer(&workspace.binary(*platform, &command.name), &command.name)?;
        Ok((
            platform.architecture(),
            PackedLayer::compressed(&layer.tar()?)?,
        ))
    });
    let name = name(&command.name, tag);
    Image::new(name, &config(command)?, layers.collect::<Result<_>>()?)
}

/// A layer with nothing but the binary and, for libraries that need one, a folder for temporary
/// files.
fn layer(binary: &Path, name: &str) -> Result<Layer> {
    let mut layer = Layer::default();
    layer.add_folder("tmp".as_ref(), 0o1777, 0)?;
    layer.add(binary, name.as_ref())?;
    Ok(layer)
}

fn config(command: &Package) -> Result<Config> {
    let labels = [
        ("title", Some(&command.name)),
        ("description", command.description.as_ref()),
        ("version", Some(&command.version)),
        ("licenses", command.license.as_ref()),
    ];
    let labels: HashMap<_, _> = labels
        .into_iter()
        .filter_map(|(key, value)| {
            Some((format!("org.opencontainers.image.{key}"), value?.clone()))
        })
        .collect();
    Ok(ConfigBuilder::default()
        .user("65532:65532")
        .entrypoint([format!("/{}", command.name)])
        .labels(labels)
        .build()?)
}

/// What `config/` calls the image of a program.
pub(crate) fn name(command: &str, tag: &str) -> Reference {
    Reference::with_tag(
        "localhost".into(),
        format!("scaffolding/{command}"),
        tag.into(),
    )
}

pub(crate) fn tag(text: &str) -> Result<String, ParseError> {
    format!("name:{text}")
        .parse::<Reference>()
        .map(|_| text.into())
}

/// The tag that `config/` uses.
pub(crate) const DEFAULT_TAG: &str = "dev";

/// Most that a layer may take in a registry and on the wire, in bytes.
const BUDGET: usize = 4_000_000;

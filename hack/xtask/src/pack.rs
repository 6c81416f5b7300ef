//! `cargo xtask image`: files of this machine as an image under any name.

use std::{num::ParseIntError, path::PathBuf};

use anyhow::Result;
use oci_spec::{
    distribution::Reference,
    image::{Arch, ConfigBuilder},
};

use crate::{
    archive,
    layer::Layer,
    oci::{Image, PackedLayer},
};

/// Pack files as an image of one uncompressed layer, for this machine's architecture
///
/// The archive is for `ctr images import`, `kind load image-archive` and `docker load`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The image's full name, e.g. `docker.io/library/mariadb:10.11`
    name: Reference,

    /// The archive to write
    out: PathBuf,

    /// What the image starts, and its first arguments (comma-separated)
    #[arg(long, value_delimiter = ',')]
    entrypoint: Vec<String>,

    /// Who it runs as (numeric, for Kubernetes to see that it isn't root)
    #[arg(long, value_name = "UID:GID", default_value = "65532:65532", value_parser = user)]
    user: String,

    /// Environment variable; PATH has Debian's value unless given
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    env: Vec<String>,

    /// Empty folder, with an octal mode (default 755) and an owner (default 0); there is always a
    /// /tmp for everyone
    #[arg(long, value_name = "PATH[:MODE[:UID]]", value_parser = folder)]
    dir: Vec<Folder>,

    /// Program to add together with the shared libraries it needs
    #[arg(long, value_name = "SRC=DEST", value_parser = source)]
    with_libraries: Vec<Source>,

    /// File to add, or folder with all it holds
    #[arg(value_name = "SRC=DEST", value_parser = source)]
    files: Vec<Source>,
}

#[derive(Clone)]
struct Folder {
    path: PathBuf,
    mode: u32,
    owner: u32,
}

#[derive(Clone)]
struct Source {
    path: PathBuf,
    destination: PathBuf,
}

pub(crate) fn image(options: &Options) -> Result<()> {
    let mut layer = Layer::default();
    layer.add_folder("tmp".as_ref(), 0o1777, 0)?;
    for folder in &options.dir {
        layer.add_folder(&folder.path, folder.mode, folder.owner)?;
    }
    for program in &options.with_libraries {
        layer.add_with_libraries(&program.path, &program.destination)?;
    }
    for file in &options.files {
        layer.add(&file.path, &file.destination)?;
    }

    let mut env = options.env.clone();
    if !env.iter().any(|variable| variable.starts_with("PATH=")) {
        env.insert(
            0,
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".into(),
        );
    }
    let config = ConfigBuilder::default()
        .user(&options.user)
        .env(env)
        .entrypoint(options.entrypoint.clone())
        .build()?;
    let layer = PackedLayer::uncompressed(layer.tar()?);
    let image = Image::new(
        options.name.clone(),
        &config,
        vec![(Arch::default(), layer)],
    )?;
    let (name, digest) = (image.name.whole(), image.index.descriptor.digest().clone());
    archive::write(&[image], &options.out)?;
    println!("{name} {digest}");
    Ok(())
}

fn user(text: &str) -> Result<String, String> {
    let (user, group) = text.split_once(':').ok_or("expected UID:GID")?;
    for id in [user, group] {
        id.parse::<u32>()
            .map_err(|error| format!("{id}: {error}"))?;
    }
    Ok(text.into())
}

fn variable(text: &str) -> Result<String, String> {
    let (name, _) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    if name.is_empty() {
        Err("the name is empty".into())
    } else {
        Ok(text.into())
    }
}

fn folder(text: &str) -> Result<Folder, String> {
    let mut parts = text.splitn(3, ':');
    let path = parts.next().unwrap_or_default().into();
    let mode = parts
        .next()
        .map_or(Ok(0o755), |mode| u32::from_str_radix(mode, 8))
        .map_err(|error| error.to_string())?;
    let owner = parts
        .next()
        .map_or(Ok(0), str::parse)
        .map_err(|error: ParseIntError| error.to_string())?;
    Ok(Folder { path, mode, owner })
}

fn source(text: &str) -> Result<Source, String> {
    let (path, destination) = text.split_once('=').ok_or("expected SRC=DEST")?;
    Ok(Source {
        path: path.into(),
        destination: destination.into(),
    })
}

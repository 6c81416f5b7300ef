//! Images and the archive that carries them, in the OCI image layout.
//!
//! Readers: `ctr images import`, `kind load image-archive` and `docker load`. They look for an
//! image's name in two places: annotations in `index.json`, and `manifest.json` (Docker's own format).

use std::{
    collections::{BTreeMap, HashMap},
    env,
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
};

use anyhow::{Context, Result};
use jiff::Timestamp;
use oci_spec::{
    distribution::Reference,
    image::{
        ANNOTATION_REF_NAME, Arch, Config, Descriptor, ImageConfigurationBuilder, ImageIndex,
        ImageIndexBuilder, ImageManifestBuilder, MediaType, Os, PlatformBuilder, RootFsBuilder,
        Sha256Digest,
    },
};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// An image under its name: an index with one entry for each platform.
pub(crate) struct Image {
    pub(crate) name: Reference,
    pub(crate) index: Blob,
    pub(crate) variants: Vec<Variant>,
}

/// An image on one platform.
pub(crate) struct Variant {
    pub(crate) manifest: Blob,
    pub(crate) config: Blob,
    pub(crate) layer: Blob,
}

/// Bytes and what refers to them.
pub(crate) struct Blob {
    pub(crate) descriptor: Descriptor,
    pub(crate) bytes: Vec<u8>,
}

/// A layer as it is stored, and the digest of the tar archive within.
pub(crate) struct PackedLayer {
    blob: Blob,
    diff_id: Sha256Digest,
}

impl PackedLayer {
    pub(crate) fn uncompressed(tar: Vec<u8>) -> Self {
        let diff_id = sha256(&tar);
        Self {
            blob: Blob::with_digest(MediaType::ImageLayer, diff_id.clone(), tar),
            diff_id,
        }
    }
}

impl Image {
    pub(crate) fn new(
        name: Reference,
        config: &Config,
        layers: Vec<(Arch, PackedLayer)>,
    ) -> Result<Self> {
        let variants = layers
            .into_iter()
            .map(|(architecture, layer)| Variant::new(architecture, config, layer))
            .collect::<Result<Vec<_>>>()?;
        let index = ImageIndexBuilder::default()
            .schema_version(2_u32)
            .media_type(MediaType::ImageIndex)
            .manifests(
                variants
                    .iter()
                    .map(|variant| variant.manifest.descriptor.clone())
                    .collect::<Vec<_>>(),
            )
            .build()?;
        Ok(Self {
            name,
            index: Blob::json(MediaType::ImageIndex, &index)?,
            variants,
        })
    }

    fn blobs(&self) -> impl Iterator<Item = &Blob> {
        let of_variants = self
            .variants
            .iter()
            .flat_map(|variant| [&variant.manifest, &variant.config, &variant.layer]);
        [&self.index].into_iter().chain(of_variants)
    }
}

impl Variant {
    fn new(architecture: Arch, config: &Config, layer: PackedLayer) -> Result<Self> {
        let configuration = ImageConfigurationBuilder::default()
            .created(created()?)
            .architecture(architecture.clone())
            .os(Os::Linux)
            .config(config.clone())
            .rootfs(
                RootFsBuilder::default()
                    .typ("layers")
                    .diff_ids([format!("sha256:{}", layer.diff_id)])
                    .build()?,
            )
            .build()?;
        let config = Blob::json(MediaType::ImageConfig, &configuration)?;
        let manifest = ImageManifestBuilder::default()
            .schema_version(2_u32)
            .media_type(MediaType::ImageManifest)
            .config(config.descriptor.clone())
            .layers([layer.blob.descriptor.clone()])
            .build()?;
        let mut manifest = Blob::json(MediaType::ImageManifest, &manifest)?;
        let platform = PlatformBuilder::default()
            .architecture(architecture)
            .os(Os::Linux)
            .build()?;
        manifest.descriptor.set_platform(Some(platform));
        Ok(Self {
            manifest,
            config,
            layer: layer.blob,
        })
    }
}

impl Blob {
    fn json(media_type: MediaType, value: &impl Serialize) -> Result<Self> {
        let bytes = json(value)?;
        Ok(Self::with_digest(media_type, sha256(&bytes), bytes))
    }

    fn with_digest(media_type: MediaType, digest: Sha256Digest, bytes: Vec<u8>) -> Self {
        Self {
            descriptor: Descriptor::new(media_type, bytes.len() as u64, digest),
            bytes,
        }
    }

    fn path(&self) -> String {
        format!("blobs/sha256/{}", self.descriptor.digest().digest())
    }
}

/// Writes one archive with all of `images`. It appears under its name when it is whole.
pub(crate) fn write_archive(images: &[Image], out: &Path) -> Result<()> {
    let unfinished = out.with_added_extension("unfinished");
    write_layout(images, &unfinished)
        .and_then(|()| Ok(fs::rename(&unfinished, out)?))
        .with_context(|| format!("writing {}", out.display()))
}

fn write_layout(images: &[Image], out: &Path) -> Result<()> {
    let documents = [
        (
            "oci-layout",
            json(&json!({ "imageLayoutVersion": "1.0.0" }))?,
        ),
        ("index.json", json(&layout_index(images)?)?),
        ("manifest.json", json(&docker_manifest(images))?),
    ];
    // Images can have blobs in common, and the archive holds each once.
    let blobs = images.iter().flat_map(Image::blobs);
    let files: BTreeMap<String, &[u8]> = blobs
        .map(|blob| (blob.path(), &blob.bytes[..]))
        .chain(
            documents
                .iter()
                .map(|(name, bytes)| ((*name).to_owned(), &bytes[..])),
        )
        .collect();

    let mut tar = tar::Builder::new(BufWriter::new(File::create(out)?));
    for (path, content) in files {
        let mut header = tar::Header::new_ustar();
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        tar.append_data(&mut header, path, content)?;
    }
    tar.into_inner()?.flush()?;
    Ok(())
}

/// The archive's table of contents for containerd and kind.
fn layout_index(images: &[Image]) -> Result<ImageIndex> {
    let named = |image: &Image| {
        let mut descriptor = image.index.descriptor.clone();
        let name = image.name.whole();
        descriptor.set_annotations(Some(HashMap::from([
            (ANNOTATION_CONTAINERD_NAME.to_owned(), name.clone()),
            (ANNOTATION_REF_NAME.to_owned(), name),
        ])));
        descriptor
    };
    Ok(ImageIndexBuilder::default()
        .schema_version(2_u32)
        .media_type(MediaType::ImageIndex)
        .manifests(images.iter().map(named).collect::<Vec<_>>())
        .build()?)
}

/// The archive's table of contents for Docker without the containerd image store. It knows one
/// platform for each name: the first.
fn docker_manifest(images: &[Image]) -> Value {
    let entry = |image: &Image| {
        let variant = image.variants.first()?;
        Some(json!({
            "Config": variant.config.path(),
            "RepoTags": [image.name.whole()],
            "Layers": [variant.layer.path()],
        }))
    };
    images.iter().filter_map(entry).collect()
}

/// 1970-01-01T00:00:00Z, or what SOURCE_DATE_EPOCH says (seconds since then, see
/// <https://reproducible-builds.org/specs/source-date-epoch/>).
fn created() -> Result<String> {
    let seconds = match env::var("SOURCE_DATE_EPOCH") {
        Ok(seconds) => seconds
            .parse()
            .with_context(|| format!("reading SOURCE_DATE_EPOCH={seconds}"))?,
        Err(_) => 0,
    };
    Ok(Timestamp::from_second(seconds)
        .context("reading SOURCE_DATE_EPOCH")?
        .to_string())
}

/// The same value gives the same bytes: the keys are sorted.
fn json(value: &impl Serialize) -> Result<Vec<u8>> {
    let mut value = serde_json::to_value(value)?;
    value.sort_all_objects();
    Ok(serde_json::to_vec(&value)?)
}

fn sha256(bytes: &[u8]) -> Sha256Digest {
    let hex = Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>();
    hex.parse().expect("64 hexadecimal digits")
}

/// Where containerd looks for an image's full name.
const ANNOTATION_CONTAINERD_NAME: &str = "io.containerd.image.name";

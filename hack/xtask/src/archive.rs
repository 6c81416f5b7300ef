//! The archive that carries images, in the OCI image layout.
//!
//! Readers: `ctr images import`, `kind load image-archive` and `docker load`. They look for an
//! image's name in two places: annotations in `index.json`, and `manifest.json` (Docker's own
//! format).

use std::{
    collections::{BTreeMap, HashMap},
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
};

use anyhow::{Context, Result};
use oci_spec::image::{ANNOTATION_REF_NAME, ImageIndex, ImageIndexBuilder, MediaType};
use serde_json::{Value, json};

use crate::oci::{Image, json};

/// Writes one archive with all of `images`. It appears under its name when it is whole.
pub(crate) fn write(images: &[Image], out: &Path) -> Result<()> {
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

/// Where containerd looks for an image's full name.
const ANNOTATION_CONTAINERD_NAME: &str = "io.containerd.image.name";

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;
    use oci_spec::image::{Arch, ConfigBuilder, Descriptor, ImageConfiguration, ImageManifest};
    use serde::de::DeserializeOwned;
    use tempfile::TempDir;

    use super::*;
    use crate::oci::{PackedLayer, sha256};

    #[test]
    fn archive_has_every_blob_under_its_digest() {
        let files = archived(&[image("one"), image("two")]);
        let blobs = files
            .iter()
            .filter_map(|(path, bytes)| Some((path.strip_prefix("blobs/sha256/")?, bytes)));
        let blobs: Vec<_> = blobs.collect();
        // Both have the same manifests, configurations and layers.
        assert_eq!(blobs.len(), 7);
        for (digest, bytes) in blobs {
            assert_eq!(digest, sha256(bytes).to_string());
        }
    }

    #[test]
    fn containerd_finds_name_platforms_and_layers() {
        let files = archived(&[image("one"), image("two")]);
        let layout: ImageIndex = read(&files, "index.json");
        let names = layout.manifests().iter().map(|image| {
            let annotations = image.annotations().as_ref().unwrap();
            assert_eq!(
                annotations["io.containerd.image.name"],
                annotations["org.opencontainers.image.ref.name"]
            );
            annotations["io.containerd.image.name"].clone()
        });
        assert_eq!(
            names.collect::<Vec<_>>(),
            ["localhost/one:dev", "localhost/two:dev"]
        );

        let image: ImageIndex = read(&files, &path(&layout.manifests()[0]));
        assert_eq!(image.manifests().len(), 2);
        for (entry, architecture) in image.manifests().iter().zip([Arch::Amd64, Arch::ARM64]) {
            assert_eq!(
                *entry.platform().as_ref().unwrap().architecture(),
                architecture
            );
            let manifest: ImageManifest = read(&files, &path(entry));
            let config: ImageConfiguration = read(&files, &path(manifest.config()));
            assert_eq!(*config.architecture(), architecture);
            assert_eq!(config.created().as_deref(), Some("1970-01-01T00:00:00Z"));
            let mut tar = Vec::new();
            GzDecoder::new(&files[&path(&manifest.layers()[0])][..])
                .read_to_end(&mut tar)
                .unwrap();
            assert_eq!(
                *config.rootfs().diff_ids(),
                [format!("sha256:{}", sha256(&tar))]
            );
        }
    }

    #[test]
    fn docker_finds_the_first_platform() {
        let files = archived(&[image("one")]);
        let manifest: Value = read(&files, "manifest.json");
        assert_eq!(manifest[0]["RepoTags"], json!(["localhost/one:dev"]));
        let config: ImageConfiguration = read(&files, manifest[0]["Config"].as_str().unwrap());
        assert_eq!(*config.architecture(), Arch::Amd64);
        assert!(files.contains_key(manifest[0]["Layers"][0].as_str().unwrap()));
    }

    #[test]
    fn the_same_image_makes_the_same_archive() {
        let folder = TempDir::new().unwrap();
        for name in ["a", "b"] {
            write(&[image("one"), image("two")], &folder.path().join(name)).unwrap();
        }
        assert_eq!(
            fs::read(folder.path().join("a")).unwrap(),
            fs::read(folder.path().join("b")).unwrap()
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    fn image(name: &str) -> Image {
        let config = ConfigBuilder::default()
            .labels(HashMap::from(
                ["c", "a", "b"].map(|key| (key.to_owned(), "label".to_owned())),
            ))
            .build()
            .unwrap();
        let layer =
            |architecture, tar: &[u8]| (architecture, PackedLayer::compressed(tar).unwrap());
        let layers = vec![layer(Arch::Amd64, b"amd64"), layer(Arch::ARM64, b"arm64")];
        Image::new(
            format!("localhost/{name}:dev").parse().unwrap(),
            &config,
            layers,
        )
        .unwrap()
    }

    fn archived(images: &[Image]) -> BTreeMap<String, Vec<u8>> {
        let folder = TempDir::new().unwrap();
        let out = folder.path().join("images.tar");
        write(images, &out).unwrap();
        let mut archive = tar::Archive::new(File::open(out).unwrap());
        let content = |entry: std::io::Result<tar::Entry<File>>| {
            let mut entry = entry.unwrap();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            (entry.path().unwrap().to_str().unwrap().to_owned(), bytes)
        };
        archive.entries().unwrap().map(content).collect()
    }

    fn read<T: DeserializeOwned>(files: &BTreeMap<String, Vec<u8>>, path: &str) -> T {
        serde_json::from_slice(&files[path]).unwrap()
    }

    fn path(descriptor: &Descriptor) -> String {
        format!("blobs/sha256/{}", descriptor.digest().digest())
    }
}

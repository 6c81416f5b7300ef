//! Images as the OCI image specification defines them: an index, and for each platform a manifest,
//! a configuration and one layer.

use std::{env, io::Write};

use anyhow::{Context, Result};
use flate2::{Compression, GzBuilder};
use jiff::Timestamp;
use oci_spec::{
    distribution::Reference,
    image::{
        Arch, Config, Descriptor, ImageConfigurationBuilder, ImageIndexBuilder,
        ImageManifestBuilder, MediaType, Os, PlatformBuilder, RootFsBuilder, Sha256Digest,
    },
};
use serde::Serialize;
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

    /// With gzip, whose header has neither time nor operating system here.
    pub(crate) fn compressed(tar: &[u8]) -> Result<Self> {
        let mut gzip = GzBuilder::new()
            .mtime(0)
            .operating_system(255)
            .write(Vec::new(), Compression::best());
        gzip.write_all(tar)?;
        let bytes = gzip.finish()?;
        let blob = Blob::with_digest(MediaType::ImageLayerGzip, sha256(&bytes), bytes);
        Ok(Self {
            blob,
            diff_id: sha256(tar),
        })
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

    /// Bytes of the layer, on the platform where it is the largest.
    pub(crate) fn compressed_size(&self) -> usize {
        self.variants
            .iter()
            .map(|variant| variant.layer.bytes.len())
            .max()
            .unwrap_or_default()
    }

    pub(crate) fn blobs(&self) -> impl Iterator<Item = &Blob> {
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
            .created(created(env::var("SOURCE_DATE_EPOCH").ok().as_deref())?)
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

    /// Where an OCI image layout has it.
    pub(crate) fn path(&self) -> String {
        format!("blobs/sha256/{}", self.descriptor.digest().digest())
    }
}

/// 1970-01-01T00:00:00Z, or what SOURCE_DATE_EPOCH says (seconds since then, see
/// <https://reproducible-builds.org/specs/source-date-epoch/>).
fn created(source_date_epoch: Option<&str>) -> Result<String> {
    let created = || {
        format!(
            "reading SOURCE_DATE_EPOCH={}",
            source_date_epoch.unwrap_or_default()
        )
    };
    let seconds = source_date_epoch
        .map_or(Ok(0), str::parse)
        .with_context(created)?;
    Ok(Timestamp::from_second(seconds)
        .with_context(created)?
        .to_string())
}

/// The same value gives the same bytes: the keys are sorted.
pub(crate) fn json(value: &impl Serialize) -> Result<Vec<u8>> {
    let mut value = serde_json::to_value(value)?;
    value.sort_all_objects();
    Ok(serde_json::to_vec(&value)?)
}

pub(crate) fn sha256(bytes: &[u8]) -> Sha256Digest {
    hex::encode(Sha256::digest(bytes))
        .parse()
        .expect("64 hexadecimal digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn creation_is_the_epoch_unless_told() {
        assert_eq!(created(None).unwrap(), "1970-01-01T00:00:00Z");
        assert_eq!(created(Some("1700000000")).unwrap(), "2023-11-14T22:13:20Z");
        assert!(
            created(Some("yesterday"))
                .unwrap_err()
                .to_string()
                .contains("SOURCE_DATE_EPOCH=yesterday")
        );
    }
}

//! Copying images of others to a registry, for clusters that reach no other.

use anyhow::{Context, Result};
use oci_client::{
    Client,
    manifest::{
        IMAGE_MANIFEST_LIST_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE,
        OCI_IMAGE_MEDIA_TYPE,
    },
    secrets::RegistryAuth,
};
use oci_spec::distribution::Reference;
use serde::Deserialize;

use crate::registry::{self, Session};

/// A manifest, or an index of those of several platforms: what it refers to.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    media_type: Option<String>,
    #[serde(default)]
    manifests: Vec<Part>,
    config: Option<Part>,
    #[serde(default)]
    layers: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    digest: String,
}

/// The registry that an image comes from.
struct Source {
    client: Client,
    credentials: RegistryAuth,
}

impl Session {
    /// Copies an image with all its platforms, byte for byte, and returns how to pull the copy by
    /// digest. It has the path there that it has in its own registry.
    pub(crate) async fn copy(&self, name: &str) -> Result<Reference> {
        let from: Reference = name.parse().with_context(|| format!("reading {name}"))?;
        let to = self.below(&from);
        let copied = self.copy_from(&from, &to).await;
        let digest = copied.with_context(|| format!("copying {from} to {to}"))?;
        Ok(to.clone_with_digest(digest))
    }

    async fn copy_from(&self, from: &Reference, to: &Reference) -> Result<String> {
        let host = from.resolve_registry();
        let source = Source {
            client: registry::client(registry::is_on_this_machine(host))?,
            credentials: registry::credentials(host)?,
        };
        self.authorize(to).await?;
        self.copy_manifest(&source, from, to).await
    }

    /// A manifest comes after all that it refers to. Its digest is that of its bytes.
    async fn copy_manifest(
        &self,
        source: &Source,
        from: &Reference,
        to: &Reference,
    ) -> Result<String> {
        let pulled = source
            .client
            .pull_manifest_raw(from, &source.credentials, &MEDIA_TYPES);
        let (bytes, digest) = pulled.await?;
        let manifest: Manifest = serde_json::from_slice(&bytes).context("reading its manifest")?;
        for part in &manifest.manifests {
            let part = &part.digest;
            let (from, to) = (
                from.clone_with_digest(part.into()),
                to.clone_with_digest(part.into()),
            );
            Box::pin(self.copy_manifest(source, &from, &to)).await?;
        }
        for part in manifest.config.iter().chain(&manifest.layers) {
            if !self.client().blob_exists(to, &part.digest).await? {
                let mut blob = vec![];
                let digest = &*part.digest;
                source.client.pull_blob(from, digest, &mut blob).await?;
                self.client().push_blob(to, blob, digest).await?;
            }
        }
        let media_type = manifest.media_type.as_deref();
        let media_type = media_type.unwrap_or(match manifest.manifests[..] {
            [] => OCI_IMAGE_MEDIA_TYPE,
            _ => OCI_IMAGE_INDEX_MEDIA_TYPE,
        });
        let pushed = self
            .client()
            .push_manifest_raw(to, bytes, media_type.parse()?);
        pushed.await?;
        Ok(digest)
    }
}

const MEDIA_TYPES: [&str; 4] = [
    OCI_IMAGE_INDEX_MEDIA_TYPE,
    IMAGE_MANIFEST_LIST_MEDIA_TYPE,
    OCI_IMAGE_MEDIA_TYPE,
    IMAGE_MANIFEST_MEDIA_TYPE,
];

//! Pushing images to a registry.

use std::{net::IpAddr, str::FromStr, time::Duration};

use anyhow::{Context, Result, anyhow, bail};
use docker_credential::{CredentialRetrievalError, DockerCredential, get_credential};
use oci_client::{
    Client, RegistryOperation,
    client::{ClientConfig, ClientProtocol},
    errors::OciDistributionError,
    secrets::RegistryAuth,
};
use oci_spec::distribution::{ParseError, Reference};

use crate::oci::{Blob, Image};

/// A registry, and perhaps a folder in it, e.g. `ghcr.io/someone/scaffolding`.
#[derive(Clone)]
pub(crate) struct Registry(String);

/// A registry that answers.
pub(crate) struct Session {
    registry: Registry,
    client: Client,
    credentials: RegistryAuth,
}

impl Registry {
    /// Connects, with the credentials that `docker login` left, if any. A registry on this machine
    /// is taken to speak plain HTTP.
    pub(crate) async fn connect(&self, plain_http: bool) -> Result<Session> {
        let example = self.image("name", "latest");
        let host = example.resolve_registry();
        let client = client(plain_http || is_on_this_machine(host))?;
        let credentials =
            credentials(host).with_context(|| format!("looking for credentials for {host}"))?;
        // What this account may do is seen when it does it.
        let answer = client
            .auth(&example, &credentials, RegistryOperation::Pull)
            .await;
        if let Err(error @ OciDistributionError::RequestError(_)) = answer {
            let chain = anyhow::Error::new(error);
            let plain = chain
                .chain()
                .any(|cause| cause.to_string().contains(NO_TLS));
            return Err(match plain {
                true => anyhow!("{host} doesn't speak TLS: --plain-http goes without"),
                false => chain.context(format!("connecting to {host}")),
            });
        }
        Ok(Session {
            registry: self.clone(),
            client,
            credentials,
        })
    }

    /// What is in the folder of the registry.
    pub(crate) fn image(&self, name: &str, tag: &str) -> Reference {
        format!("{}/{name}:{tag}", self.0)
            .parse()
            .expect("the registry was read as part of such a name")
    }
}

impl FromStr for Registry {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let name = text.trim_end_matches('/');
        format!("{name}/name:latest")
            .parse::<Reference>()
            .map(|_| Self(name.into()))
    }
}

impl Session {
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Where an image of another registry is here.
    pub(crate) fn below(&self, image: &Reference) -> Reference {
        let tag = image.tag().unwrap_or("latest");
        self.registry.image(image.repository(), tag)
    }

    /// Gets the right to push an image.
    pub(crate) async fn authorize(&self, image: &Reference) -> Result<()> {
        let (credentials, push) = (&self.credentials, RegistryOperation::Push);
        self.client.auth(image, credentials, push).await?;
        Ok(())
    }

    /// Pushes an image under its name and tag, and returns how to pull it by digest. What the
    /// registry has already isn't sent again.
    pub(crate) async fn push(&self, image: &Image) -> Result<Reference> {
        let name = image
            .name
            .repository()
            .rsplit('/')
            .next()
            .unwrap_or_default();
        let tagged = self
            .registry
            .image(name, image.name.tag().unwrap_or_default());
        self.push_to(&tagged, image)
            .await
            .with_context(|| format!("pushing {tagged}"))?;
        let digest = image.index.descriptor.digest().to_string();
        Ok(tagged.clone_with_digest(digest))
    }

    async fn push_to(&self, tagged: &Reference, image: &Image) -> Result<()> {
        self.authorize(tagged).await?;
        for variant in &image.variants {
            self.push_blob(tagged, &variant.config).await?;
            self.push_blob(tagged, &variant.layer).await?;
            let digest = variant.manifest.descriptor.digest().to_string();
            self.push_manifest(&tagged.clone_with_digest(digest), &variant.manifest)
                .await?;
        }
        self.push_manifest(tagged, &image.index).await
    }

    async fn push_blob(&self, image: &Reference, blob: &Blob) -> Result<()> {
        let digest = blob.descriptor.digest().to_string();
        if !self.client.blob_exists(image, &digest).await? {
            self.client
                .push_blob(image, blob.bytes.clone(), &digest)
                .await?;
        }
        Ok(())
    }

    async fn push_manifest(&self, image: &Reference, manifest: &Blob) -> Result<()> {
        let digest = manifest.descriptor.digest().to_string();
        // A failure here means that it isn't there, or shows again in the push.
        if self
            .client
            .fetch_manifest_digest(image, &self.credentials)
            .await
            .is_ok_and(|found| found == digest)
        {
            return Ok(());
        }
        let media_type = manifest.descriptor.media_type().to_string().parse()?;
        self.client
            .push_manifest_raw(image, manifest.bytes.clone(), media_type)
            .await?;
        Ok(())
    }
}

/// A client of a registry.
pub(crate) fn client(plain_http: bool) -> Result<Client> {
    let protocol = if plain_http {
        ClientProtocol::Http
    } else {
        ClientProtocol::Https
    };
    Ok(Client::try_from(ClientConfig {
        protocol,
        use_monolithic_push: true,
        connect_timeout: Some(TIMEOUT),
        read_timeout: Some(TIMEOUT),
        ..ClientConfig::default()
    })?)
}

pub(crate) fn is_on_this_machine(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _port)| name);
    name == "localhost"
        || name
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// What `docker login` left for a registry, if anything.
pub(crate) fn credentials(host: &str) -> Result<RegistryAuth> {
    match get_credential(host) {
        Ok(DockerCredential::UsernamePassword(user, password)) => {
            Ok(RegistryAuth::Basic(user, password))
        }
        Ok(DockerCredential::IdentityToken(_)) => {
            bail!("docker login left an identity token, which isn't supported")
        }
        // No file is a failure to read it, and a helper that knows nothing of this registry fails.
        Err(
            CredentialRetrievalError::ConfigNotFound
            | CredentialRetrievalError::ConfigReadError
            | CredentialRetrievalError::NoCredentialConfigured
            | CredentialRetrievalError::HelperFailure { .. },
        ) => Ok(RegistryAuth::Anonymous),
        Err(error) => Err(error.into()),
    }
}

const TIMEOUT: Duration = Duration::from_secs(60);
/// What rustls says of an answer in plain text.
const NO_TLS: &str = "InvalidContentType";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_spoken_to_in_plain_text() {
        for host in ["localhost", "localhost:5000", "127.0.0.1:5000", "127.1.2.3"] {
            assert!(is_on_this_machine(host), "{host}");
        }
        for host in [
            "ghcr.io",
            "localhost.example.org:5000",
            "10.0.0.1:5000",
            "registry:5000",
        ] {
            assert!(!is_on_this_machine(host), "{host}");
        }
    }

    #[test]
    fn images_are_in_the_folder_of_the_registry() {
        let registry: Registry = "ghcr.io/someone/scaffolding/".parse().unwrap();
        assert_eq!(
            registry.image("createtree", "dev").whole(),
            "ghcr.io/someone/scaffolding/createtree:dev"
        );
        assert!("https://ghcr.io".parse::<Registry>().is_err());
    }
}

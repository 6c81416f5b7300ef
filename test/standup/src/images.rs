//! What is run in the place of an image.

use anyhow::{Result, bail};
use testbed::{
    Flag::{self, Always, Default},
    Pod,
};

/// What stands in for an image's container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StandIn {
    /// One of our own binaries.
    Binary(&'static str),
    Trillian,
    Fulcio,
    /// The files of a log with tiles.
    TileLog,
    /// Nothing: only its gate is watched.
    Nothing,
}

/// A server of others that is run as it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Server {
    /// What its program may be called on the PATH.
    pub(crate) programs: &'static [&'static str],
    /// Which of `hack/cluster.d/modules` builds it, and as what.
    pub(crate) module: &'static str,
}

impl Server {
    pub(crate) fn for_image(image: &str) -> Option<Self> {
        let (programs, module): (&[&str], _) = match image {
            "ghcr.io/sigstore/fulcio" => (&["fulcio"], "fulcio"),
            "ghcr.io/sigstore/rekor-tiles/posix" => {
                (&["rekor-server-posix", "rekor-tiles"], "rekor-tiles")
            }
            "ghcr.io/sigstore/timestamp-server" => (
                &["timestamp-server-local", "timestamp-server"],
                "timestamp-server-local",
            ),
            "ghcr.io/transparency-dev/tesseract/posix" => (&["tesseract"], "tesseract"),
            _ => return None,
        };
        Some(Self { programs, module })
    }
}

/// The flags that mean something else outside of a container: addresses, ports and files that
/// manifests leave to a program's defaults. And whoever signs waits for the logs' next checkpoints:
/// on loopback these may come ten times a second.
pub(crate) fn flags(image: &str) -> &'static [Flag] {
    match image {
        "ghcr.io/sigstore/fulcio" => &[
            Default("--host=0.0.0.0"),
            Default("--grpc-host=0.0.0.0"),
            Default("--metrics-port=2112"),
            Default("--config-path=/etc/fulcio-config/config.yaml"),
            // One socket for the whole machine, if nobody says otherwise.
            Default("--legacy-unix-domain-socket=legacy.sock"),
        ],
        "ghcr.io/sigstore/rekor-tiles/posix" => &[
            Default("--grpc-port=3001"),
            Default("--http-metrics-port=2112"),
            Always("--checkpoint-interval=100ms"),
        ],
        "ghcr.io/transparency-dev/tesseract/posix" => &[Always("--checkpoint_interval=100ms")],
        "localhost/scaffolding/tufserver" | "localhost/scaffolding/tileserver" => &[
            Default("--address=0.0.0.0"),
            Default("--port=8080"),
            Default("--health-port=8081"),
        ],
        _ => &[],
    }
}

/// The binaries of this project that have an image.
pub(crate) const OURS: [&str; 10] = [
    "copysecrets",
    "createcertchain",
    "createcerts",
    "createctconfig",
    "createlog",
    "createsecret",
    "createtree",
    "createtuf",
    "tileserver",
    "tufserver",
];

impl StandIn {
    pub(crate) fn for_image(image: &str) -> Option<Self> {
        if let Some(name) = image.strip_prefix("localhost/scaffolding/") {
            let binary = OURS.into_iter().find(|binary| *binary == name)?;
            return Some(Self::Binary(binary));
        }
        match image {
            "ghcr.io/sigstore/scaffolding/trillian_log_server" => Some(Self::Trillian),
            "ghcr.io/sigstore/rekor-tiles/posix" | "ghcr.io/transparency-dev/tesseract/posix" => {
                Some(Self::TileLog)
            }
            "ghcr.io/sigstore/fulcio" => Some(Self::Fulcio),
            "ghcr.io/sigstore/rekor/rekor-server"
            | "ghcr.io/sigstore/scaffolding/ct_server"
            | "ghcr.io/sigstore/scaffolding/trillian_log_signer"
            | "ghcr.io/sigstore/timestamp-server"
            | "docker.io/library/mariadb"
            | "docker.io/library/redis" => Some(Self::Nothing),
            _ => None,
        }
    }
}

/// Refuses pods with images that no server is known by.
pub(crate) fn check_servers(pods: &[Pod]) -> Result<()> {
    for pod in pods {
        let containers = pod.init_containers().iter().chain(pod.containers());
        for container in containers {
            let image = container.image();
            let ours = matches!(StandIn::for_image(image), Some(StandIn::Binary(_)));
            if !ours && Server::for_image(image).is_none() {
                bail!(
                    "{}: container {}: {image} isn't run without a cluster: config/tiles has what is",
                    pod.manifest,
                    container.name()
                );
            }
        }
    }
    Ok(())
}

/// Refuses pods with images for which there is nothing to run.
pub(crate) fn check(pods: &[Pod]) -> Result<()> {
    for pod in pods {
        match StandIn::for_image(pod.image()) {
            Some(StandIn::Binary(_)) => (),
            Some(_) if !pod.is_job() => (),
            _ => bail!(
                "{}: spec.template.spec.containers[0].image: nothing is known here that stands in for {}",
                pod.manifest,
                pod.image()
            ),
        }
    }
    Ok(())
}

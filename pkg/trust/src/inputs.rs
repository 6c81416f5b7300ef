//! What clients are to trust, as it comes from the other namespaces: certificate chains and
//! public keys.

use certs::Chain;
use jiff::Timestamp;
use keys::PublicKey;

use crate::{
    Error, Result, TileLog,
    merge::Trusted as _,
    services::Wanted,
    signing_config::{Asked, Urls},
    trusted_root::{Authority, Log, TrustedRoot},
};

/// Everything that the targets of a repository are made from.
#[derive(Debug)]
pub struct Inputs {
    /// Fulcio's chains, the issuing CA first and the root certificate last.
    pub fulcio: Vec<Chain>,
    /// The keys of Rekor v1.
    pub rekor: Vec<PublicKey>,
    /// The Rekors v2.
    pub rekor_tiles: Vec<TileLog>,
    /// The keys of CT logs of RFC 6962.
    pub ctlog: Vec<PublicKey>,
    /// The CT logs that keep their trees as tiles.
    pub ctlog_tiles: Vec<TileLog>,
    /// The timestamping authorities' chains: leaf, intermediates, root certificate.
    pub tsa: Vec<Chain>,
    /// Where the other services are.
    pub urls: Urls,
    /// From when on the keys of new logs are trusted. A certificate says so itself.
    pub valid_from: Timestamp,
    /// Whether to write the targets that clients before cosign 2.5.1 look for.
    pub metadata_targets: bool,
    /// Whether to write `signing_config.v0.2.json`.
    pub signing_config: bool,
}

impl Inputs {
    /// The services that clients are to sign with.
    pub(crate) fn services(&self) -> Asked {
        let service = |url: &String, is_there: bool| {
            let service = is_there.then(|| Wanted::new(url, 1));
            service.into_iter().collect::<Vec<_>>()
        };
        let [fulcio, tsa] = [&self.fulcio, &self.tsa].map(|chains| !chains.is_empty());
        let urls = &self.urls;
        let mut rekor = service(&urls.rekor, !self.rekor.is_empty());
        let tiles = self.rekor_tiles.iter();
        rekor.extend(tiles.map(|log| Wanted::new(&log.url, 2)));
        Asked {
            fulcio: service(&urls.fulcio, fulcio),
            issuer: service(&urls.issuer, fulcio),
            rekor,
            tsa: service(&urls.tsa, tsa),
        }
    }

    fn logs(
        &self,
        owner: &str,
        keys: &[PublicKey],
        url: &str,
        tiles: &[TileLog],
    ) -> Result<Vec<Log>> {
        let log = |key: &PublicKey| Log::of_key(owner, key, url, self.valid_from);
        let mut logs: Vec<_> = keys.iter().map(log).collect::<Result<_>>()?;
        for tiles in tiles {
            let log = Log::of_tiles(tiles, self.valid_from);
            for other in &logs {
                check_differ(other, &log)?;
            }
            logs.push(log);
        }
        Ok(logs)
    }
}

/// Refuses two logs with one key or, if both keep their trees as tiles, at one URL.
fn check_differ(one: &Log, other: &Log) -> Result<()> {
    let is_one_key = one.is_same(other);
    let is_one_url = one.origin.is_some() && one.origin == other.origin;
    let common = match () {
        () if is_one_key == is_one_url => return Ok(()),
        () if is_one_key => "key",
        () => "origin",
    };
    Err(Error::TwoLogs {
        common,
        first: one.base_url.clone(),
        second: other.base_url.clone(),
    })
}

impl TrustedRoot {
    /// The one that holds `inputs` and nothing else.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] for what clients can't use, [`Error::TwoLogs`], [`Error::NoTimestamps`].
    pub(crate) fn from_inputs(inputs: &Inputs) -> Result<Self> {
        let Inputs {
            fulcio,
            rekor,
            rekor_tiles,
            ctlog,
            ctlog_tiles,
            tsa,
            urls,
            ..
        } = inputs;
        // Every client that knows Rekor v2 prefers it.
        if !fulcio.is_empty() && !rekor_tiles.is_empty() && tsa.is_empty() {
            return Err(Error::NoTimestamps);
        }
        Ok(Self {
            tlogs: inputs.logs("Rekor's key", rekor, &urls.rekor, rekor_tiles)?,
            certificate_authorities: chains(fulcio, &urls.fulcio, Authority::issuing)?,
            ctlogs: inputs.logs("the CT log's key", ctlog, &urls.ctlog, ctlog_tiles)?,
            timestamp_authorities: chains(tsa, &urls.tsa, Authority::timestamping)?,
            ..Self::empty()
        })
    }
}

fn chains(
    chains: &[Chain],
    url: &str,
    authority: impl Fn(&Chain, &str) -> Result<Authority>,
) -> Result<Vec<Authority>> {
    chains.iter().map(|chain| authority(chain, url)).collect()
}

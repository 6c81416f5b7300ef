//! What clients are to trust, as it comes from the other namespaces: certificate chains and
//! public keys.

use certs::Chain;
use jiff::Timestamp;
use keys::PublicKey;

use crate::{
    Result,
    signing_config::{SigningConfig, Urls},
    trusted_root::{Authority, Log, TrustedRoot},
};

/// Everything that the targets of a repository are made from.
#[derive(Debug)]
pub struct Inputs {
    /// Fulcio's chains, the issuing CA first and the root certificate last.
    pub fulcio: Vec<Chain>,
    /// Rekor's keys.
    pub rekor: Vec<PublicKey>,
    /// The CT logs' keys.
    pub ctlog: Vec<PublicKey>,
    /// The timestamping authorities' chains: leaf, intermediates, root certificate.
    pub tsa: Vec<Chain>,
    /// Where the services are.
    pub urls: Urls,
    /// From when on the keys of new logs are trusted. A certificate says so itself.
    pub valid_from: Timestamp,
    /// Whether to write the targets that clients before cosign 2.5.1 look for.
    pub metadata_targets: bool,
    /// Whether to write `signing_config.v0.2.json`.
    pub signing_config: bool,
}

impl Inputs {
    /// The signing config for these, if there is to be one.
    pub(crate) fn signing_config(&self) -> Option<SigningConfig> {
        self.signing_config.then(|| {
            let [fulcio, tsa] = [&self.fulcio, &self.tsa].map(|chains| !chains.is_empty());
            SigningConfig::new(&self.urls, fulcio, !self.rekor.is_empty(), tsa)
        })
    }

    fn logs(&self, owner: &str, keys: &[PublicKey], url: &str) -> Result<Vec<Log>> {
        let log = |key: &PublicKey| Log::of_key(owner, key, url, self.valid_from);
        keys.iter().map(log).collect()
    }
}

impl TrustedRoot {
    /// The one that holds `inputs` and nothing else.
    ///
    /// # Errors
    ///
    /// [`Error::Input`](crate::Error::Input) for what clients can't use.
    pub(crate) fn from_inputs(inputs: &Inputs) -> Result<Self> {
        let Inputs {
            fulcio,
            rekor,
            ctlog,
            tsa,
            urls,
            ..
        } = inputs;
        Ok(Self {
            tlogs: inputs.logs("Rekor's key", rekor, &urls.rekor)?,
            certificate_authorities: chains(fulcio, &urls.fulcio, Authority::issuing)?,
            ctlogs: inputs.logs("the CT log's key", ctlog, &urls.ctlog)?,
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

//! `signing_config.v0.2.json`: where clients sign. cosign 3 and sigstore-python ask for it before
//! they sign anything.

use std::{collections::BTreeSet, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    services::{Service, Turn, Wanted, whole_seconds},
    tile_log::host,
};

/// The file's name among the targets.
pub const SIGNING_CONFIG: &str = "signing_config.v0.2.json";

/// The services' addresses, as clients reach them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Urls {
    /// Fulcio's base URL.
    pub fulcio: String,
    /// Rekor's base URL.
    pub rekor: String,
    /// The CT log's, with its prefix.
    pub ctlog: String,
    /// The timestamping authority's, with its path.
    pub tsa: String,
    /// The issuer of the identity tokens that Fulcio accepts.
    pub issuer: String,
}

/// `SigningConfig` of sigstore's protobuf-specs. What isn't known here is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SigningConfig {
    media_type: String,
    #[serde(default)]
    ca_urls: Vec<Service>,
    #[serde(default)]
    oidc_urls: Vec<Service>,
    #[serde(default)]
    rekor_tlog_urls: Vec<Service>,
    #[serde(default)]
    rekor_tlog_config: Selection,
    #[serde(default)]
    tsa_urls: Vec<Service>,
    #[serde(default)]
    tsa_config: Selection,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// How many of the services to use. sigstore-go panics without it, and sigstore-js knows `ANY`
/// alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Selection {
    selector: String,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// The services that are asked for.
pub(crate) struct Asked {
    pub(crate) fulcio: Vec<Wanted>,
    pub(crate) issuer: Vec<Wanted>,
    pub(crate) rekor: Vec<Wanted>,
    pub(crate) tsa: Vec<Wanted>,
}

/// When services change, and with what.
pub(crate) struct Moment {
    pub(crate) now: Timestamp,
    /// How long clients may not know yet what is new.
    pub(crate) overlap: Duration,
    /// The hosts of the logs that were taken out of what clients trust.
    pub(crate) gone: BTreeSet<String>,
}

impl SigningConfig {
    /// Reads what is published.
    ///
    /// # Errors
    ///
    /// Why it is no such file.
    pub(crate) fn read(json: &[u8]) -> Result<Self, String> {
        let config: Self = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        match config.media_type == MEDIA_TYPE {
            true => Ok(config),
            false => Err(format!("its media type is {:?}", config.media_type)),
        }
    }

    /// What is there before anything is published.
    pub(crate) fn empty() -> Self {
        Self {
            media_type: MEDIA_TYPE.into(),
            ca_urls: vec![],
            oidc_urls: vec![],
            rekor_tlog_urls: vec![],
            rekor_tlog_config: Selection::default(),
            tsa_urls: vec![],
            tsa_config: Selection::default(),
            others: Map::new(),
        }
    }

    /// The one with the services that are `asked` for in place of those here, and what a person
    /// should know about the change. Fields and services of others stay.
    pub(crate) fn next(&self, asked: &Asked, moment: Moment) -> (Self, BTreeSet<String>) {
        let Moment { now, overlap, gone } = moment;
        let start = now.saturating_add(overlap).unwrap_or(Timestamp::MAX);
        let mut turn = Turn {
            now,
            start: whole_seconds(start),
            operator: self.operator(asked),
            gone,
            differences: BTreeSet::new(),
        };
        let next = Self {
            ca_urls: turn.next("Fulcio", &[1], &self.ca_urls, &asked.fulcio),
            oidc_urls: turn.next("the token issuer", &[1], &self.oidc_urls, &asked.issuer),
            rekor_tlog_urls: turn.next("Rekor", &[1, 2], &self.rekor_tlog_urls, &asked.rekor),
            tsa_urls: turn.next(
                "the timestamping authority",
                &[1],
                &self.tsa_urls,
                &asked.tsa,
            ),
            ..self.clone()
        };
        (next, turn.differences)
    }

    /// Whose services are taken for ours: those of one operator. In a repository that another
    /// program made, it is who operates one of those that are asked for.
    fn operator(&self, asked: &Asked) -> String {
        let services = || {
            let rest = self.oidc_urls.iter().chain(&self.tsa_urls);
            self.rekor_tlog_urls.iter().chain(&self.ca_urls).chain(rest)
        };
        let Asked {
            fulcio,
            issuer,
            rekor,
            tsa,
        } = asked;
        let asked: BTreeSet<_> = [fulcio, issuer, rekor, tsa]
            .into_iter()
            .flatten()
            .map(|wanted| &wanted.url)
            .collect();
        let ours = services().find(|service| service.operator == OPERATOR);
        let found = ours
            .or_else(|| services().find(|service| asked.contains(&service.url)))
            .or_else(|| services().next());
        found.map_or(OPERATOR.into(), |service| service.operator.clone())
    }

    /// The hosts that are offered as a Rekor v2.
    pub(crate) fn rekor_tiles(&self) -> BTreeSet<String> {
        let services = self.rekor_tlog_urls.iter();
        let tiles = services.filter(|service| service.major_api_version == 2);
        tiles.map(|service| host(&service.url).into()).collect()
    }
}

impl Default for Selection {
    fn default() -> Self {
        Self {
            selector: "ANY".into(),
            others: Map::new(),
        }
    }
}

/// The only one that clients accept since sigstore-go 0.7.3.
const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.signingconfig.v0.2+json";

/// Clients count services of different operators; here one runs them all.
const OPERATOR: &str = "scaffolding";

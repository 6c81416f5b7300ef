//! `signing_config.v0.2.json`: where clients sign. cosign 3 and sigstore-python ask for it before
//! they sign anything.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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

/// `SigningConfig` of sigstore's protobuf-specs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SigningConfig {
    media_type: String,
    ca_urls: Vec<Service>,
    oidc_urls: Vec<Service>,
    rekor_tlog_urls: Vec<Service>,
    rekor_tlog_config: Selection,
    tsa_urls: Vec<Service>,
    tsa_config: Selection,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Service {
    url: String,
    major_api_version: u32,
    valid_for: Start,
    operator: String,
}

/// When a service's use begins. Here that is long ago: clients pass over one whose start is in the
/// future.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Start {
    start: Timestamp,
}

/// How many of the services to use. sigstore-go panics without it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Selection {
    selector: String,
}

impl SigningConfig {
    /// The services at `urls`; Fulcio, Rekor and the timestamping authority only if they are there.
    pub(crate) fn new(urls: &Urls, fulcio: bool, rekor: bool, tsa: bool) -> Self {
        let any = Selection {
            selector: "ANY".into(),
        };
        Self {
            media_type: MEDIA_TYPE.into(),
            ca_urls: services(&urls.fulcio, fulcio),
            oidc_urls: services(&urls.issuer, fulcio),
            rekor_tlog_urls: services(&urls.rekor, rekor),
            rekor_tlog_config: any.clone(),
            tsa_urls: services(&urls.tsa, tsa),
            tsa_config: any,
        }
    }

    /// What a person should know who publishes `self` in place of `published`.
    pub(crate) fn differences(&self, published: &Self) -> impl Iterator<Item = String> {
        let urls = |config: &Self| {
            [
                &config.ca_urls,
                &config.oidc_urls,
                &config.rekor_tlog_urls,
                &config.tsa_urls,
            ]
            .map(|services| {
                services
                    .first()
                    .map_or("nowhere", |service| &service.url)
                    .to_owned()
            })
        };
        let names = [
            "Fulcio",
            "the token issuer",
            "Rekor",
            "the timestamping authority",
        ];
        let changes = names.into_iter().zip(urls(self)).zip(urls(published));
        changes
            .filter(|((_, asked), published)| asked != published)
            .map(|((name, asked), published)| {
                format!("{name} is at {asked} (published: {published})")
            })
    }
}

fn services(url: &str, there: bool) -> Vec<Service> {
    let service = there.then(|| Service {
        url: url.into(),
        major_api_version: 1,
        valid_for: Start {
            start: Timestamp::UNIX_EPOCH,
        },
        operator: OPERATOR.into(),
    });
    service.into_iter().collect()
}

/// The only one that clients accept since sigstore-go 0.7.3.
const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.signingconfig.v0.2+json";

/// Clients count services of different operators; here one runs them all.
const OPERATOR: &str = "scaffolding";

//! What clients are to trust, as it comes from the other namespaces: certificate chains and
//! public keys.

use std::{collections::BTreeSet, time::Duration};

use aws_lc_rs::{
    rsa,
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, ED25519,
        ParsedPublicKey, VerificationAlgorithm,
    },
};
use certs::Chain;
use jiff::Timestamp;
use keys::PublicKey;

use crate::{
    Error, Repository, Result, SIGNING_CONFIG, Urls,
    services::SigningConfig,
    targets::{self, NewTargets},
    trust::{Authority, Log, TrustedRoot},
};

/// Everything a repository is made from.
#[derive(Debug)]
pub struct Inputs {
    /// Fulcio's chains, the issuing CA first and the root last.
    pub fulcio: Vec<Chain>,
    /// Rekor's keys.
    pub rekor: Vec<PublicKey>,
    /// The CT logs' keys.
    pub ctlog: Vec<PublicKey>,
    /// The timestamping authorities' chains: leaf, intermediates, root.
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
    /// The targets that a repository with these inputs has in place of those in `repository`, and
    /// what a person should know about the change; the targets are the same when that is empty.
    pub(crate) fn targets(
        &self,
        repository: Option<&Repository>,
        overlap: Duration,
        now: Timestamp,
    ) -> Result<(NewTargets, Vec<String>)> {
        let trusted_root = match repository {
            Some(repository) => repository.trusted_root()?,
            None => TrustedRoot::empty(),
        };
        let (trusted_root, mut differences) =
            self.trusted_root()?.over(&trusted_root, overlap, now)?;

        let signing = self.signing_config.then(|| {
            let [fulcio, tsa] = [&self.fulcio, &self.tsa].map(|chains| !chains.is_empty());
            SigningConfig::new(&self.urls, fulcio, !self.rekor.is_empty(), tsa)
        });
        let published = repository.and_then(|repository| repository.target(SIGNING_CONFIG));
        if let (Some(signing), Some(json)) = (&signing, published) {
            match serde_json::from_slice(json) {
                Ok(published) => differences.extend(signing.differences(&published)),
                // It says where to sign, not whom to trust: nothing in it has to stay.
                Err(error) => {
                    differences.insert(format!("{SIGNING_CONFIG} isn't as written here: {error}"));
                }
            }
        }

        let targets = targets::all(&trusted_root, signing.as_ref(), self.metadata_targets);
        if differences.is_empty() {
            let before = repository
                .into_iter()
                .flat_map(Repository::target_names)
                .collect();
            let after = targets.keys().map(String::as_str).collect::<BTreeSet<_>>();
            let differ = after.symmetric_difference(&before);
            differences.extend(differ.map(|name| match before.contains(name) {
                true => format!("the target {name} is published, but not asked for"),
                false => format!("the target {name} isn't published"),
            }));
        }
        Ok((targets, differences.into_iter().collect()))
    }

    /// The trusted root that holds these and nothing else.
    fn trusted_root(&self) -> Result<TrustedRoot> {
        Ok(TrustedRoot {
            tlogs: self.logs("Rekor's key", &self.rekor, &self.urls.rekor)?,
            certificate_authorities: chains(&self.fulcio, &self.urls.fulcio, Authority::issuing)?,
            ctlogs: self.logs("the CT log's key", &self.ctlog, &self.urls.ctlog)?,
            timestamp_authorities: chains(&self.tsa, &self.urls.tsa, Authority::timestamping)?,
            ..TrustedRoot::empty()
        })
    }

    fn logs(&self, what: &str, keys: &[PublicKey], url: &str) -> Result<Vec<Log>> {
        let log = |key: &PublicKey| {
            let details = details(key.der())
                .ok_or_else(|| Error::input(what, "is of a kind that clients don't know"))?;
            Ok(Log::new(url, key, &details, self.valid_from))
        };
        keys.iter().map(log).collect()
    }
}

fn chains(
    chains: &[Chain],
    url: &str,
    authority: impl Fn(&Chain, &str) -> Result<Authority>,
) -> Result<Vec<Authority>> {
    chains.iter().map(|chain| authority(chain, url)).collect()
}

/// `PublicKeyDetails` of sigstore's protobuf-specs for a key that can verify something.
fn details(spki: &[u8]) -> Option<String> {
    let kinds: [(&'static dyn VerificationAlgorithm, _); 4] = [
        (&ECDSA_P256_SHA256_ASN1, "PKIX_ECDSA_P256_SHA_256"),
        (&ECDSA_P384_SHA384_ASN1, "PKIX_ECDSA_P384_SHA_384"),
        (&ECDSA_P521_SHA512_ASN1, "PKIX_ECDSA_P521_SHA_512"),
        (&ED25519, "PKIX_ED25519"),
    ];
    let kind = kinds
        .iter()
        .find(|(kind, _)| ParsedPublicKey::new(*kind, spki).is_ok());
    kind.map(|(_, name)| String::from(*name)).or_else(|| {
        match rsa::PublicKey::from_der(spki).ok()?.modulus_len() * 8 {
            bits @ (2048 | 3072 | 4096) => Some(format!("PKIX_RSA_PKCS1V15_{bits}_SHA256")),
            _ => None,
        }
    })
}

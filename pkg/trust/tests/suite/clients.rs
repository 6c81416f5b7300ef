//! Clients that others wrote: tough as the TUF client of sigstore-rs, sigstore-rust's parsers, and
//! the parser of Sigstore's protobuf definitions.

use std::sync::Arc;

use jiff::Timestamp;
use scaffolding_trust::{SIGNING_CONFIG, TRUSTED_ROOT};
use sigstore_protobuf_specs::dev::sigstore::trustroot::v1::{SigningConfig, TrustedRoot};
use tough::{
    IntoVec as _, RepositoryLoader, TargetName, Transport, TransportError, TransportErrorKind,
    TransportStream, async_trait,
};
use tuf::{Files, Repository};
use url::Url;

use crate::stack::{accepting, another_key, days, inputs, nothing, policy, publish};

#[derive(Debug, Clone)]
struct Memory(Arc<Files>);

#[async_trait]
impl Transport for Memory {
    async fn fetch(&self, url: Url) -> Result<TransportStream, TransportError> {
        let path = url.path().trim_start_matches('/');
        match self.0.get(path).cloned() {
            Some(bytes) => Ok(Box::pin(futures_util::stream::once(async {
                Ok(bytes.into())
            }))),
            None => Err(TransportError::new(TransportErrorKind::FileNotFound, path)),
        }
    }
}

pub(crate) async fn loaded(root: &[u8], repository: &Repository) -> tough::Repository {
    let url = |path: &str| Url::parse("memory://tuf/").unwrap().join(path).unwrap();
    RepositoryLoader::new(&root, url(""), url("targets/"))
        .transport(Memory(Arc::new(repository.files().clone())))
        .load()
        .await
        .unwrap()
}

#[tokio::test]
async fn tough_walks_from_the_first_root_to_the_newest_targets() {
    let now = Timestamp::now();
    let mut state = nothing();
    let first = state
        .next(Some(&inputs()), &policy(), now)
        .unwrap()
        .unwrap();
    publish(&mut state, first.clone());
    state.published.root = 2;
    let renewed = state.next(None, &policy(), now).unwrap().unwrap();
    publish(&mut state, renewed);
    let mut inputs = inputs();
    inputs.ctlog.push(another_key());
    let newest = state
        .next(Some(&inputs), &accepting(), now)
        .unwrap()
        .unwrap();

    for (root, repository) in [
        (first.root(), &first),
        (first.root(), &newest),
        (newest.root(), &newest),
    ] {
        let client = loaded(root, repository).await;
        assert_eq!(
            client.root().signed.version.get(),
            repository.versions().root
        );
        for (name, target) in client.all_targets() {
            let stream = client.read_target(name).await.unwrap().unwrap();
            let bytes = stream.into_vec().await.unwrap();
            assert_eq!(bytes.len() as u64, target.length, "{name:?}");
            assert_eq!(Some(bytes.as_slice()), repository.target(name.raw()));
        }
        assert!(
            client
                .all_targets()
                .any(|(name, _)| *name == TargetName::new("rekor.pub").unwrap())
        );
    }
}

#[test]
fn sigstore_rust_reads_both_documents() {
    let now = Timestamp::now();
    let repository = nothing()
        .next(Some(&inputs()), &policy(), now)
        .unwrap()
        .unwrap();
    let text = |name| String::from_utf8(repository.target(name).unwrap().to_vec()).unwrap();

    let trust = sigstore_trust_root::TrustedRoot::from_json(&text(TRUSTED_ROOT)).unwrap();
    assert_eq!(trust.fulcio_certs().len(), 1);
    assert_eq!(trust.tsa_authorities().len(), 1);
    trust.rekor_keys().unwrap();
    let inputs = inputs();
    let key =
        trust.rekor_key_for_log_at(&inputs.rekor[0].log_id().to_vec().into(), now - days(5000));
    assert_eq!(key.unwrap().as_bytes(), inputs.rekor[0].der());

    let signing = sigstore_trust_root::SigningConfig::from_json(&text(SIGNING_CONFIG)).unwrap();
    assert_eq!(signing.fulcio_url().unwrap().url, inputs.urls.fulcio);
    assert_eq!(signing.rekor_url(None).unwrap().url, inputs.urls.rekor);
    assert_eq!(signing.tsa_url().unwrap().url, inputs.urls.tsa);
    assert_eq!(signing.oidc_url().unwrap().url, inputs.urls.issuer);
}

#[test]
fn sigstores_own_definitions_know_every_field() {
    let repository = nothing()
        .next(Some(&inputs()), &policy(), Timestamp::now())
        .unwrap()
        .unwrap();
    let trust: TrustedRoot =
        serde_json::from_slice(repository.target(TRUSTED_ROOT).unwrap()).unwrap();
    assert_eq!(
        trust.media_type,
        "application/vnd.dev.sigstore.trustedroot+json;version=0.1"
    );
    let log = &trust.tlogs[0];
    assert_eq!(
        log.log_id.as_ref().unwrap().key_id,
        inputs().rekor[0].log_id()
    );
    assert_eq!(
        trust.timestamp_authorities[0]
            .cert_chain
            .as_ref()
            .unwrap()
            .certificates
            .len(),
        3
    );

    let signing: SigningConfig =
        serde_json::from_slice(repository.target(SIGNING_CONFIG).unwrap()).unwrap();
    assert_eq!(signing.rekor_tlog_urls[0].major_api_version, 1);
    assert_eq!(signing.tsa_config.unwrap().selector().as_str_name(), "ANY");
}

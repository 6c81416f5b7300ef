//! A client that others wrote: tough.

use std::sync::Arc;

use jiff::Timestamp;
use scaffolding_tuf::{Files, Repository};
use tough::{
    IntoVec as _, RepositoryLoader, TargetName, Transport, TransportError, TransportErrorKind,
    TransportStream, async_trait,
};
use url::Url;

use crate::state::{changed, nothing, policy, publish};

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

async fn loaded(root: &[u8], repository: &Repository) -> tough::Repository {
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
    let first = changed(&state, &["hello.txt"], now);
    publish(&mut state, first.clone());
    state.published.root = 2;
    let renewed = state.next(None, &policy(), now).unwrap().unwrap();
    publish(&mut state, renewed);
    let newest = changed(&state, &["other.txt"], now);

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
                .any(|(name, _)| *name == TargetName::new("hello.txt").unwrap())
        );
    }
}

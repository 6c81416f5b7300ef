//! Objects that a Job reads and then writes.

use std::{fmt, ops::Deref, sync::Once};

use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret};
use kube::{
    Api,
    api::{ObjectMeta, PostParams},
};
use refusal::Object;
use tracing::info;

use crate::{Entries, Error, HasEntries, Kube, Result, Source};

/// A Secret or a ConfigMap that a Job publishes. Until it is published, this is the object as it
/// was read, and then as it was written.
pub struct Gate<K>(Source<K>);

impl Gate<Secret> {
    /// Reads a Secret, or learns that there is none.
    ///
    /// # Errors
    ///
    /// As [`Source::secret`].
    pub async fn secret(kube: &Kube, namespace: &str, name: &str) -> Result<Self> {
        Source::secret(kube, namespace, name).await.map(Self)
    }
}

impl Gate<ConfigMap> {
    /// Reads a ConfigMap, or learns that there is none.
    ///
    /// # Errors
    ///
    /// As [`Source::config_map`].
    pub async fn config_map(kube: &Kube, namespace: &str, name: &str) -> Result<Self> {
        Source::config_map(kube, namespace, name).await.map(Self)
    }
}

impl<K: HasEntries> Gate<K> {
    /// Checks that nobody wrote the object since it was read. Other objects that were read
    /// meanwhile then belong to the same moment.
    ///
    /// # Errors
    ///
    /// [`Error::Changed`], and the API server's.
    pub async fn confirm(&self) -> Result<()> {
        let now = self.read_again().await?;
        let version = |source: &Source<K>| {
            source
                .found()
                .and_then(|object| object.meta().resource_version.clone())
        };
        match version(&now) == version(&self.0) {
            true => Ok(()),
            false => Err(Error::Changed(self.object())),
        }
    }

    /// The identity of what is made for this gate and for no other: `<uid of the
    /// namespace>/<name>`.
    ///
    /// It stays the same when the object is deleted and made anew, and changes with the namespace.
    /// If the Job may not read its namespace, the UID is that of the object, if that exists: then
    /// the identity is lost with the object.
    ///
    /// # Errors
    ///
    /// The API server's; [`Error::Forbidden`] when there is no object, and no right to `get` the
    /// Job's own namespace.
    pub async fn identity(&self) -> Result<String> {
        let namespaces: Api<Namespace> = Api::all(self.kube().client());
        let namespace = namespaces.get(self.namespace()).await;
        let namespace = namespace.map_err(|cause| {
            let object = format!("Namespace {}", self.namespace());
            Error::call("reading", object.into(), cause)
        });
        let uid = match (namespace, self.found()) {
            (Ok(namespace), _) => namespace.metadata.uid,
            (Err(error @ Error::Forbidden { .. }), Some(object)) => {
                tell_of_stand_in(&self.object(), &error);
                object.meta().uid.clone()
            }
            (Err(error), _) => return Err(error),
        };
        Ok(format!("{}/{}", uid.unwrap_or_default(), self.name()))
    }

    /// Sets `entries` and keeps all others. Writes nothing when nothing differs.
    ///
    /// # Errors
    ///
    /// [`Error::Changed`] when somebody wrote the object since it was read, [`Error::Refused`]
    /// when it is immutable or would grow past [`MOST_BYTES`](crate::MOST_BYTES), and the API
    /// server's.
    pub async fn publish(&mut self, entries: Entries) -> Result<()> {
        let mut all = self.entries().clone();
        all.extend(entries);
        self.write(all).await
    }

    /// Sets `entries` and removes all others. Writes nothing when nothing differs.
    ///
    /// # Errors
    ///
    /// As [`Gate::publish`].
    pub async fn replace(&mut self, entries: Entries) -> Result<()> {
        self.write(entries).await
    }

    async fn write(&mut self, entries: Entries) -> Result<()> {
        self.check_mutable(&entries)?;
        if self.exists() && entries == *self.entries() {
            return Ok(());
        }
        let api = Api::namespaced(self.kube().client(), self.namespace());
        let params = PostParams::default();
        let written: Result<K, _> = match self.found().cloned() {
            Some(mut object) => {
                object.set(&entries);
                self.kube().marks().add_to(object.meta_mut());
                api.replace(self.name(), &params, &object).await
            }
            None => {
                let mut metadata = ObjectMeta {
                    name: Some(self.name().into()),
                    ..Default::default()
                };
                self.kube().marks().add_to(&mut metadata);
                api.create(&params, &K::new(metadata, &entries)).await
            }
        };
        let object = self.object();
        let written = written.map_err(|cause| Error::call("writing", object.clone(), cause))?;
        let changed: Vec<_> = entries
            .changed_since(self.entries())
            .map(|entry| format!("{entry:?}"))
            .collect();
        info!(
            %object,
            namespace = object.namespace(),
            name = object.name(),
            "published {} in {object}",
            changed.join(", ")
        );
        self.0.set(written, entries);
        Ok(())
    }
}

impl<K> Deref for Gate<K> {
    type Target = Source<K>;

    fn deref(&self) -> &Source<K> {
        &self.0
    }
}

impl<K: HasEntries> fmt::Display for Gate<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Logs that the identity is made from the UID of `object` instead of its namespace's. A Job tries
/// many times, and logs it once.
fn tell_of_stand_in(object: &Object, error: &Error) {
    static TOLD: Once = Once::new();
    TOLD.call_once(|| {
        info!(
            %object,
            namespace = object.namespace(),
            name = object.name(),
            "{object} stands in for its namespace: {error} is forbidden"
        );
    });
}

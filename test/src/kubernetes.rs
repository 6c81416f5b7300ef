//! An embedded Kubernetes API, as much of it as our Jobs use: six kinds of objects, and the verbs
//! get, list, create, update and delete on named ones.
//!
//! Authentication is by the tokens it gave out, authorization by the Roles and RoleBindings it
//! holds. Answers and failures are the real API server's, word for word; a suite in `tests/` asks
//! both. There are no watches, patches, managed fields, finalizers or owners, and no admission
//! but that a namespace must exist, and labels where a test wants them: whoever asks for such a
//! thing is refused.

mod access;
mod kind;
mod rules;
mod server;
mod status;
mod store;

use std::{
    collections::BTreeMap,
    io::{self, Write as _},
    path::Path,
    sync::{Arc, Mutex, MutexGuard},
};

use base64ct::{Base64, Encoding as _};
use contract::ORIGIN;
use keys::PrivateKey;
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::{Address, Calls, Issuer, Manifest, gates::Written, server::Server};
use access::User;
use kind::{Kind, Object};
use server::Api;
use store::{Store, uid};

/// The entries of a Secret or a ConfigMap.
pub type Entries = BTreeMap<String, Vec<u8>>;

/// A running Kubernetes API. The methods are an administrator's, and leave no trace in `calls`.
pub struct Kubernetes {
    /// What it was asked, and what is to go wrong.
    pub calls: Calls,
    state: Arc<Mutex<State>>,
    server: Server,
}

#[derive(Default)]
struct State {
    store: Store,
    tokens: BTreeMap<String, User>,
    /// The labels that every Secret and ConfigMap needs to be written over the API.
    wanted_labels: Vec<String>,
    /// What was written over the API.
    written: Vec<Written>,
    /// Who gives out the tokens of its accounts, if anybody does.
    issuer: Option<Issuer>,
}

impl Kubernetes {
    /// Starts an API server without objects.
    pub fn empty() -> Self {
        Self::start_at(Address::reserve(), State::default())
    }

    /// Starts an API server that issues tokens, with the objects that one before it left in the
    /// file.
    ///
    /// # Errors
    ///
    /// Why the file can't be read.
    pub fn open(address: Address, file: &Path, issuer: Issuer) -> io::Result<Self> {
        let state = State {
            store: Store::open(file)?,
            issuer: Some(issuer),
            ..State::default()
        };
        Ok(Self::start_at(address, state))
    }

    fn start_at(address: Address, state: State) -> Self {
        let calls = Calls::default();
        let state = Arc::new(Mutex::new(state));
        let api = Api(state.clone());
        let server = Server::start(address, calls.clone(), api);
        Self {
            calls,
            state,
            server,
        }
    }

    /// Starts an API server with the namespaces, accounts, Roles and RoleBindings of `config/`, and
    /// with what people configure there: the ConfigMaps.
    pub fn start() -> Self {
        let kubernetes = Self::empty();
        kubernetes.apply_config();
        let manifests = Manifest::all().iter();
        for manifest in manifests.filter(|manifest| manifest.kind() == "ConfigMap") {
            kubernetes.apply(&manifest.object);
        }
        kubernetes
    }

    /// Applies the namespaces, accounts, Roles and RoleBindings of `config/` (again).
    pub fn apply_config(&self) {
        for manifest in Manifest::all() {
            if ["Namespace", "ServiceAccount", "Role", "RoleBinding"].contains(&manifest.kind()) {
                self.apply(&manifest.object);
            }
        }
    }

    /// Creates an object, or replaces it, whatever its version.
    ///
    /// # Panics
    ///
    /// When the API server refuses it.
    pub fn apply(&self, object: &Value) {
        self.try_apply(object)
            .unwrap_or_else(|refusal| panic!("{refusal}: {object}"));
    }

    /// Creates an object, or replaces it, whatever its version.
    ///
    /// # Errors
    ///
    /// Why the API server refuses it.
    pub fn try_apply(&self, object: &Value) -> Result<(), String> {
        let kind = object["kind"].as_str().and_then(Kind::named);
        let kind = kind.ok_or_else(|| format!("{} isn't served", object["kind"]))?;
        let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default();
        let (namespace, name) = (text("namespace"), text("name"));
        let store = &mut self.state().store;
        let written = kind.decode(object.clone()).and_then(|object| {
            match store.find(kind.resource, namespace, name) {
                None => store.create(kind, namespace, object),
                Some(_) => store.replace(kind, namespace, name, object),
            }
        });
        written.map(drop).map_err(|failure| failure.message)
    }

    /// From now on denies what is written without one of these labels over the API, as a policy's
    /// webhook would.
    pub fn want_labels(&self, labels: &[&str]) {
        self.state().wanted_labels = labels.iter().map(|label| (*label).into()).collect();
    }

    /// From now on gives out tokens of its accounts, as the issuer of this name.
    ///
    /// # Panics
    ///
    /// When no key of 2048 bits can be made.
    pub fn set_issuer(&self, url: &str) {
        let key = PrivateKey::generate(keys::Kind::Rsa2048);
        self.state().issuer = Some(Issuer::new(url, &key).expect("a key of 2048 bits"));
    }

    /// An object as its JSON. The kind is written as in the object.
    pub fn get(&self, kind: &str, namespace: &str, name: &str) -> Option<Value> {
        let kind = Kind::named(kind)?;
        let state = self.state();
        let object = state.store.find(kind.resource, namespace, name);
        object.map(|object| json!(object))
    }

    /// Deletes an object, if it is there. A namespace goes with all that is in it.
    pub fn delete(&self, kind: &str, namespace: &str, name: &str) {
        let store = &mut self.state().store;
        match Kind::named(kind) {
            Some(kind) if kind.namespaced => drop(store.delete(kind, namespace, name)),
            _ => store.delete_namespace(name),
        }
    }

    /// All objects. Two equal snapshots mean that nothing was written in between.
    pub fn objects(&self) -> Vec<Value> {
        let state = self.state();
        state
            .store
            .everything()
            .map(|object| json!(object))
            .collect()
    }

    /// Checks that nothing was written since a snapshot.
    ///
    /// # Panics
    ///
    /// When something was; the objects are named.
    #[track_caller]
    pub fn assert_unchanged(&self, before: &[Value]) {
        let after = self.objects();
        let apart = |these: &[Value], those: &[Value]| -> Vec<Value> {
            let differs = |object: &&Value| !those.contains(object);
            these.iter().filter(differs).cloned().collect()
        };
        let (was, is) = (apart(before, &after), apart(&after, before));
        assert!(was.is_empty() && is.is_empty(), "{was:#?} became {is:#?}");
    }

    /// What a Secret holds, or nothing when there is none.
    pub fn secret(&self, namespace: &str, name: &str) -> Entries {
        let state = self.state();
        let secret = state.store.find("secrets", namespace, name);
        secret.map(decoded).unwrap_or_default()
    }

    /// Writes a Secret that holds `entries`.
    pub fn set_secret(&self, namespace: &str, name: &str, entries: &Entries) {
        let data: BTreeMap<_, _> = entries
            .iter()
            .map(|(entry, value)| (entry, Base64::encode_string(value)))
            .collect();
        self.apply(&json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"namespace": namespace, "name": name},
            "data": data,
        }));
    }

    /// What a ConfigMap holds as text, or nothing when there is none.
    pub fn config_map(&self, namespace: &str, name: &str) -> BTreeMap<String, String> {
        let state = self.state();
        let config_map = state.store.find("configmaps", namespace, name);
        config_map
            .map(|object| object.data.clone())
            .unwrap_or_default()
    }

    /// Writes a ConfigMap that holds `entries`.
    pub fn set_config_map(&self, namespace: &str, name: &str, entries: &[(&str, &str)]) {
        let data: BTreeMap<_, _> = entries.iter().copied().collect();
        self.apply(&json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"namespace": namespace, "name": name},
            "data": data,
        }));
    }

    /// Every version of every object that was written over the API.
    pub(crate) fn written(&self) -> Vec<Written> {
        self.state().written.clone()
    }

    /// Every value in every Secret, but for logs' names, which everybody knows.
    pub(crate) fn secrets(&self) -> Vec<Vec<u8>> {
        let state = self.state();
        let secrets = state.store.everything().filter(|o| o.kind == "Secret");
        let entries = secrets.flat_map(decoded);
        entries
            .filter(|(entry, _)| entry != ORIGIN)
            .map(|(_, value)| value)
            .collect()
    }

    /// A kubeconfig file for a service account.
    ///
    /// # Panics
    ///
    /// When there is no such account.
    pub fn kubeconfig(&self, namespace: &str, account: &str) -> NamedTempFile {
        let found = self.get("ServiceAccount", namespace, account);
        assert!(found.is_some(), "no ServiceAccount {namespace}/{account}");
        self.file(User::Account {
            namespace: namespace.into(),
            name: account.into(),
        })
    }

    /// A kubeconfig file for somebody who may do everything.
    pub fn administrator(&self) -> NamedTempFile {
        self.file(User::Admin)
    }

    /// Where it is, over HTTP.
    pub(crate) fn address(&self) -> std::net::SocketAddr {
        self.server.address()
    }

    fn file(&self, user: User) -> NamedTempFile {
        let token = uid();
        self.state().tokens.insert(token.clone(), user);
        kubeconfig(&format!("http://{}", self.server.address()), &token)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no request panicked")
    }
}

fn decoded(secret: &Object) -> Entries {
    let value = |text: &String| Base64::decode_vec(text).expect("the base64 was checked");
    secret
        .data
        .iter()
        .map(|(entry, text)| (entry.clone(), value(text)))
        .collect()
}

/// A kubeconfig file. (JSON is YAML.)
pub(crate) fn kubeconfig(server: &str, token: &str) -> NamedTempFile {
    kubeconfig_with(json!({"server": server}), json!({"token": token}))
}

/// A kubeconfig file with a cluster and a user.
pub(crate) fn kubeconfig_with(cluster: Value, user: Value) -> NamedTempFile {
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "clusters": [{"name": "test", "cluster": cluster}],
        "users": [{"name": "test", "user": user}],
    });
    let mut file = NamedTempFile::new().expect("a temporary file");
    write!(file, "{config}").expect("a file that can be written");
    file
}

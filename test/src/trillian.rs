//! A stand-in for Trillian's log server: trees, and the signed root of each.
//!
//! Its answers and codes are those of Trillian v1.7 over MySQL (`server/admin/admin_server.go`,
//! `server/log_rpc_server.go`, `storage/tree_validation.go`).

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
};

use http_body_util::Full;
use hyper::{Request, Response, body::Bytes};
use tokio_rustls::TlsAcceptor;
use tonic::{Code, Status, body::Body, codegen::Service as _};

use crate::{
    Address, Calls, Identity,
    server::{Server, Service},
    tls,
};
use proto::{
    CreateTreeRequest, DeleteTreeRequest, GetLatestSignedLogRootRequest,
    GetLatestSignedLogRootResponse, GetTreeRequest, InitLogRequest, InitLogResponse,
    ListTreesRequest, ListTreesResponse, SignedLogRoot, UpdateTreeRequest,
    trillian_admin_server::{TrillianAdmin, TrillianAdminServer},
    trillian_log_server::{TrillianLog, TrillianLogServer},
};

pub use proto::{Tree, TreeState, TreeType};

/// The interface, as it is generated.
#[allow(missing_docs, unreachable_pub, clippy::all)]
pub mod proto {
    tonic::include_proto!("trillian");
}

/// A running Trillian.
pub struct Trillian {
    /// What it was asked, and what is to go wrong. A call is named as in gRPC: `CreateTree`.
    pub calls: Calls,
    trees: Trees,
    server: Server,
}

impl Trillian {
    /// Starts one without trees.
    pub fn start() -> Self {
        Self::start_at(Address::reserve())
    }

    /// Starts one where nobody answered before.
    pub fn start_at(address: Address) -> Self {
        Self::start_with(None, address)
    }

    /// Starts one that speaks TLS, and returns it with the certificate to trust (PEM).
    pub fn start_with_tls(identity: Identity) -> (Self, String) {
        let (acceptor, roots) = tls::server(identity, "127.0.0.1");
        let trillian = Self::start_with(Some(acceptor), Address::reserve());
        (trillian, roots)
    }

    fn start_with(tls: Option<TlsAcceptor>, address: Address) -> Self {
        let calls = Calls::default();
        let trees = Trees::default();
        let server = Server::start_with(tls, address, calls.clone(), trees.clone());
        Self {
            calls,
            trees,
            server,
        }
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The trees that aren't deleted, by their IDs.
    pub fn trees(&self) -> Vec<Tree> {
        self.trees.live()
    }

    /// Puts a tree there as it is, with a first signed root or without.
    pub fn put(&self, tree: Tree, initialised: bool) {
        let size = initialised.then_some(0);
        self.trees.lock().insert(tree.tree_id, (tree, size));
    }

    /// Gives a tree this many entries.
    ///
    /// # Panics
    ///
    /// When there is no such tree.
    pub fn grow(&self, id: i64, entries: u64) {
        let mut trees = self.trees.lock();
        trees.get_mut(&id).expect("the tree is there").1 = Some(entries);
    }

    /// Whether a tree has a signed root.
    pub fn is_initialised(&self, id: i64) -> bool {
        let trees = self.trees.lock();
        trees.get(&id).is_some_and(|(_, size)| size.is_some())
    }
}

#[derive(Clone, Default)]
struct Trees(Arc<Mutex<Forest>>);

/// The trees by their IDs, each with the number of its entries once it has a signed root.
type Forest = BTreeMap<i64, (Tree, Option<u64>)>;

impl Trees {
    fn lock(&self) -> MutexGuard<'_, Forest> {
        self.0.lock().expect("no call panicked")
    }

    fn live(&self) -> Vec<Tree> {
        let trees = self.lock();
        let live = trees.values().filter(|(tree, _)| !tree.deleted);
        live.map(|(tree, _)| tree.clone()).collect()
    }
}

impl Service for Trees {
    fn name(&self, request: &Request<Bytes>) -> String {
        let path = request.uri().path();
        path.rsplit('/').next().unwrap_or_default().to_owned()
    }

    async fn answer(&self, request: Request<Bytes>) -> Response<Body> {
        let admin = request.uri().path().starts_with("/trillian.TrillianAdmin/");
        let request = request.map(Full::new);
        let answer = match admin {
            true => TrillianAdminServer::new(self.clone()).call(request).await,
            false => TrillianLogServer::new(self.clone()).call(request).await,
        };
        answer.unwrap_or_else(|never| match never {})
    }

    fn fault(&self, status: u16) -> Response<Body> {
        Status::new(Code::from(i32::from(status)), "a fault").into_http()
    }
}

type Answer<T> = Result<tonic::Response<T>, Status>;

#[tonic::async_trait]
impl TrillianAdmin for Trees {
    async fn list_trees(&self, _: tonic::Request<ListTreesRequest>) -> Answer<ListTreesResponse> {
        Ok(ListTreesResponse { tree: self.live() }.into())
    }

    async fn get_tree(&self, request: tonic::Request<GetTreeRequest>) -> Answer<Tree> {
        let id = request.into_inner().tree_id;
        let trees = self.lock();
        // Trillian returns deleted trees, too.
        let (tree, _) = trees.get(&id).ok_or_else(|| not_found(id))?;
        Ok(tree.clone().into())
    }

    async fn create_tree(&self, request: tonic::Request<CreateTreeRequest>) -> Answer<Tree> {
        let tree = request.into_inner().tree;
        let mut tree = tree.ok_or_else(|| Status::invalid_argument("a tree is required"))?;
        check(&tree)?;
        tree.tree_id = new_id();
        tree.deleted = false;
        self.lock().insert(tree.tree_id, (tree.clone(), None));
        Ok(tree.into())
    }

    async fn update_tree(&self, request: tonic::Request<UpdateTreeRequest>) -> Answer<Tree> {
        let UpdateTreeRequest { tree, update_mask } = request.into_inner();
        let tree = tree.ok_or_else(|| Status::invalid_argument("a tree is required"))?;
        let paths = update_mask.unwrap_or_default().paths;
        if paths.is_empty() {
            return Err(Status::invalid_argument("an update_mask is required"));
        }
        // Our Jobs change nothing else.
        if let Some(other) = paths.iter().find(|path| *path != "tree_state") {
            let text = format!("invalid update_mask path: {other:?}");
            return Err(Status::invalid_argument(text));
        }
        let id = tree.tree_id;
        let mut trees = self.lock();
        let (stored, _) = trees.get_mut(&id).ok_or_else(|| not_found(id))?;
        if tree.tree_state() == TreeState::UnknownTreeState {
            let text = format!("invalid tree_state: {}", tree.tree_state().as_str_name());
            return Err(Status::invalid_argument(text));
        }
        stored.tree_state = tree.tree_state;
        Ok(stored.clone().into())
    }

    async fn delete_tree(&self, request: tonic::Request<DeleteTreeRequest>) -> Answer<Tree> {
        let id = request.into_inner().tree_id;
        let mut trees = self.lock();
        let (tree, _) = trees.get_mut(&id).ok_or_else(|| not_found(id))?;
        if tree.deleted {
            let text = format!("tree {id} already soft deleted");
            return Err(Status::failed_precondition(text));
        }
        tree.deleted = true;
        Ok(tree.clone().into())
    }
}

#[tonic::async_trait]
impl TrillianLog for Trees {
    async fn init_log(&self, request: tonic::Request<InitLogRequest>) -> Answer<InitLogResponse> {
        let id = request.into_inner().log_id;
        let mut trees = self.lock();
        let size = log(&mut trees, id)?;
        if size.is_some() {
            return Err(Status::already_exists("log is already initialised"));
        }
        *size = Some(0);
        Ok(InitLogResponse {}.into())
    }

    async fn get_latest_signed_log_root(
        &self,
        request: tonic::Request<GetLatestSignedLogRootRequest>,
    ) -> Answer<GetLatestSignedLogRootResponse> {
        let mut trees = self.lock();
        let size = *log(&mut trees, request.into_inner().log_id)?;
        let size = size.ok_or_else(|| Status::failed_precondition("tree needs initialising"))?;
        // LogRootV1: version, size, hash, then a timestamp, a revision and no metadata. (The hash
        // is that of a tree without entries.)
        let mut log_root = vec![0, 1];
        log_root.extend(size.to_be_bytes());
        log_root.push(32);
        log_root.extend(EMPTY_ROOT);
        log_root.extend([0; 8 + 8 + 2]);
        let signed_log_root = Some(SignedLogRoot { log_root });
        Ok(GetLatestSignedLogRootResponse { signed_log_root }.into())
    }
}

/// The size of a log that isn't deleted.
fn log(trees: &mut Forest, id: i64) -> Result<&mut Option<u64>, Status> {
    match trees.get_mut(&id) {
        Some((tree, size)) if !tree.deleted => Ok(size),
        _ => Err(not_found(id)),
    }
}

fn not_found(id: i64) -> Status {
    Status::not_found(format!("tree {id} not found"))
}

fn check(tree: &Tree) -> Result<(), Status> {
    if tree.tree_type() == TreeType::UnknownTreeType {
        let kind = tree.tree_type().as_str_name();
        let text = format!("tree type {kind} not allowed by this server");
        return Err(Status::invalid_argument(text));
    }
    if tree.tree_state() != TreeState::Active {
        let text = format!("invalid tree_state: {}", tree.tree_state().as_str_name());
        return Err(Status::invalid_argument(text));
    }
    match &tree.max_root_duration {
        None => {
            let text = "max_root_duration malformed: proto: invalid nil Duration";
            return Err(Status::invalid_argument(text));
        }
        Some(duration) if duration.seconds < 0 || duration.nanos < 0 => {
            let text = format!("max_root_duration negative: seconds:{}", duration.seconds);
            return Err(Status::invalid_argument(text));
        }
        Some(_) => (),
    }
    // The database's words, which Trillian passes on.
    for (column, value, most) in [
        ("DisplayName", &tree.display_name, 20),
        ("Description", &tree.description, 200),
    ] {
        if value.chars().count() > most {
            let text = format!("Error 1406 (22001): Data too long for column '{column}' at row 1");
            return Err(Status::unknown(text));
        }
    }
    Ok(())
}

/// SHA-256 of nothing (RFC 6962, section 2.1).
const EMPTY_ROOT: [u8; 32] = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

/// A random ID, which Trillian makes from 1 on.
fn new_id() -> i64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("the operating system has random numbers");
    (i64::from_be_bytes(bytes) & i64::MAX).max(1)
}

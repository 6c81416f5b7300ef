//! The calls to Trillian's log server.

use std::{error::Error as _, time::Duration};

use address::Target;
use contract::CONNECT_TIMEOUT;
use prost_types::FieldMask;
use tonic::{
    Code, Response, Status,
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint},
};
use tracing::{info, warn};

use crate::{
    Error, Log, State, TreeId, log,
    proto::{
        CreateTreeRequest, DeleteTreeRequest, GetLatestSignedLogRootRequest, GetTreeRequest,
        InitLogRequest, ListTreesRequest, Tree, TreeState, UpdateTreeRequest,
        trillian_admin_client::TrillianAdminClient, trillian_log_client::TrillianLogClient,
    },
};

/// A connection to Trillian's log server.
#[derive(Debug, Clone)]
pub struct Trillian {
    admin: TrillianAdminClient<Channel>,
    log: TrillianLogClient<Channel>,
    in_the_clear: bool,
}

impl Trillian {
    /// Connects to `address`: with TLS if there are `roots`, the only certificates to trust (PEM),
    /// and in the clear otherwise.
    ///
    /// # Errors
    ///
    /// [`Error::Unreachable`] and [`Error::Tls`].
    pub async fn connect(address: &Target, roots: Option<&str>) -> Result<Self, Error> {
        let channel = channel(address, roots).await;
        let channel = channel.map_err(|source| match tls::reason(&source) {
            Some(reason) => Error::Tls {
                address: address.clone(),
                reason,
            },
            None => Error::Unreachable {
                address: address.clone(),
                source,
            },
        })?;
        Ok(Self {
            admin: TrillianAdminClient::new(channel.clone()),
            log: TrillianLogClient::new(channel),
            in_the_clear: roots.is_none(),
        })
    }

    /// The one tree of `log`, ready for entries. It is created when no tree carries the log's
    /// identity.
    ///
    /// A race or a lost answer may leave several trees behind. Then it is the one with entries, and
    /// if none has any, the one with the smallest ID: every process finds the same.
    ///
    /// # Errors
    ///
    /// Final are [`Error::Unusable`] when none of the log's trees takes entries, and
    /// [`Error::Several`] when more than one has some. [`Error::Call`], and [`Error::Vanished`]
    /// when somebody deletes the tree meanwhile, may pass.
    pub async fn find_or_create(&mut self, log: &Log) -> Result<TreeId, Error> {
        let mut trees = self.trees_of(log).await?;
        if trees.is_empty() {
            let tree = Some(log.tree());
            let made = self.admin.create_tree(CreateTreeRequest { tree }).await;
            let made = self.answered("CreateTree", made)?.tree_id;
            info!(tree = made, "created tree {made} in Trillian");
            // They are listed again, since another process may have made a tree with a smaller ID
            // at the same moment.
            trees = self.trees_of(log).await?;
            trees.first().ok_or(Error::Vanished(made))?;
        }
        let id = self.chosen(&trees).await?;
        self.initialise(id).await?;
        Ok(id)
    }

    /// The one of a log's `trees` that is to be used. There is one tree at least.
    async fn chosen(&mut self, trees: &[Tree]) -> Result<TreeId, Error> {
        let first = log::usable_id(&trees[0])?;
        let usable: Vec<_> = usable_ids(trees).collect();
        if usable.len() == 1 {
            return Ok(first);
        }
        let mut in_use = Vec::new();
        for id in usable {
            if !self.is_empty(id).await? {
                in_use.push(id);
            }
        }
        match in_use[..] {
            [] => Ok(first),
            [id] => Ok(id),
            _ => Err(Error::Several(in_use)),
        }
    }

    /// Makes sure that tree `id` takes entries: it exists, is an active log and has a signed root.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] and [`Error::Unusable`], which waiting doesn't cure, and [`Error::Call`].
    pub async fn confirm(&mut self, id: TreeId) -> Result<(), Error> {
        let tree = self.tree(id).await?;
        self.initialise(log::usable_id(&tree)?).await
    }

    /// Puts tree `id`, a log that exists, into a state. Nothing is written if it is in that state.
    ///
    /// # Errors
    ///
    /// As [`Trillian::confirm`], whatever the tree's state was.
    pub async fn set_state(&mut self, id: TreeId, state: State) -> Result<(), Error> {
        let tree = self.tree(id).await?;
        match log::usable_id(&tree) {
            Ok(_) | Err(Error::Unusable { closed: true, .. }) => (),
            Err(error) => return Err(error),
        }
        let (old, new) = (tree.tree_state(), TreeState::from(state));
        if old != new {
            let request = UpdateTreeRequest {
                tree: Some(Tree {
                    tree_id: id,
                    tree_state: new.into(),
                    ..Tree::default()
                }),
                update_mask: Some(FieldMask {
                    paths: vec!["tree_state".into()],
                }),
            };
            let updated = self.admin.update_tree(request).await;
            self.answered("UpdateTree", updated)?;
            let [old, new] = [old, new].map(|state| state.as_str_name());
            info!(tree = id, "tree {id} in Trillian was {old} and is {new}");
        }
        self.initialise(id).await
    }

    async fn tree(&mut self, id: TreeId) -> Result<Tree, Error> {
        match self.admin.get_tree(GetTreeRequest { tree_id: id }).await {
            Err(status) if status.code() == Code::NotFound => Err(Error::Missing(id)),
            answer => self.answered("GetTree", answer),
        }
    }

    /// Deletes the log's other usable trees beside `kept`, if they are empty. One with entries is
    /// named in a warning instead.
    ///
    /// # Errors
    ///
    /// [`Error::Call`].
    pub async fn delete_others(&mut self, log: &Log, kept: TreeId) -> Result<(), Error> {
        let trees = self.trees_of(log).await?;
        for id in usable_ids(&trees).filter(|id| *id != kept) {
            if self.is_empty(id).await? {
                let request = DeleteTreeRequest { tree_id: id };
                let deleted = self.admin.delete_tree(request).await;
                self.answered("DeleteTree", deleted)?;
                info!(
                    tree = id,
                    "deleted tree {id} in Trillian: it was empty, and {kept} is in use"
                );
            } else {
                warn!(
                    tree = id,
                    "tree {id} in Trillian isn't in use ({kept} is) but has entries: it was left alone"
                );
            }
        }
        Ok(())
    }

    /// The trees that carry the identity of `log`.
    async fn trees_of(&mut self, log: &Log) -> Result<Vec<Tree>, Error> {
        let trees = self.admin.list_trees(ListTreesRequest {}).await;
        Ok(log.trees_among(self.answered("ListTrees", trees)?.tree))
    }

    /// Gives a tree its first signed root, unless it has one, and checks that it can be read.
    async fn initialise(&mut self, id: TreeId) -> Result<(), Error> {
        match self.log.init_log(InitLogRequest { log_id: id }).await {
            Err(status) if status.code() == Code::AlreadyExists => (),
            answer => drop(self.answered("InitLog", answer)?),
        }
        self.latest_signed_root(id).await.map(drop)
    }

    /// Whether a tree never had an entry. (One without a signed root has none either.)
    async fn is_empty(&mut self, id: TreeId) -> Result<bool, Error> {
        match self.latest_signed_root(id).await {
            Ok(root) => Ok(tree_size(&root) == Some(0)),
            Err(Error::Call {
                code: Code::FailedPrecondition,
                ..
            }) => Ok(true),
            Err(error) => Err(error),
        }
    }

    async fn latest_signed_root(&mut self, id: TreeId) -> Result<Vec<u8>, Error> {
        let request = GetLatestSignedLogRootRequest { log_id: id };
        let answer = self.log.get_latest_signed_log_root(request).await;
        let root = self
            .answered("GetLatestSignedLogRoot", answer)?
            .signed_log_root;
        Ok(root.unwrap_or_default().log_root)
    }

    fn answered<T>(
        &self,
        call: &'static str,
        answer: Result<Response<T>, Status>,
    ) -> Result<T, Error> {
        let status = match answer {
            Ok(response) => return Ok(response.into_inner()),
            Err(status) => status,
        };
        Err(match status.source() {
            // It isn't Trillian's.
            Some(_) => Error::Broken {
                call,
                in_the_clear: self.in_the_clear,
                source: status.into(),
            },
            None => Error::Call {
                call,
                code: status.code(),
                message: status.message().to_owned(),
            },
        })
    }
}

async fn channel(
    address: &Target,
    roots: Option<&str>,
) -> Result<Channel, tonic::transport::Error> {
    let scheme = if roots.is_some() { "https" } else { "http" };
    let mut endpoint = Endpoint::from_shared(format!("{scheme}://{}", address.authority()))?
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(CALL_TIMEOUT);
    if let Some(pem) = roots {
        let roots = Certificate::from_pem(pem);
        endpoint = endpoint.tls_config(ClientTlsConfig::new().ca_certificate(roots))?;
    }
    endpoint.connect().await
}

/// The IDs of those of `trees` that take entries.
fn usable_ids(trees: &[Tree]) -> impl Iterator<Item = TreeId> {
    trees.iter().filter_map(|tree| log::usable_id(tree).ok())
}

/// The number of entries under a signed root, Trillian's `LogRootV1`: the version (two bytes, 1),
/// then the tree's size (eight), both big-endian.
fn tree_size(root: &[u8]) -> Option<u64> {
    let size = root.strip_prefix(&[0, 1])?.first_chunk()?;
    Some(u64::from_be_bytes(*size))
}

const CALL_TIMEOUT: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_follows_the_version_in_a_root() {
        let root = [&[0, 1, 0, 0, 0, 0, 0, 0, 1, 2][..], &[32; 33]].concat();
        assert_eq!(tree_size(&root), Some(258));
    }

    #[test]
    fn a_root_of_another_version_or_length_has_no_size() {
        assert_eq!(tree_size(&[0, 2, 0, 0, 0, 0, 0, 0, 0, 0]), None);
        assert_eq!(tree_size(&[0, 1, 0]), None);
        assert_eq!(tree_size(&[]), None);
    }
}

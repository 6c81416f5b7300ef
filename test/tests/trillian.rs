//! The stand-in for Trillian answers as the real one does.
//!
//! As in `kubernetes.rs`: the real answers are recorded in `data/trillian.txt`, and
//! `TEST_TRILLIAN=<host:port>` asks a real log server anew. The trees made there are deleted.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

mod golden;

use std::env;

use prost_types::FieldMask;
use serde_json::{Value, json};
use testbed::{
    Tree, TreeState, TreeType, Trillian,
    trillian::proto::{
        CreateTreeRequest, DeleteTreeRequest, GetLatestSignedLogRootRequest, GetTreeRequest,
        InitLogRequest, ListTreesRequest, UpdateTreeRequest,
        trillian_admin_client::TrillianAdminClient, trillian_log_client::TrillianLogClient,
    },
};
use tonic::{
    Response, Status,
    transport::{Channel, Endpoint},
};

#[tokio::test]
async fn the_stand_in_answers_as_the_recorded_one() {
    let trillian = Trillian::start();
    let mut side = Side::connect(&trillian.address().to_string()).await;
    side.play().await;
    golden::compare("trillian.txt", &side.answers);
}

#[tokio::test]
async fn a_real_trillian_still_answers_as_recorded() {
    // Without one there is nothing to ask.
    let Ok(address) = env::var("TEST_TRILLIAN") else {
        return;
    };
    let mut side = Side::connect(&address).await;
    side.play().await;
    match env::var_os("UPDATE") {
        None => golden::compare("trillian.txt", &side.answers),
        Some(_) => golden::record("trillian.txt", &side.answers),
    }
}

struct Side {
    admin: TrillianAdminClient<Channel>,
    log: TrillianLogClient<Channel>,
    /// The IDs of the trees that were made.
    ids: Vec<i64>,
    answers: Vec<(String, Value)>,
}

impl Side {
    async fn connect(address: &str) -> Self {
        let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
        let channel = endpoint.connect().await.unwrap();
        Self {
            admin: TrillianAdminClient::new(channel.clone()),
            log: TrillianLogClient::new(channel),
            ids: vec![],
            answers: vec![],
        }
    }

    fn told<T>(
        &mut self,
        call: &str,
        about: &str,
        answer: Result<Response<T>, Status>,
        told: impl FnOnce(&T) -> Value,
    ) -> Option<T> {
        let (answer, record) = match answer {
            Ok(response) => {
                let response = response.into_inner();
                let record = told(&response);
                (Some(response), record)
            }
            Err(status) => (
                None,
                json!([format!("{:?}", status.code()), status.message()]),
            ),
        };
        // Go's protobuf library uses either of two spaces in its errors.
        let mut record = record.to_string().replace('\u{a0}', " ");
        for (position, id) in self.ids.iter().enumerate() {
            record = record.replace(&id.to_string(), &format!("TREE {position}"));
        }
        let record = serde_json::from_str(&record).unwrap();
        self.answers.push((format!("{call} {about}"), record));
        answer
    }

    async fn create(&mut self, about: &str, tree: Option<Tree>) -> i64 {
        let answer = self.admin.create_tree(CreateTreeRequest { tree }).await;
        let id = answer.as_ref().map_or(0, |tree| tree.get_ref().tree_id);
        if id != 0 {
            self.ids.push(id);
        }
        self.told("CreateTree", about, answer, described);
        id
    }

    async fn get(&mut self, about: &str, tree_id: i64) {
        let answer = self.admin.get_tree(GetTreeRequest { tree_id }).await;
        self.told("GetTree", about, answer, described);
    }

    async fn update(&mut self, about: &str, tree: Option<Tree>, paths: &[&str]) {
        let paths = paths.iter().map(|path| (*path).to_owned()).collect();
        let update_mask = Some(FieldMask { paths });
        let request = UpdateTreeRequest { tree, update_mask };
        let answer = self.admin.update_tree(request).await;
        self.told("UpdateTree", about, answer, described);
    }

    /// Each state, and what a tree in it answers.
    async fn change_state(&mut self, id: i64) {
        let mask = &["tree_state"];
        let tree = |tree_id, state: TreeState| {
            Some(Tree {
                tree_id,
                tree_state: state.into(),
                ..Tree::default()
            })
        };
        self.update("without a tree", None, mask).await;
        self.update("without a mask", tree(id, TreeState::Frozen), &[])
            .await;
        self.update("of no state", tree(id, TreeState::UnknownTreeState), mask)
            .await;
        for nowhere in [1, 0, -1] {
            self.update("none", tree(nowhere, TreeState::Frozen), mask)
                .await;
        }
        for state in [TreeState::Draining, TreeState::Frozen] {
            for about in ["one", "one again"] {
                self.update(about, tree(id, state), mask).await;
            }
            self.get("one in another state", id).await;
            self.root("one in another state", id).await;
            self.init("one in another state", id).await;
        }
        self.update("one back", tree(id, TreeState::Active), mask)
            .await;
    }

    async fn delete(&mut self, about: &str, tree_id: i64) {
        let answer = self.admin.delete_tree(DeleteTreeRequest { tree_id }).await;
        self.told("DeleteTree", about, answer, described);
    }

    /// Those of the trees made here that are listed, in the order in which they were made.
    async fn list(&mut self) {
        let answer = self.admin.list_trees(ListTreesRequest {}).await;
        let ids = self.ids.clone();
        self.told("ListTrees", "", answer, |trees| {
            let listed = |id: &&i64| trees.tree.iter().any(|tree| tree.tree_id == **id);
            ids.iter()
                .filter(listed)
                .map(|id| json!(id.to_string()))
                .collect()
        });
    }

    async fn init(&mut self, about: &str, log_id: i64) {
        let answer = self.log.init_log(InitLogRequest { log_id }).await;
        self.told("InitLog", about, answer, |_| json!({}));
    }

    async fn root(&mut self, about: &str, log_id: i64) {
        let request = GetLatestSignedLogRootRequest { log_id };
        let answer = self.log.get_latest_signed_log_root(request).await;
        self.told("GetLatestSignedLogRoot", about, answer, |answer| {
            let root = &answer.signed_log_root.as_ref().unwrap().log_root;
            // Version, size and hash, then how long the rest (with its time) is.
            json!([format!("{:02x?}", &root[..43]), root.len()])
        });
    }

    async fn play(&mut self) {
        self.create_badly().await;
        let id = self.create("well", Some(good())).await;
        let claimed = Tree {
            tree_id: 5,
            deleted: true,
            ..good()
        };
        let second = self.create("with an ID of its own", Some(claimed)).await;
        let mut preordered = good();
        preordered.set_tree_type(TreeType::PreorderedLog);
        let third = self.create("preordered", Some(preordered)).await;
        self.list().await;
        self.get("one", id).await;
        for nowhere in [1, 0, -1] {
            self.get("none", nowhere).await;
            self.init("none", nowhere).await;
            self.root("none", nowhere).await;
            self.delete("none", nowhere).await;
        }
        self.root("without a root", id).await;
        self.init("one", id).await;
        self.init("one again", id).await;
        self.root("one", id).await;
        self.init("preordered", third).await;
        self.change_state(id).await;

        self.delete("one", id).await;
        self.delete("one again", id).await;
        self.get("deleted", id).await;
        self.init("deleted", id).await;
        self.root("deleted", id).await;
        let frozen = Tree {
            tree_id: id,
            tree_state: TreeState::Frozen.into(),
            ..Tree::default()
        };
        self.update("deleted", Some(frozen), &["tree_state"]).await;
        self.delete("one without a root", second).await;
        self.init("deleted", second).await;
        self.list().await;
        self.delete("preordered", third).await;
        self.list().await;
    }

    async fn create_badly(&mut self) {
        self.create("without a tree", None).await;
        let changes: [(&str, Change); 7] = [
            ("of no type", |tree| tree.tree_type = 0),
            ("of no state", |tree| tree.tree_state = 0),
            ("frozen", |tree| tree.set_tree_state(TreeState::Frozen)),
            ("without a duration", |tree| tree.max_root_duration = None),
            ("with a negative duration", |tree| {
                tree.max_root_duration = Some(seconds(-1));
            }),
            ("with a long name", |tree| {
                tree.display_name = "twenty-one characters".into();
            }),
            ("with a long description", |tree| {
                tree.description = "d".repeat(201);
            }),
        ];
        for (about, change) in changes {
            let mut tree = good();
            change(&mut tree);
            self.create(about, Some(tree)).await;
        }
    }
}

type Change = fn(&mut Tree);

/// A tree that Trillian takes.
fn good() -> Tree {
    Tree {
        tree_state: TreeState::Active.into(),
        tree_type: TreeType::Log.into(),
        display_name: "twenty characters ok".into(),
        description: "d".repeat(200),
        max_root_duration: Some(seconds(3600)),
        ..Tree::default()
    }
}

fn seconds(seconds: i64) -> prost_types::Duration {
    prost_types::Duration { seconds, nanos: 0 }
}

fn described(tree: &Tree) -> Value {
    json!({
        "tree_id": tree.tree_id.to_string(),
        "tree_state": tree.tree_state().as_str_name(),
        "tree_type": tree.tree_type().as_str_name(),
        "display_name": tree.display_name,
        "description": tree.description.len(),
        "max_root_duration": tree.max_root_duration.as_ref().map(|duration| duration.seconds),
        "deleted": tree.deleted,
    })
}

//! The binary against the embedded Kubernetes API and a stand-in for Trillian.

#![allow(clippy::unwrap_used)] // clippy.toml allows it in tests, and not in their helpers

mod host;
mod network;
mod trees;

use std::fs;

use tempfile::NamedTempFile;
use testbed::{
    Address, Calls, Fault, Kubernetes, Process, Tree, TreeState, TreeType, Trillian,
    suite::{Scene, States, Story},
};

struct Rekor {
    kubernetes: Kubernetes,
    trillian: Trillian,
}

impl Scene for Rekor {
    fn set() -> Self {
        Self {
            kubernetes: Kubernetes::start(),
            trillian: Trillian::start(),
        }
    }

    fn kubernetes(&self) -> &Kubernetes {
        &self.kubernetes
    }

    fn job(&self) -> Process<'_> {
        self.job_in("rekor-system")
    }

    /// However the Job went: one tree, ready for entries, published.
    fn check(&self) {
        let trees = self.trillian.trees();
        assert_eq!(trees.len(), 1, "{trees:?}");
        assert_eq!(trees[0].tree_id.to_string(), self.published());
        assert!(self.trillian.is_initialised(trees[0].tree_id));
    }

    fn servers(&self) -> Vec<(&'static str, &Calls)> {
        vec![
            ("the API server", &self.kubernetes.calls),
            ("Trillian", &self.trillian.calls),
        ]
    }
}

impl Story for Rekor {
    const NAME: &str = "createtree";

    fn verify(&self) {
        self.check();
    }
}

impl States for Rekor {}

testbed::job_tests!(Rekor);
testbed::story_tests!(Rekor);
testbed::states_tests!(Rekor);

impl Rekor {
    fn job_in(&self, namespace: &str) -> Process<'_> {
        let binary = env!("CARGO_BIN_EXE_createtree");
        let job = self.kubernetes.job(namespace, "createtree", binary);
        job.args([format!("--admin_server={}", self.trillian.address())])
    }

    fn published(&self) -> String {
        let mut entries = self.kubernetes.config_map("rekor-system", "rekor-config");
        entries.remove("treeID").unwrap_or_default()
    }

    fn publish(&self, tree_id: &str) {
        let entries = [("treeID", tree_id)];
        self.kubernetes
            .set_config_map("rekor-system", "rekor-config", &entries);
    }

    /// What a tree of this gate has at the end of its description.
    fn mark(&self, namespace: &str, config_map: &str) -> String {
        let object = self.kubernetes.get("Namespace", "", namespace).unwrap();
        let uid = object["metadata"]["uid"].as_str().unwrap();
        format!("[{uid}/{config_map}]")
    }

    /// A tree as another process would have made it.
    fn tree(&self, tree_id: i64) -> Tree {
        Tree {
            tree_id,
            tree_state: TreeState::Active.into(),
            tree_type: TreeType::Log.into(),
            description: self.mark("rekor-system", "rekor-config"),
            ..Tree::default()
        }
    }

    /// As the Go job's Roles have it.
    fn take_the_right_to_the_namespace(&self) {
        let role = self.kubernetes.get("Role", "rekor-system", "createtree");
        let mut role = role.unwrap();
        let rules = role["rules"].as_array_mut().unwrap();
        rules.retain(|rule| rule["resources"][0] != "namespaces");
        self.kubernetes.apply(&role);
    }

    fn assert_refused(&self, flags: &[&str], texts: &[&str]) {
        let before = (self.kubernetes.objects(), self.trillian.trees());
        let outcome = self.job().args(flags).run();
        outcome.assert(
            3,
            &[&["ConfigMap rekor-system/rekor-config"], texts].concat(),
        );
        assert_eq!(before, (self.kubernetes.objects(), self.trillian.trees()));
    }
}

#[test]
fn the_tree_is_what_the_flags_say_and_carries_its_gates_identity() {
    let rekor = Rekor::set();
    let job = rekor.job().args([
        "--display_name=a name",
        "--description=a text",
        "--max_root_duration=90m",
        "--tree_state=ACTIVE",
        "--tree_type=LOG",
        "--force=false",
    ]);
    job.run().assert(0, &["done"]);
    rekor.check();
    let tree = &rekor.trillian.trees()[0];
    assert_eq!(tree.display_name, "a name");
    let mark = rekor.mark("rekor-system", "rekor-config");
    assert_eq!(tree.description, format!("a text {mark}"));
    assert_eq!(tree.max_root_duration.unwrap().seconds, 5400);
}

#[test]
fn each_gate_has_a_tree_of_its_own() {
    let rekor = Rekor::set();
    for namespace in ["rekor-system", "ctlog-system"] {
        rekor.job_in(namespace).run().assert(0, &["done"]);
    }
    let ctlog = rekor.kubernetes.config_map("ctlog-system", "ctlog-config");
    assert_ne!(rekor.published(), ctlog["treeID"]);
    assert_eq!(rekor.trillian.trees().len(), 2);
}

#[test]
fn without_a_namespace_it_is_rekors() {
    let rekor = Rekor::set();
    let job = rekor.job().without_args().without_env("NAMESPACE");
    let job = job.args([format!("--admin_server={}", rekor.trillian.address())]);
    job.run().assert(0, &["done"]);
    rekor.check();
}

#[test]
fn a_deleted_config_map_comes_back_with_the_same_tree() {
    let rekor = Rekor::set();
    rekor.job().run().assert(0, &["done"]);
    let id = rekor.published();
    rekor
        .kubernetes
        .delete("ConfigMap", "rekor-system", "rekor-config");
    rekor.job().run().assert(0, &["done"]);
    assert_eq!(rekor.published(), id);
    rekor.check();
}

#[test]
fn a_deleted_namespace_starts_a_new_tree_and_leaves_the_old_one() {
    let rekor = Rekor::set();
    rekor.job().run().assert(0, &["done"]);
    let old = rekor.published();
    rekor.kubernetes.delete("Namespace", "", "rekor-system");
    rekor.kubernetes.apply_config();
    rekor.job().run().assert(0, &["done"]);
    assert_ne!(rekor.published(), old);
    assert_eq!(rekor.trillian.trees().len(), 2);
}

#[test]
fn force_is_a_wrong_flag_with_a_way_out() {
    let rekor = Rekor::set();
    for flag in ["--force", "-force=true"] {
        let outcome = rekor.job().args([flag]).run();
        assert_eq!(outcome.code, 2, "{}", outcome.log);
        assert!(outcome.log.contains("--tree_id"), "{}", outcome.log);
    }
    assert!(rekor.trillian.trees().is_empty());
}

#[test]
fn a_damaged_certificate_file_is_a_wrong_flag() {
    let rekor = Rekor::set();
    let file = NamedTempFile::new().unwrap();
    let flag = format!("--tls_cert_file={}", file.path().display());
    for inner in ["", "AAAA\n", "not base64\n"] {
        let pem = format!("-----BEGIN CERTIFICATE-----\n{inner}-----END CERTIFICATE-----\n");
        fs::write(file.path(), pem).unwrap();
        let outcome = rekor.job().args([&flag]).run();
        assert_eq!(outcome.code, 2, "{}", outcome.log);
        assert!(outcome.log.contains("--tls_cert_file"), "{}", outcome.log);
    }
}

#[test]
fn trillian_starting_late_opens_the_gate_and_not_before() {
    let kubernetes = Kubernetes::start();
    let address = Address::reserve();
    let binary = env!("CARGO_BIN_EXE_createtree");
    let job = kubernetes.job("rekor-system", "createtree", binary);
    let server = address.get();
    let mut job = job.args([format!("--admin_server={server}")]).start();
    job.wait_for_line(&format!("not yet: Trillian isn't answering at {server}"));
    assert!(
        kubernetes
            .config_map("rekor-system", "rekor-config")
            .is_empty()
    );
    let trillian = Trillian::start_at(address);
    job.wait().assert(0, &["done"]);
    Rekor {
        kubernetes,
        trillian,
    }
    .check();
}

#[test]
fn whatever_trillian_answers_at_first_there_is_one_tree_in_the_end() {
    for code in [1, 2, 4, 8, 10, 13, 14] {
        for call in [
            "ListTrees",
            "CreateTree",
            "InitLog",
            "GetLatestSignedLogRoot",
        ] {
            let rekor = Rekor::set();
            rekor.trillian.calls.fail_once(call, Fault::Status(code));
            rekor.job().run().assert(0, &["done"]);
            rekor.check();
        }
    }
}

#[test]
fn a_lost_answer_leaves_no_second_tree() {
    let rekor = Rekor::set();
    rekor
        .trillian
        .calls
        .fail_once("CreateTree", Fault::DropAfter);
    rekor.job().run().assert(0, &["done"]);
    rekor.check();
    assert_eq!(rekor.trillian.calls.count("CreateTree"), 1);
}

#[test]
fn the_config_map_cannot_be_written_and_the_tree_waits_for_it() {
    let rekor = Rekor::set();
    let calls = &rekor.kubernetes.calls;
    calls.fail("create configmaps", Fault::Status(500));
    let job = rekor.job().start();
    calls.wait_for("create configmaps", 3);
    assert_eq!(rekor.trillian.trees().len(), 1);
    calls.heal();
    job.wait().assert(0, &["done"]);
    rekor.check();
}

#[test]
fn its_right_to_its_own_namespace_is_needed_and_named() {
    let rekor = Rekor::set();
    rekor.take_the_right_to_the_namespace();
    let mut job = rekor.job().start();
    job.wait_for_line(
        "reading Namespace rekor-system: namespaces \"rekor-system\" is forbidden: User \
         \"system:serviceaccount:rekor-system:createtree\" cannot get resource \"namespaces\" in API group \
         \"\" in the namespace \"rekor-system\"",
    );
    assert!(rekor.trillian.trees().is_empty());
}

#[test]
fn a_known_tree_is_published_without_the_right_to_the_namespace() {
    let rekor = Rekor::set();
    rekor.take_the_right_to_the_namespace();
    for id in [5, 7] {
        rekor.trillian.put(rekor.tree(id), true);
    }
    for flags in [&["--tree_id=7"][..], &[]] {
        let outcome = rekor.job().args(flags).run();
        outcome.assert(0, &["done"]);
        assert_eq!(outcome.log.matches(STANDS_IN).count(), 1, "{}", outcome.log);
        assert_eq!(rekor.published(), "7");
        assert_eq!(rekor.trillian.trees().len(), 2);
    }
}

/// As with the Go job's manifests, which make it ahead of time.
#[test]
fn without_the_right_to_the_namespace_a_config_map_that_is_there_stands_in_for_it() {
    let rekor = Rekor::set();
    rekor.take_the_right_to_the_namespace();
    let Rekor {
        kubernetes,
        trillian,
    } = &rekor;
    kubernetes.set_config_map("rekor-system", "rekor-config", &[]);
    let object = kubernetes.get("ConfigMap", "rekor-system", "rekor-config");
    let uid = object.unwrap()["metadata"]["uid"].clone();

    let calls = &kubernetes.calls;
    calls.fail_once("update configmaps", Fault::Status(500));
    calls.fail("update configmaps", Fault::Hold);
    let mut killed = rekor.job().start();
    calls.wait_for_hold();
    killed.kill();
    let log = killed.wait().log;
    assert_eq!(log.matches(STANDS_IN).count(), 1, "{log}");
    calls.heal();

    let made = trillian.trees();
    let mark = format!("[{}/rekor-config]", uid.as_str().unwrap());
    assert_eq!(made[0].description, mark);
    let lost = Tree {
        tree_id: i64::MAX,
        ..made[0].clone()
    };
    trillian.put(lost, false);
    rekor.job().run().assert(0, &["done"]);
    rekor.check();
    assert_eq!(trillian.trees(), made);

    let published = kubernetes.objects();
    rekor.job().run().assert(0, &["done"]);
    kubernetes.assert_unchanged(&published);
    assert_eq!(trillian.trees(), made);
    assert_eq!(calls.count("create configmaps"), 0);
}

const STANDS_IN: &str = "INFO ConfigMap rekor-system/rekor-config stands in for its namespace: reading \
                         Namespace rekor-system is forbidden\n";

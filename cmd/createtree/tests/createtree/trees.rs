//! Which tree is published, and what becomes of the others.

use testbed::{
    Calls, Fault, Kubernetes, Process, Tree, TreeState, TreeType,
    suite::{Scene, Story},
};

use crate::Rekor;

#[test]
fn a_tree_left_behind_by_a_crash_is_found_and_initialised() {
    for initialised in [false, true] {
        let rekor = Rekor::set();
        rekor.trillian.put(rekor.tree(5), initialised);
        rekor.job().run().assert(0, &["done"]);
        assert_eq!(rekor.published(), "5");
        rekor.check();
    }
}

#[test]
fn of_several_empty_trees_the_smallest_is_published_and_the_empty_others_are_deleted() {
    let rekor = Rekor::set();
    for (id, initialised) in [(7, true), (5, false), (9, false)] {
        rekor.trillian.put(rekor.tree(id), initialised);
    }
    rekor.job().run().assert(0, &["done"]);
    assert_eq!(rekor.published(), "5");
    rekor.check();
}

#[test]
fn a_published_tree_never_changes() {
    let rekor = Rekor::set();
    for id in [5, 7] {
        rekor.trillian.put(rekor.tree(id), true);
    }
    rekor.publish("7");
    rekor.job().run().assert(0, &["done"]);
    assert_eq!(rekor.published(), "7");
    rekor.check();
}

#[test]
fn of_several_trees_the_one_with_entries_is_published_again() {
    for initialised in [false, true] {
        let rekor = Rekor::set();
        rekor.trillian.put(rekor.tree(7), true);
        rekor.job().run().assert(0, &["done"]);
        rekor.trillian.grow(7, 3);
        for id in [5, 9] {
            rekor.trillian.put(rekor.tree(id), initialised);
        }
        rekor
            .kubernetes
            .delete("ConfigMap", "rekor-system", "rekor-config");
        let calls = &rekor.trillian.calls;
        calls.fail_once_after(1, "GetLatestSignedLogRoot", Fault::Status(14));
        rekor.job().run().assert(0, &["done"]);
        assert_eq!(rekor.published(), "7");
        rekor.check();
    }
}

#[test]
fn of_several_trees_with_entries_none_is_chosen_and_none_deleted() {
    let rekor = Rekor::set();
    for (id, entries) in [(3, 0), (5, 1), (7, 2)] {
        rekor.trillian.put(rekor.tree(id), true);
        rekor.trillian.grow(id, entries);
    }
    rekor.assert_refused(
        &[],
        &["trees 5 and 7 in Trillian have entries", "--tree_id"],
    );
    let outcome = rekor.job().args(["--tree_id=7"]).run();
    outcome.assert(0, &["done"]);
    let warning = "WARN tree 5 in Trillian isn't in use (7 is) but has entries";
    assert!(outcome.log.contains(warning), "{}", outcome.log);
    assert_eq!(rekor.published(), "7");
    assert_eq!(rekor.trillian.trees().len(), 2);
}

#[test]
fn trees_of_others_are_left_alone() {
    let rekor = Rekor::set();
    let foreign = |tree_id, description: &str| Tree {
        description: description.into(),
        ..rekor.tree(tree_id)
    };
    rekor.trillian.put(foreign(1, ""), true);
    rekor
        .trillian
        .put(foreign(2, "[another uid/rekor-config]"), true);
    let ctlog = rekor.mark("rekor-system", "ctlog-config");
    rekor.trillian.put(foreign(3, &ctlog), true);
    rekor.job().run().assert(0, &["done"]);
    assert_eq!(rekor.trillian.trees().len(), 4);
    assert!(!["1", "2", "3"].contains(&rekor.published().as_str()));
}

#[test]
fn a_published_tree_that_cannot_be_used_is_refused() {
    let rekor = Rekor::set();
    rekor.publish("5");
    rekor.assert_refused(&[], &["Trillian has no tree 5", "--tree_id"]);
    for (state, kind, deleted, text) in [
        (TreeState::Frozen, TreeType::Log, false, "FROZEN LOG"),
        (TreeState::Draining, TreeType::Log, false, "DRAINING LOG"),
        (
            TreeState::Active,
            TreeType::PreorderedLog,
            false,
            "ACTIVE PREORDERED_LOG",
        ),
        (TreeState::Active, TreeType::Log, true, "deleted ACTIVE LOG"),
    ] {
        let tree = Tree {
            tree_state: state.into(),
            tree_type: kind.into(),
            deleted,
            ..rekor.tree(5)
        };
        rekor.trillian.put(tree, true);
        rekor.assert_refused(&[], &[text]);
    }
}

#[test]
fn a_published_tree_is_put_into_the_state_that_is_asked_for_and_stays_there() {
    let rekor = Rekor::set();
    rekor.job().run().assert(0, &["done"]);
    let id = rekor.trillian.trees()[0].tree_id;
    let states = ["DRAINING", "FROZEN", "ACTIVE", "FROZEN"];
    for (number, state) in states.into_iter().enumerate() {
        let flag = format!("--tree_state={state}");
        let before = rekor.kubernetes.objects();
        for _ in 0..2 {
            let outcome = rekor.job().args([&flag]).run();
            outcome.assert(0, &["done"]);
            let [tree] = &rekor.trillian.trees()[..] else {
                panic!("one tree is there");
            };
            assert_eq!(tree.tree_state().as_str_name(), state);
            assert_eq!(tree.description, rekor.mark("rekor-system", "rekor-config"));
        }
        assert_eq!(rekor.trillian.calls.count("UpdateTree"), number + 1);
        rekor.kubernetes.assert_unchanged(&before);
        assert_eq!(rekor.published(), id.to_string());
        if state != "ACTIVE" {
            rekor.assert_refused(&[], &[&format!("{state} LOG"), "--tree_state=ACTIVE"]);
        }
    }
}

#[test]
fn a_state_is_for_a_tree_that_is_there() {
    let rekor = Rekor::set();
    for state in ["DRAINING", "FROZEN"] {
        let flag = format!("--tree_state={state}");
        rekor.assert_refused(&[&flag], &["isn't there", &flag, "leave the flag out"]);
    }
    rekor
        .job()
        .args(["--tree_state=ACTIVE"])
        .run()
        .assert(0, &["done"]);

    let rekor = Rekor::set();
    rekor.publish("5");
    rekor.assert_refused(&["--tree_state=FROZEN"], &["Trillian has no tree 5"]);
    for (kind, deleted) in [(TreeType::PreorderedLog, false), (TreeType::Log, true)] {
        let tree = Tree {
            tree_type: kind.into(),
            deleted,
            ..rekor.tree(5)
        };
        rekor.trillian.put(tree, true);
        rekor.assert_refused(&["--tree_state=FROZEN"], &["can't be used", "restore"]);
    }
}

#[test]
fn a_tree_that_is_given_is_published_in_its_new_state() {
    let rekor = Rekor::set();
    rekor.trillian.put(rekor.tree(5), true);
    let flags = ["--tree_id=5", "--tree_state=FROZEN"];
    rekor.job().args(flags).run().assert(0, &["done"]);
    assert_eq!(rekor.published(), "5");
    assert_eq!(rekor.trillian.trees()[0].tree_state(), TreeState::Frozen);
}

/// A published tree that is to be frozen.
struct ToFreeze(Rekor);

impl Scene for ToFreeze {
    fn set() -> Self {
        let rekor = Rekor::set();
        rekor.job().run().assert(0, &["done"]);
        Self(rekor)
    }

    fn kubernetes(&self) -> &Kubernetes {
        self.0.kubernetes()
    }

    fn job(&self) -> Process<'_> {
        self.0.job().args(["--tree_state=FROZEN"])
    }

    fn servers(&self) -> Vec<(&'static str, &Calls)> {
        self.0.servers()
    }
}

impl Story for ToFreeze {
    const NAME: &str = "createtree --tree_state";

    fn verify(&self) {
        self.0.check();
        let state = self.0.trillian.trees()[0].tree_state();
        assert_eq!(state, TreeState::Frozen);
    }
}

mod freezing {
    testbed::story_tests!(super::ToFreeze);
}

#[test]
fn a_tree_of_this_gate_that_cannot_be_used_gets_no_second_one() {
    let rekor = Rekor::set();
    let frozen = Tree {
        tree_state: TreeState::Frozen.into(),
        ..rekor.tree(5)
    };
    rekor.trillian.put(frozen, true);
    rekor.assert_refused(&[], &["tree 5 in Trillian is FROZEN LOG", "delete it"]);
    rekor.trillian.put(rekor.tree(7), true);
    rekor.job().run().assert(0, &["done"]);
    assert_eq!(rekor.published(), "7");
    assert_eq!(rekor.trillian.trees().len(), 2);
}

#[test]
fn what_is_no_tree_id_is_refused() {
    let rekor = Rekor::set();
    for garbage in ["none", "-1", "0", "1.5", "99999999999999999999"] {
        rekor.publish(garbage);
        rekor.assert_refused(&[], &["\"treeID\" of", garbage, "not the ID of a tree"]);
    }
}

#[test]
fn a_placeholder_is_kept_and_an_empty_id_is_filled_in() {
    let rekor = Rekor::set();
    let entries = [("__placeholder", "kept"), ("treeID", "")];
    rekor
        .kubernetes
        .set_config_map("rekor-system", "rekor-config", &entries);
    rekor.job().run().assert(0, &["done"]);
    rekor.check();
    let entries = rekor.kubernetes.config_map("rekor-system", "rekor-config");
    assert_eq!(entries["__placeholder"], "kept");
}

#[test]
fn a_given_tree_is_published_if_trillian_has_it() {
    let rekor = Rekor::set();
    let own = Tree {
        description: "made by hand".into(),
        ..rekor.tree(42)
    };
    rekor.assert_refused(&["--tree_id=42"], &["Trillian has no tree 42"]);
    rekor.trillian.put(own, false);
    rekor
        .job()
        .args(["--tree_id=42"])
        .run()
        .assert(0, &["done"]);
    rekor.check();
    rekor.assert_refused(&["--tree_id=43"], &["is 42", "--tree_id asks for 43"]);
    rekor.job().run().assert(0, &["done"]);
    assert_eq!(rekor.published(), "42");
}

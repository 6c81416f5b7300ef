//! Keys change, once for each request, and none is lost half-way.

use std::collections::BTreeSet;

use super::*;

const ALL: &str = "--rotate=root,snapshot,targets,timestamp";

impl Tuf {
    /// The names of the private keys.
    fn keys(&self) -> BTreeSet<String> {
        let names = self.secret("tuf-keys").into_keys();
        names.filter(|name| name.ends_with(".pem")).collect()
    }

    /// What the newest root names, as the private keys' entries are called.
    fn named(&self) -> BTreeSet<String> {
        let root: Value = serde_json::from_slice(self.repository().root()).unwrap();
        let roles = root["signed"]["roles"].as_object().unwrap();
        let entries = roles.iter().flat_map(|(role, keys)| {
            let ids = keys["keyids"].as_array().unwrap().iter();
            ids.map(move |id| format!("{role}-{}.pem", id.as_str().unwrap()))
        });
        entries.collect()
    }

    fn job_with_uid<'a>(&'a self, uid: &str, args: &[&str]) -> Process<'a> {
        self.job().args(args).env("JOB_UID", uid)
    }
}

#[test]
fn a_role_gets_a_new_key_and_the_old_one_goes() {
    for (flags, roles, versions) in [
        (&["--rotate", "root"][..], &["root"][..], [2, 1, 1, 1]),
        (&["--rotate=timestamp"], &["timestamp"], [2, 1, 1, 2]),
        (&["--rotate=snapshot"], &["snapshot"], [2, 2, 1, 2]),
        (&["--rotate", "targets"], &["targets"], [2, 2, 2, 2]),
        (
            &["--rotate=root,timestamp"],
            &["root", "timestamp"],
            [2, 1, 1, 2],
        ),
        (
            &["--rotate", "root", "snapshot"],
            &["root", "snapshot"],
            [2, 2, 1, 2],
        ),
    ] {
        let tuf = Tuf::published();
        let before = tuf.keys();
        tuf.run(flags).assert(0, &["done"]);
        let after = tuf.keys();
        assert_eq!(after, tuf.named(), "{flags:?}");
        let changed: Vec<_> = after
            .difference(&before)
            .map(|name| name.split('-').next().unwrap())
            .collect();
        assert_eq!(changed, roles, "{flags:?}");
        let [root, snapshot, targets, timestamp] = versions;
        let versions = Versions {
            root,
            snapshot,
            targets,
            timestamp,
        };
        assert_eq!(tuf.repository().versions(), versions, "{flags:?}");
        assert_eq!(tuf.recorded(), versions, "{flags:?}");
        let settled = tuf.0.objects();
        tuf.run(&[]).assert(0, &["done"]);
        assert_eq!(settled, tuf.0.objects(), "{flags:?}");
    }
}

#[test]
fn a_job_that_is_tried_again_changes_keys_once_and_another_one_again() {
    let tuf = Tuf::published();
    tuf.job_with_uid("a", &[ALL]).run().assert(0, &["done"]);
    let settled = tuf.0.objects();
    tuf.job_with_uid("a", &[ALL]).run().assert(0, &["done"]);
    assert_eq!(settled, tuf.0.objects());
    let keys = tuf.keys();
    tuf.job_with_uid("b", &[ALL]).run().assert(0, &["done"]);
    assert!(tuf.keys().is_disjoint(&keys));
    assert_eq!(tuf.keys(), tuf.named());
    assert_eq!(tuf.repository().versions().root, 3);
}

/// The Job's pod ends at each of its calls from the first write on. Whether the Job is tried again
/// at once or a renewal comes first: nothing is lost, and no key is made twice.
#[test]
fn a_rotation_that_dies_at_any_call_is_gone_on_with() {
    let example = Tuf::published();
    let before = example.0.calls.log().len();
    example.job_with_uid("a", &[ALL]).run().assert(0, &[]);
    let calls = example.0.calls.log().split_off(before);
    let is_write = |call: &&String| !call.starts_with("get ");
    assert_eq!(calls.iter().filter(is_write).count(), 4, "{calls:?}");
    let first_write = calls.iter().position(|call| is_write(&call)).unwrap();
    for dies_at in first_write..calls.len() {
        for renewed_between in [false, true] {
            let context = format!(
                "{:?}, renewed between: {renewed_between}",
                &calls[..=dies_at]
            );
            let tuf = Tuf::published();
            let old = tuf.keys();
            let before = tuf.0.calls.count("");
            tuf.0.calls.fail_after(dies_at, "", Fault::Hold);
            let job = tuf.job_with_uid("a", &[ALL]).start();
            tuf.0.calls.wait_for("", before + dies_at + 1);
            job.terminate();
            job.wait().assert(143, &[]);
            tuf.0.calls.heal();

            let made: BTreeSet<_> = tuf.keys().difference(&old).cloned().collect();
            if renewed_between {
                tuf.run(&["--renew"]).assert(0, &["done"]);
                assert!(tuf.named().is_subset(&tuf.keys()), "{context}");
            }
            tuf.job_with_uid("a", &[ALL]).run().assert(0, &["done"]);
            assert_eq!(tuf.keys(), tuf.named(), "{context}");
            assert!(tuf.keys().is_disjoint(&old), "{context}");
            assert!(made.is_empty() || made == tuf.keys(), "{context}");
            assert_eq!(tuf.recorded(), tuf.repository().versions(), "{context}");
            let settled = tuf.0.objects();
            tuf.job_with_uid("a", &[ALL]).run().assert(0, &["done"]);
            assert_eq!(settled, tuf.0.objects(), "{context}");
        }
    }
}

#[test]
fn an_answer_that_is_lost_changes_no_key_twice() {
    for write in [
        "update secrets tuf-system/tuf-keys",
        "update secrets tuf-system/tuf-root",
        "update configmaps",
    ] {
        let tuf = Tuf::published();
        tuf.0.calls.fail_once(write, Fault::DropAfter);
        tuf.run(&["--rotate=root"]).assert(0, &["done"]);
        assert_eq!(tuf.repository().versions().root, 2, "{write}");
        assert_eq!(tuf.keys(), tuf.named(), "{write}");
    }
}

#[test]
fn a_given_key_is_the_one_to_change_to() {
    let tuf = Tuf::published();
    let old = tuf.keys();
    tuf.put("tuf-keys", "timestamp-new.pem", private_key());
    tuf.run(&[]).assert(0, &["done"]);
    assert_eq!(tuf.repository().versions().root, 1, "not before it is said");
    tuf.run(&["--rotate=timestamp"]).assert(0, &["done"]);
    assert_eq!(
        tuf.keys().difference(&old).collect::<Vec<_>>(),
        ["timestamp-new.pem"]
    );
    assert_eq!(tuf.keys().len(), 4);
    let root: Value = serde_json::from_slice(tuf.repository().root()).unwrap();
    let id = root["signed"]["roles"]["timestamp"]["keyids"][0]
        .as_str()
        .unwrap();
    assert_eq!(root["signed"]["keys"][id]["keytype"], "ecdsa");

    tuf.put("tuf-keys", "root-a.pem", private_key());
    tuf.put("tuf-keys", "root-b.pem", private_key());
    tuf.assert_refused(
        &["--rotate=root"],
        &["\"root-b.pem\" of Secret tuf-system/tuf-keys is a second key of the role root"],
    );
}

fn private_key() -> String {
    openssl(&[
        "genpkey",
        "-algorithm",
        "EC",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
    ])
}

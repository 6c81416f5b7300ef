//! The contract between the programs, beside `config/` and the README, which must say the same.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::{collections::BTreeSet, fs, path::Path};

use contract::{ALL, CTLOG_TILES_LOG, KEY_PAIRS, Published, REKOR_CONFIG, REKOR_TILES_LOG};
use serde_json::Value;
use testbed::Manifest;

/// A Secret or ConfigMap that a pod of `config/` mounts or takes a variable from.
#[derive(Debug)]
struct Use {
    namespace: String,
    /// The Deployment, StatefulSet, Job or CronJob.
    pod: String,
    name: String,
    entries: Vec<String>,
}

fn uses() -> Vec<Use> {
    let mut uses = vec![];
    for manifest in Manifest::all() {
        let metadata = &manifest.object["metadata"];
        let mut found = vec![];
        find(&manifest.object["spec"], &mut found);
        uses.extend(found.into_iter().map(|(name, entries)| Use {
            namespace: text(&metadata["namespace"]),
            pod: text(&metadata["name"]),
            name,
            entries,
        }));
    }
    uses
}

/// Whatever refers to an object, anywhere in a pod's specification, and to which entries of it.
fn find(value: &Value, found: &mut Vec<(String, Vec<String>)>) {
    let keys = |items: &Value| {
        let items = items.as_array().into_iter().flatten();
        items.map(|item| text(&item["key"])).collect()
    };
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                match field.as_str() {
                    "secretKeyRef" | "configMapKeyRef" => {
                        found.push((text(&value["name"]), vec![text(&value["key"])]));
                    }
                    "secret" => found.push((text(&value["secretName"]), keys(&value["items"]))),
                    "configMap" => found.push((text(&value["name"]), keys(&value["items"]))),
                    _ => find(value, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| find(value, found)),
        _ => (),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Whether Kubernetes itself or a manifest makes it, and no Job.
fn is_no_jobs(used: &Use) -> bool {
    let kubernetes = used.name == "kube-root-ca.crt";
    kubernetes
        || Manifest::all().iter().any(|manifest| {
            let metadata = &manifest.object["metadata"];
            metadata["namespace"] == *used.namespace && metadata["name"] == *used.name
        })
}

/// The objects whose namespaces are in the manifests.
fn made_there() -> impl Iterator<Item = Published> {
    ALL.into_iter().filter(|object| {
        Manifest::all().iter().any(|manifest| {
            manifest.kind() == "Namespace"
                && manifest.object["metadata"]["name"] == *object.namespace
        })
    })
}

#[test]
fn whatever_a_pod_waits_for_is_made_for_it_with_that_entry() {
    let uses = uses();
    assert!(uses.len() > 15, "{uses:#?}");
    for used in uses.iter().filter(|used| !is_no_jobs(used)) {
        let named =
            |object: &&Published| object.namespace == used.namespace && object.name == used.name;
        let object = ALL
            .iter()
            .find(named)
            .unwrap_or_else(|| panic!("nobody makes {used:?}"));
        assert!(object.readers.contains(&used.pod.as_str()), "{used:?}");
        for entry in &used.entries {
            assert!(
                object.entries.contains(&entry.as_str()),
                "{used:?}: {entry}"
            );
        }
    }
}

#[test]
fn who_is_said_to_wait_for_an_object_does() {
    let uses = uses();
    let jobs: BTreeSet<_> = ALL
        .iter()
        .map(|object| object.maker)
        .chain(["copysecrets"])
        .collect();
    for object in made_there() {
        // A Job asks the API server.
        for reader in object
            .readers
            .iter()
            .filter(|reader| !jobs.contains(*reader))
        {
            let waits = uses.iter().any(|used| {
                used.namespace == object.namespace
                    && used.name == object.name
                    && used.pod == *reader
            });
            assert!(waits, "{reader} doesn't wait for {}", object.name);
        }
    }
}

#[test]
fn a_name_is_that_of_one_object() {
    for object in ALL {
        for name in [&[object.name], object.other_names].concat() {
            assert_eq!(contract::published(name), Some(&object), "{name}");
        }
    }
    for pair in KEY_PAIRS {
        for name in [pair.private.name, pair.public.name, pair.copy] {
            assert_eq!(contract::key_pair(name), Some(&pair), "{name}");
        }
    }
}

/// The rows of the tables of Jobs, the README's and that of `docs/tiles.md`: job, namespace, what
/// it makes, from what, what it opens.
fn rows() -> Vec<[String; 5]> {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let pages = ["README.md", "docs/tiles.md"].map(|page| fs::read_to_string(checkout.join(page)));
    let pages = pages.map(Result::unwrap).concat();
    let tables = pages.split("\n| Job |").skip(1);
    let rows = tables.flat_map(|table| {
        let rows = table.lines().skip(2);
        rows.take_while(|line| line.starts_with('|'))
    });
    let cells = |row: &str| {
        let cells = row
            .trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().to_owned());
        cells.collect::<Vec<_>>().try_into().unwrap()
    };
    rows.map(cells).collect()
}

/// As the README calls a server.
fn called<'a>(namespace: &str, reader: &'a str) -> &'a str {
    match reader {
        "rekor" if namespace == REKOR_TILES_LOG.namespace => "Rekor v2",
        "ctlog" if namespace == CTLOG_TILES_LOG.namespace => "TesseraCT",
        "mysql" => "MariaDB",
        "log-server" | "log-signer" => "Trillian",
        "redis" => "Redis",
        "rekor" => "Rekor",
        "fulcio" => "Fulcio",
        "tsa" => "timestamp authority",
        "ctlog" => "CT log",
        "tuf" => "the TUF server",
        job => job,
    }
}

#[test]
fn the_readme_says_who_makes_what_and_what_that_opens() {
    let rows = rows();
    assert!(rows.len() >= 12, "{rows:?}");
    let mut named = 0;
    for [job, namespace, makes, _, opens] in &rows {
        let makes: Vec<_> = makes.split('`').skip(1).step_by(2).collect();
        let objects = ALL.iter().filter(|object| {
            object.namespace == namespace
                && (job == object.maker || job.starts_with(&format!("{}-", object.maker)))
                && makes.contains(&object.name)
        });
        let objects: Vec<_> = objects.collect();
        assert_eq!(
            objects.len(),
            makes.len(),
            "{job} in {namespace} makes {makes:?}"
        );
        named += makes.len();
        let readers = objects.iter().flat_map(|object| object.readers);
        let readers = readers
            .filter(|reader| **reader != "copysecrets")
            .map(|one| called(namespace, one));
        let opens: BTreeSet<_> = opens.split(", ").collect();
        match job.as_str() {
            "copysecrets" => assert_eq!(opens, ["createtuf"].into()),
            _ => assert_eq!(
                readers.collect::<BTreeSet<_>>(),
                opens,
                "{job} in {namespace}"
            ),
        }
    }
    assert_eq!(named, ALL.len());
    assert_eq!(rows[3][2], format!("ConfigMap `{}`", REKOR_CONFIG.name));
}

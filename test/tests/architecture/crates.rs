//! Who may depend on whom.

use std::{collections::BTreeMap, process::Command};

use serde_json::Value;

/// What each library may use of the others. A program may use any of them, and no other program.
const LIBRARIES: [(&str, &[&str]); 18] = [
    ("refusal", &[]),
    ("address", &[]),
    ("contract", &[]),
    ("keys", &[]),
    ("certs", &["keys"]),
    ("tls", &["certs"]),
    ("ctfe", &["certs", "contract"]),
    ("tuf", &["keys"]),
    ("trust", &["tuf", "certs", "keys"]),
    ("trillian", &["contract", "refusal", "address", "tls"]),
    ("fulcio", &["certs", "contract", "refusal", "tls"]),
    ("checkpoint", &["keys"]),
    ("tilelog", &["checkpoint", "contract"]),
    ("gate", &["refusal"]),
    ("addresses", &["gate", "refusal", "address"]),
    (
        "keypair",
        &[
            "gate",
            "certs",
            "keys",
            "contract",
            "refusal",
            "address",
            "checkpoint",
        ],
    ),
    ("job", &["refusal", "address"]),
    ("web", &["job"]),
];

/// What reaches outside of the process, and the libraries that may use it.
const OUTSIDE: [(&str, &[&str]); 8] = [
    ("kube", &["gate"]),
    ("k8s-openapi", &["gate"]),
    ("tonic", &["trillian"]),
    ("reqwest", &["fulcio", "tilelog"]),
    ("tokio", &["job", "web"]),
    ("clap", &["job", "web"]),
    ("hyper", &["web"]),
    ("tracing", &["job", "gate", "keypair", "trillian", "web"]),
];

/// The dependencies of each package in `folder`, without those of its tests.
fn dependencies(folder: &str) -> BTreeMap<String, Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version=1", "--offline"])
        .current_dir(crate::root())
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo's JSON");
    let folder = crate::root().join(folder).display().to_string();
    let packages = metadata["packages"].as_array().expect("packages");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let short = |value: &Value| text(value).trim_start_matches("scaffolding-").to_owned();
    packages
        .iter()
        .filter(|package| text(&package["manifest_path"]).starts_with(&folder))
        .map(|package| {
            let all = package["dependencies"].as_array().expect("dependencies");
            let normal = all.iter().filter(|one| one["kind"].is_null());
            (
                short(&package["name"]),
                normal.map(|one| short(&one["name"])).collect(),
            )
        })
        .collect()
}

#[test]
fn a_library_uses_those_below_it_and_no_others() {
    let libraries = dependencies("pkg/");
    let known: BTreeMap<_, _> = LIBRARIES.into();
    assert!(
        libraries.keys().eq(known.keys().copied()),
        "libraries without a place in this table, or places without a library: {:?}",
        libraries.keys()
    );
    for (library, uses) in &libraries {
        let ours = uses.iter().filter(|used| libraries.contains_key(*used));
        for used in ours {
            assert!(
                known[library.as_str()].contains(&used.as_str()),
                "{library} may not use {used}"
            );
        }
    }
    for (at, (library, uses)) in LIBRARIES.iter().enumerate() {
        let below = LIBRARIES[..at].iter().map(|(below, _)| *below);
        let below: Vec<_> = below.collect();
        let above = uses.iter().find(|used| {
            !below.contains(used) && LIBRARIES[at..].iter().any(|(one, _)| one == *used)
        });
        assert_eq!(above, None, "{library} stands below what it uses");
    }
}

#[test]
fn each_way_out_of_the_process_has_its_library() {
    let libraries = dependencies("pkg/");
    for (outside, may) in OUTSIDE {
        for (library, uses) in &libraries {
            let is_used = uses.iter().any(|used| used == outside);
            assert!(
                !is_used || may.contains(&library.as_str()),
                "{library} may not use {outside}"
            );
        }
    }
}

#[test]
fn no_program_uses_another() {
    let programs = dependencies("cmd/");
    assert_eq!(programs.len(), 10);
    for (program, uses) in &programs {
        let other = uses.iter().find(|used| programs.contains_key(*used));
        assert_eq!(other, None, "{program}");
        for outside in ["kube", "tonic", "reqwest"] {
            assert!(
                !uses.iter().any(|used| used == outside),
                "{program}: {outside}"
            );
        }
    }
}

//! No script resolves a version: what it builds and installs, a lock file pins.
//!
//! Debian's packages are exempt: the release pins them, and its mirrors keep one version of each.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::{fs, path::Path};

#[test]
fn no_script_resolves_a_version() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("hack/xtask");
    let mut scripts = vec![];
    for folder in [".ci", "actions", "hack", "test"] {
        read_scripts(root, folder.as_ref(), &mut scripts);
    }
    assert!(scripts.len() > 10, "these are not all scripts: {scripts:?}");
    let aliases = fs::read_to_string(root.join(".cargo/config.toml")).unwrap();
    for (name, command) in aliases.lines().filter_map(|line| line.split_once(" = ")) {
        scripts.push((format!("the alias {name}"), format!("cargo {command}")));
    }
    let mut found = vec![];
    for (file, script) in &scripts {
        found.extend(unpinned(script).iter().map(|why| format!("{file}: {why}")));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn each_way_to_resolve_a_version_is_found() {
    for (script, lacks) in [
        ("cargo build --release # --locked", "--locked"),
        ("cargo clippy -- -D warnings --locked", "--locked"),
        ("cargo run --quiet --package xtask --", "--locked"),
        ("RUSTFLAGS=-g cargo doc && cargo test --locked", "--locked"),
        ("x=$(cargo run \\\n  --package a)", "--locked"),
        ("\"$tools/bin/cargo-deny\" check bans", "--locked"),
        ("python3 -m pip install tuf==6.0.0", "--no-deps"),
        (
            "\"$bin/pip\" install --no-deps --require-hashes -r a.txt",
            "--only-binary=:all:",
        ),
        ("go -C a build -trimpath .", "-mod=readonly"),
        ("if true; then go install tool@latest; fi", "-mod=readonly"),
        ("cd a && npm install", "npm ci"),
        ("npx tsc", "npm ci"),
    ] {
        let found = unpinned(script);
        assert!(
            found.len() == 1 && found[0].ends_with(lacks),
            "{script}: {found:?}"
        );
    }
    for script in [
        "cargo fmt --all --check",
        "cargo xtask images && cargo test --locked -- --nocapture",
        "(cd a; go list -mod=readonly tool | wc -l; go env GOOS)",
        "npm ci --ignore-scripts",
        "\t# cargo build",
    ] {
        assert_eq!(unpinned(script), [""; 0], "{script}");
    }
}

/// Every script below a folder of `root`, with its path: what ends in `.sh`, or names a shell in
/// its first line.
fn read_scripts(root: &Path, folder: &Path, scripts: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(root.join(folder)).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("node_modules") {
                read_scripts(root, &path, scripts);
            }
        } else if let Ok(text) = fs::read_to_string(&path) {
            let first = text.lines().next().unwrap_or_default();
            if path.extension().is_some_and(|name| name == "sh")
                || first.starts_with("#!") && first.ends_with("sh")
            {
                let name = path.strip_prefix(root).expect("it is below");
                scripts.push((name.display().to_string(), text));
            }
        }
    }
}

/// The commands of `script` that resolve a version, each with what it lacks.
fn unpinned(script: &str) -> Vec<String> {
    let script = script.replace("\\\n", " ");
    let commands = script.lines().flat_map(|line| {
        let code = line.split(" #").next().unwrap_or_default();
        let code = code.trim_start();
        let code = if code.starts_with('#') { "" } else { code };
        code.split([';', '|', '&', '(', ')', '`'])
    });
    commands
        .filter_map(|command| {
            let lacks = lacks(command)?;
            Some(format!("{}: needs {lacks}", command.trim()))
        })
        .collect()
}

/// What a command needs to take no version that isn't pinned.
fn lacks(command: &str) -> Option<&'static str> {
    let mut words = command
        .split_whitespace()
        .map(|word| word.trim_matches(['"', '\'']));
    let is_tool =
        |word: &str| ["cargo", "cargo-deny", "pip", "pip3", "go", "npm", "npx"].contains(&word);
    let tool = words
        .by_ref()
        .filter_map(|word| word.rsplit('/').next())
        .find(|word| is_tool(word))?;
    let words: Vec<_> = words.take_while(|word| *word != "--").collect();
    let task = words.iter().find(|word| is_name(word))?;
    let runs = |tasks: &[&str]| words.iter().any(|word| tasks.contains(word));
    let needed: &[&str] = match (tool, *task) {
        // It has no such flag and reads no dependencies; the aliases are looked at where they are
        // made.
        ("cargo", "fmt" | "xtask" | "standup") | ("npm", "ci") => &[],
        ("cargo" | "cargo-deny", _) => &["--locked"],
        ("npm" | "npx", _) => &["npm ci"],
        ("pip" | "pip3", _) if runs(&["install", "download", "wheel"]) => {
            &["--no-deps", "--require-hashes", "--only-binary=:all:"]
        }
        ("go", _) if runs(&GO_TASKS) => &["-mod=readonly"],
        _ => &[],
    };
    needed.iter().find(|flag| !words.contains(flag)).copied()
}

fn is_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_lowercase())
}

/// What reads `go.mod`, and would change it, or take a version that isn't in it.
const GO_TASKS: [&str; 8] = [
    "build", "generate", "get", "install", "list", "run", "test", "vet",
];

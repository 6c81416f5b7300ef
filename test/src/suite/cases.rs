//! Many cases, several at once, and what is recorded of them in a file of the project.

use std::{
    any::Any,
    collections::BTreeMap,
    env,
    fmt::{self, Display},
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use serde_json::Value;

use crate::Kubernetes;

/// Runs all cases, each worker with what `start` gives it, and fails in the end when any did.
pub(super) fn run_all<C: Display + Sync, W>(
    cases: &[C],
    start: impl Fn() -> W + Sync,
    run: impl Fn(&W, &C) + Sync,
) {
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(vec![]);
    let work = || {
        let mut worker = start();
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(&worker, case))) {
                let failure = format!("{case}: {}", message(&*panic));
                failures
                    .lock()
                    .expect("nobody panics with it")
                    .push(failure);
                worker = start();
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..WORKERS.min(cases.len()) {
            scope.spawn(work);
        }
    });
    let failures = failures.into_inner().expect("nobody panicked with it");
    assert!(
        failures.is_empty(),
        "{} of {} cases failed:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied())
        .unwrap_or("it panicked")
}

/// Compares a file of the project with what a test saw: `edit` puts that into the file's text,
/// which must not change by it. With `UPDATE=1` in the environment, the file is changed instead.
#[allow(clippy::print_stdout)] // For people, who ask for it with --nocapture.
pub(super) fn record(file: &str, edit: impl Fn(&str) -> String) {
    // The tests of one binary run side by side, binaries one after the other.
    static EDITING: Mutex<()> = Mutex::new(());
    let _editing = EDITING.lock().unwrap_or_else(PoisonError::into_inner);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    let recorded = fs::read_to_string(&path).unwrap_or_default();
    let seen = edit(&recorded);
    let apart = |these: &str, those: &str, sign: char| -> String {
        let those: Vec<_> = those.lines().collect();
        let other = these.lines().filter(|line| !those.contains(line));
        other.map(|line| format!("{sign} {line}\n")).collect()
    };
    let differences = apart(&recorded, &seen, '-') + &apart(&seen, &recorded, '+');
    if env::var_os("UPDATE").is_some() {
        println!("{file}:\n{differences}");
        fs::write(&path, seen).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()));
        return;
    }
    assert!(
        seen == recorded,
        "this isn't what {file} says:\n{differences}If it is what you want, run the test once more with \
         UPDATE=1 in the environment, look at the file's changes and commit them."
    );
}

/// The entries of all Secrets and ConfigMaps, by names such as `Secret rekor-system/a-name
/// an-entry`.
pub(super) fn entries(kubernetes: &Kubernetes) -> BTreeMap<String, Value> {
    let mut entries = BTreeMap::new();
    for object in kubernetes.objects() {
        let name = Name::read(&object);
        if !name.holds_entries() {
            continue;
        }
        for field in ["data", "binaryData"] {
            for (entry, value) in object[field].as_object().into_iter().flatten() {
                entries.insert(format!("{name} {entry}"), value.clone());
            }
        }
    }
    entries
}

/// The name of an object.
pub(super) struct Name<'a> {
    pub(super) kind: &'a str,
    pub(super) namespace: &'a str,
    pub(super) name: &'a str,
}

impl<'a> Name<'a> {
    pub(super) fn read(object: &'a Value) -> Self {
        let text = |value: &'a Value| value.as_str().unwrap_or_default();
        let metadata = &object["metadata"];
        Self {
            kind: text(&object["kind"]),
            namespace: text(&metadata["namespace"]),
            name: text(&metadata["name"]),
        }
    }

    pub(super) fn holds_entries(&self) -> bool {
        self.kind == "Secret" || self.kind == "ConfigMap"
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}", self.kind, self.namespace, self.name)
    }
}

/// `text` with `…` in the place of digests and other long numbers in hex.
pub(super) fn without_digests(text: &str) -> String {
    let words = text.split_inclusive(|c: char| !c.is_ascii_hexdigit());
    let shortened = |word: &str| {
        let digits = word.trim_end_matches(|c: char| !c.is_ascii_hexdigit());
        match digits.len() >= SHORTEST_DIGEST {
            true => format!("…{}", &word[digits.len()..]),
            false => word.to_owned(),
        }
    };
    words.map(shortened).collect()
}

/// More than there are processors: most cases wait, most of the time.
const WORKERS: usize = 8;
const SHORTEST_DIGEST: usize = 32;

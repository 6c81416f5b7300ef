//! The binary against the embedded Kubernetes API and a stand-in for a Rekor v2.

#![allow(clippy::unwrap_used)] // clippy.toml allows it in tests, and not in their helpers

mod other;
mod volumes;

use testbed::{
    Address, Calls, Fault, Kubernetes, Process, TileLog,
    suite::{Scene, Story},
    tilelog::{Signed, Volume},
};

const NAMESPACE: &str = "rekor-tiles-system";
const ORIGIN: &str = "rekor.rekor-tiles-system.svc";
/// Of a log that never began: the body of the empty tree's checkpoint.
const BEGINNING: &str =
    "rekor.rekor-tiles-system.svc\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";

/// A stack in which createsecret is done and Rekor has started.
struct Rekor {
    kubernetes: Kubernetes,
    log: TileLog,
}

impl Scene for Rekor {
    fn set() -> Self {
        Self::with(Volume::new(ORIGIN, Signed::Ed25519))
    }

    fn kubernetes(&self) -> &Kubernetes {
        &self.kubernetes
    }

    fn job(&self) -> Process<'_> {
        let binary = env!("CARGO_BIN_EXE_createlog");
        let job = self.kubernetes.job(NAMESPACE, "createlog", binary);
        let url = self.log.url();
        job.args([format!("--tiles-url={url}"), format!("--first-entry={url}")])
    }

    /// However the Job went: one entry, and the checkpoint that has it is recorded.
    fn check(&self) {
        assert_eq!(self.log.volume().size(), 1);
        assert_eq!(self.recorded(), self.log.volume().published());
    }

    fn servers(&self) -> Vec<(&'static str, &Calls)> {
        vec![
            ("the API server", &self.kubernetes.calls),
            ("the log", &self.log.calls),
        ]
    }
}

impl Story for Rekor {
    const NAME: &str = "createlog";
    const CHANGES: &[&str] = &["rekor-tiles-log checkpoint"];

    fn verify(&self) {
        self.check();
    }
}

testbed::job_tests!(Rekor:
    second_run_changes_nothing,
    no_gate_opens_half,
    eight_at_once_end_as_one,
    waits_for_whatever_server_is_down,
    gives_up_at_the_deadline_and_says_what_was_missing,
    nobody_at_the_api_servers_address_is_waited_for,
    missing_rights_are_named,
    a_signal_ends_it,
    wrong_flags_are_named,
    flags_with_one_dash_work,
    a_log_for_collectors_names_objects_in_fields,
    help_and_version_need_no_cluster,
);
testbed::story_tests!(Rekor);

impl Rekor {
    fn with(volume: Volume) -> Self {
        let kubernetes = Kubernetes::start();
        let entries = [
            ("public", volume.public()),
            ("origin", volume.origin().into()),
        ];
        let entries = entries.map(|(entry, value): (&str, String)| (entry.into(), value.into()));
        kubernetes.set_secret(NAMESPACE, "rekor-tiles-pub-key", &entries.into());
        let rekor = Self {
            kubernetes,
            log: TileLog::start(volume),
        };
        rekor.record(BEGINNING);
        rekor
    }

    fn record(&self, checkpoint: &str) {
        let entries = [("checkpoint", checkpoint)];
        self.kubernetes
            .set_config_map(NAMESPACE, "rekor-tiles-log", &entries);
    }

    fn recorded(&self) -> String {
        let mut entries = self.kubernetes.config_map(NAMESPACE, "rekor-tiles-log");
        entries.remove("checkpoint").unwrap_or_default()
    }

    fn grow(&self, to: u64) {
        grow(&mut self.log.volume(), to);
    }

    fn assert_refused(&self, texts: &[&str]) {
        let (objects, size) = (self.kubernetes.objects(), self.log.volume().size());
        self.job().run().assert(3, texts);
        self.kubernetes.assert_unchanged(&objects);
        assert_eq!(self.log.volume().size(), size);
    }
}

/// Logs entries until there are so many.
fn grow(volume: &mut Volume, to: u64) {
    let entries: Vec<_> = (volume.size()..to).map(|at| at.to_string()).collect();
    volume.append(entries.iter().map(String::as_bytes));
}

#[test]
fn a_log_that_goes_on_is_recorded_however_far_it_is() {
    let rekor = Rekor::set();
    for size in [1, 2, 255, 256, 257, 600] {
        rekor.grow(size);
        rekor.job().run().assert(0, &["done"]);
        assert_eq!(rekor.recorded(), rekor.log.volume().published());
    }
    assert_eq!(rekor.log.calls.count("POST"), 0, "it has entries");
}

#[test]
fn without_the_flag_no_entry_is_written_and_nothing_recorded() {
    let rekor = Rekor::set();
    let binary = env!("CARGO_BIN_EXE_createlog");
    let job = rekor.kubernetes.job(NAMESPACE, "createlog", binary);
    let job = job.without_args();
    let job = job.args([format!("--tiles-url={}", rekor.log.url())]);
    job.run().assert(0, &["done"]);
    assert_eq!(rekor.recorded(), BEGINNING);
    assert_eq!(rekor.log.volume().size(), 0);
}

#[test]
fn a_log_of_any_kind_of_key_is_recorded() {
    for signed in [Signed::Ed25519, Signed::Ecdsa, Signed::TreeHead] {
        let rekor = Rekor::with(Volume::new(ORIGIN, signed));
        rekor.job().run().assert(0, &["done"]);
        rekor.check();
        rekor.grow(300);
        rekor.job().run().assert(0, &["done"]);
        assert_eq!(rekor.recorded(), rekor.log.volume().published());
    }
}

/// Nobody has made the key yet, or the server hasn't written its first checkpoint.
#[test]
fn what_isnt_there_yet_is_waited_for() {
    let rekor = Rekor::set();
    for (kind, name, entry) in [
        ("Secret", "rekor-tiles-pub-key", "public"),
        ("ConfigMap", "rekor-tiles-log", "checkpoint"),
    ] {
        let object = rekor.kubernetes.get(kind, NAMESPACE, name).unwrap();
        rekor.kubernetes.delete(kind, NAMESPACE, name);
        let mut job = rekor.job().start();
        job.wait_for_line(&format!(
            "{entry:?} of {kind} {NAMESPACE}/{name} isn't there yet"
        ));
        rekor.kubernetes.apply(&without_version(object));
        job.wait().assert(0, &["done"]);
    }
}

fn without_version(mut object: serde_json::Value) -> serde_json::Value {
    let metadata = object["metadata"].as_object_mut().unwrap();
    metadata.retain(|field, _| ["name", "namespace"].contains(&field.as_str()));
    object
}

#[test]
fn a_server_that_starts_late_is_waited_for() {
    let (rekor, address) = (Rekor::set(), Address::reserve());
    let url = format!("http://{}", address.get());
    let flags = [format!("--tiles-url={url}"), format!("--first-entry={url}")];
    let mut job = rekor.job().args(flags).start();
    job.wait_for_line(&format!(
        "not yet: the log isn't answering at {url}/checkpoint"
    ));
    let late = TileLog::start_at(address, rekor.log.volume().anew());
    job.wait().assert(0, &["done"]);
    assert_eq!(rekor.recorded(), late.volume().published());
}

#[test]
fn a_first_entry_that_nobody_saw_written_is_not_written_again() {
    for fault in [Fault::DropAfter, Fault::StatusAfter(500)] {
        let rekor = Rekor::set();
        rekor.log.calls.fail_once("POST", fault);
        rekor.job().run().assert(0, &["done"]);
        rekor.check();
    }
}

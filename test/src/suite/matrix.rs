//! The fault matrix: whatever happens to any request of a Job, another run ends as if it hadn't.

use std::{collections::BTreeMap, fmt};

use serde_json::Value;

use super::{
    Scene,
    cases::{entries, record, run_all, without_digests},
};
use crate::{Calls, Fault};

/// A [`Scene`] whose end can be checked.
pub trait Story: Scene {
    /// Its name in the records.
    const NAME: &str;
    /// The entries that the Job sets anew where they exist, as `tuf-root repository`.
    const CHANGES: &[&str] = &[];
    /// The entries in which the Job notes how far it is; a second run sets them once more.
    const NOTES: &[&str] = &[];
    /// Checks what a successful run left: one key, one tree, one certificate, and all that is
    /// public derived from what is private.
    fn verify(&self);
}

/// What happens to a request.
#[derive(Clone, Copy, PartialEq)]
enum Trouble {
    /// The process ends by SIGKILL.
    Killed,
    /// The connection ends.
    Dropped,
    /// No answer comes before the Job gives up.
    Silent,
    /// A second instance runs from its beginning to its end.
    Raced,
    /// An error, in HTTP and in gRPC.
    Status(u16, u16),
}

const TROUBLES: [Trouble; 10] = [
    Trouble::Killed,
    Trouble::Dropped,
    Trouble::Silent,
    Trouble::Raced,
    Trouble::Status(401, 16), // Unauthorized, Unauthenticated
    Trouble::Status(409, 6),  // Conflict, AlreadyExists
    Trouble::Status(429, 8),  // Too Many Requests, ResourceExhausted
    Trouble::Status(500, 13), // Internal
    Trouble::Status(503, 14), // Unavailable
    Trouble::Status(504, 4),  // Timeout, DeadlineExceeded
];

/// A request of an undisturbed run.
struct Request {
    server: usize,
    server_name: &'static str,
    call: String,
    /// How many calls of that name come before it.
    passing: usize,
}

impl Request {
    /// Whether the request changes anything, so that it makes a difference whether it was done.
    fn writes(&self) -> bool {
        let verb = [
            "create ", "update ", "Create", "Init", "Delete", "Update", "POST ",
        ];
        verb.iter().any(|verb| self.call.starts_with(verb))
    }
}

/// A request, what happens to it, and whether it has been done by then.
struct Case<'a> {
    request: &'a Request,
    trouble: Trouble,
    done: bool,
}

impl Case<'_> {
    fn fault(&self) -> Fault {
        match (self.trouble, self.done) {
            (Trouble::Dropped, false) => Fault::DropBefore,
            (Trouble::Dropped, true) => Fault::DropAfter,
            (Trouble::Status(http, grpc), done) => {
                let speaks_grpc = self.request.server_name == "Trillian";
                let status = if speaks_grpc { grpc } else { http };
                match done {
                    false => Fault::Status(status),
                    true => Fault::StatusAfter(status),
                }
            }
            (_, false) => Fault::Hold,
            (_, true) => Fault::HoldAfter,
        }
    }
}

impl fmt::Display for Case<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Request { call, passing, .. } = self.request;
        let done = if self.done { ", done" } else { "" };
        match self.trouble {
            Trouble::Killed => write!(f, "{call} ({passing}{done}) killed"),
            Trouble::Dropped => write!(f, "{call} ({passing}{done}) dropped"),
            Trouble::Silent => write!(f, "{call} ({passing}{done}) unanswered"),
            Trouble::Raced => write!(f, "{call} ({passing}{done}) raced"),
            Trouble::Status(status, _) => write!(f, "{call} ({passing}{done}) {status}"),
        }
    }
}

/// The requests of an undisturbed run, and the names of the entries that there are after it.
fn undisturbed<S: Story>() -> (Vec<Request>, Vec<String>) {
    let scene = S::set();
    let servers = scene.servers();
    let earlier: Vec<usize> = servers.iter().map(|(_, calls)| calls.log().len()).collect();
    scene.job().run().assert(0, &["done"]);
    let mut requests = vec![];
    for (server, (name, calls)) in servers.iter().enumerate() {
        let log = calls.log().split_off(earlier[server]);
        for (position, call) in log.iter().enumerate() {
            let before = log[..position].iter();
            requests.push(Request {
                server,
                server_name: name,
                call: call.clone(),
                passing: before.filter(|other| other.starts_with(call)).count(),
            });
        }
    }
    scene.verify();
    (requests, names(&entries(scene.kubernetes())))
}

fn names(entries: &BTreeMap<String, Value>) -> Vec<String> {
    entries.keys().map(|name| without_digests(name)).collect()
}

/// Everything that can happen, to each request of a run. Then the Job runs again, undisturbed.
#[allow(clippy::print_stdout)] // For people, who ask for it with --nocapture.
pub fn whatever_happens_to_any_request_the_next_run_ends_as_if_it_had_not<S: Story>() {
    let (requests, usual) = undisturbed::<S>();
    let mut cases = vec![];
    for request in &requests {
        for trouble in TROUBLES {
            for done in [false, true] {
                if !done || request.writes() {
                    cases.push(Case {
                        request,
                        trouble,
                        done,
                    });
                }
            }
        }
    }
    run_all(&cases, || (), |(), case| run::<S>(case, &usual));

    let [kubernetes, trillian, fulcio] = [
        &["the API server"][..],
        &["Trillian"],
        &["Fulcio", "the log"],
    ]
    .map(|names| {
        let is_to_it = |request: &&Request| names.contains(&request.server_name);
        requests.iter().filter(is_to_it).count()
    });
    let writes = requests.iter().filter(|request| request.writes()).count();
    let row = [
        kubernetes,
        trillian,
        fulcio,
        writes,
        TROUBLES.len(),
        cases.len(),
    ];
    print!("{}", line(S::NAME, &row));
    record(FILE, |text| with_row(text, S::NAME, row));
}

/// One case.
fn run<S: Story>(case: &Case<'_>, usual: &[String]) {
    let (scene, before) = run_in_trouble::<S>(case);
    let kubernetes = scene.kubernetes();
    let published = entries(kubernetes);
    assert_kept(&before, &published, |name, _| is_in(S::CHANGES, name));
    let objects = kubernetes.objects();
    scene.job().run().assert(0, &["done"]);
    if ![Trouble::Killed, Trouble::Silent].contains(&case.trouble) {
        // It has been successful before.
        kubernetes.assert_unchanged(&objects);
    }
    let after = entries(kubernetes);
    assert_kept(&published, &after, |name, value| {
        let is_old = before.get(name) == Some(value);
        is_in(S::NOTES, name) || is_old && is_in(S::CHANGES, name)
    });
    assert_eq!(names(&after), usual);
    scene.verify();
    scene.check();
}

/// A new scene and what it held, after a run in which the case has happened.
fn run_in_trouble<S: Story>(case: &Case<'_>) -> (S, BTreeMap<String, Value>) {
    for timeout in ["500ms", "1s", "2s", "4s", "8s"] {
        let scene = S::set();
        let before = entries(scene.kubernetes());
        let (_, calls) = scene.servers()[case.request.server];
        calls.fail_once_after(case.request.passing, &case.request.call, case.fault());
        match case.trouble {
            Trouble::Killed => {
                let mut job = scene.job().start();
                calls.wait_for_hold();
                job.kill();
                assert_eq!(job.wait().code, -1);
            }
            Trouble::Silent => {
                let job = scene.job().args([format!("--timeout={timeout}")]);
                let outcome = job.run();
                if !calls.has_held() {
                    continue; // The machine is so slow that it didn't come to that.
                }
                outcome.assert(1, &["gave up after"]);
            }
            Trouble::Raced => {
                let job = scene.job().start();
                calls.wait_for_hold();
                scene.job().run().assert(0, &["done"]);
                let published = entries(scene.kubernetes());
                calls.heal();
                job.wait().assert(0, &["done"]);
                let after = entries(scene.kubernetes());
                assert_kept(&published, &after, |name, _| is_in(S::NOTES, name));
            }
            Trouble::Dropped | Trouble::Status(..) => scene.job().run().assert(0, &["done"]),
        }
        return (scene, before);
    }
    panic!("the Job doesn't come to that request within 8 seconds");
}

/// Checks that each entry stays as it is, but for those that may change.
fn assert_kept(
    before: &BTreeMap<String, Value>,
    after: &BTreeMap<String, Value>,
    may_change: impl Fn(&str, &Value) -> bool,
) {
    for (name, value) in before {
        let is_kept = after.get(name) == Some(value);
        assert!(is_kept || may_change(name, value), "{name} isn't kept");
    }
}

/// Whether an entry, which is named with its kind and namespace, is among `entries`, which aren't.
fn is_in(entries: &[&str], name: &str) -> bool {
    let short = name.split_once('/').map_or(name, |(_, short)| short);
    entries.contains(&short)
}

/// A server answers all requests of one kind with an error. The Job repeats them only after the
/// pauses of its runtime.
pub fn no_retry_is_hotter_than_the_runtimes<S: Story>() {
    let (mut requests, _) = undisturbed::<S>();
    requests.retain(|request| request.passing == 0);
    let mut cases = vec![];
    for request in &requests {
        for trouble in TROUBLES {
            if let Trouble::Status(..) = trouble {
                cases.push(Case {
                    request,
                    trouble,
                    done: false,
                });
            }
        }
    }
    let asked = |calls: &Calls, request: &Request| calls.count(&request.call);
    run_all(
        &cases,
        || (),
        |(), case| {
            let scene = S::set();
            let (_, calls) = scene.servers()[case.request.server];
            let before = asked(calls, case.request);
            calls.fail(&case.request.call, case.fault());
            let job = scene.job().args(["--timeout=500ms"]);
            let outcome = job.run();
            // Pauses of 100 ms; a Job may ask twice for the same thing.
            let times = asked(calls, case.request) - before;
            assert!(times <= 2 * 6, "{times} times:\n{}", outcome.log);
        },
    );
}

/// The file's text with another row in the place of the Job's own, and with the sum.
fn with_row(text: &str, name: &str, cells: [usize; 6]) -> String {
    let first = |line: &str| line.split("  ").next().unwrap_or_default().to_owned();
    let is_other = |line: &&str| ![HEAD[0], SUM, name].contains(&first(line).as_str());
    let mut rows: Vec<String> = text
        .lines()
        .filter(is_other)
        .map(|row| format!("{row}\n"))
        .collect();
    rows.push(line(name, &cells.map(|cell| cell.to_string())));
    rows.sort_unstable();
    let cases = |row: &String| row.split_whitespace().last()?.parse::<usize>().ok();
    let sum: usize = rows.iter().filter_map(cases).sum();
    let empty = || String::new();
    let sum = [empty(), empty(), empty(), empty(), empty(), sum.to_string()];
    rows.insert(0, line(HEAD[0], &HEAD[1..]));
    rows.push(line(SUM, &sum));
    rows.concat()
}

fn line(name: &str, cells: &[impl fmt::Display]) -> String {
    let cells: String = cells.iter().map(|cell| format!("{cell:>12}")).collect();
    format!("{name:<32}{cells}\n")
}

const FILE: &str = "test/data/fault-matrix.txt";
const HEAD: [&str; 7] = [
    "requests to",
    "Kubernetes",
    "Trillian",
    "Fulcio/log",
    "writes",
    "faults",
    "cases",
];
const SUM: &str = "all";

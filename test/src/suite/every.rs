//! The tests of every Job.

use serde_json::Value;

use super::Scene;
use crate::{Address, Fault, Kubernetes, Process, gates::assert_whole};

/// The first run publishes; the second reads and writes nothing.
pub fn second_run_changes_nothing<S: Scene>() {
    let scene = S::set();
    let before = scene.kubernetes().objects();
    scene.job().run().assert(0, &["done"]);
    let published = scene.kubernetes().objects();
    assert_ne!(before, published, "it publishes something");
    let calls = scene.kubernetes().calls.log().len();
    scene.job().run().assert(0, &["done"]);
    scene.kubernetes().assert_unchanged(&published);
    let log = scene.kubernetes().calls.log();
    let second = &log[calls..];
    assert!(
        second
            .iter()
            .all(|call| call.to_lowercase().starts_with("get ")),
        "{second:?}"
    );
}

/// Whatever it writes of an object that others wait for has all that they need. Each run of a Job
/// in any test is held to that, whatever goes wrong in it; this one does write such a thing.
pub fn no_gate_opens_half<S: Scene>() {
    let scene = S::set();
    scene.job().run().assert(0, &["done"]);
    assert!(assert_whole(&scene.kubernetes().written()) > 0);
}

/// Eight processes that start together all succeed, and leave what one would.
pub fn eight_at_once_end_as_one<S: Scene>() {
    let scene = S::set();
    let running: Vec<_> = (0..8).map(|_| scene.job().start()).collect();
    for job in running {
        job.wait().assert(0, &["done"]);
    }
    assert_settled(&scene);
}

/// A server that drops all connections keeps the gate shut, and coming back opens it.
pub fn waits_for_whatever_server_is_down<S: Scene>() {
    for server in 0..S::set().servers().len() {
        for fault in [Fault::DropBefore, unavailable(server)] {
            let scene = S::set();
            let (_, calls) = scene.servers()[server];
            calls.fail("", fault);
            let job = scene.job().start();
            calls.wait_for("", 3);
            calls.heal();
            job.wait().assert(0, &["done"]);
            assert_settled(&scene);
        }
    }
}

/// A server that never answers is no reason to wait for ever, and one that isn't there is named.
pub fn gives_up_at_the_deadline_and_says_what_was_missing<S: Scene>() {
    for server in 0..S::set().servers().len() {
        let scene = S::set();
        let (name, calls) = scene.servers()[server];
        calls.fail("", Fault::Hold);
        let outcome = scene.job().args(["--timeout=200ms"]).run();
        outcome.assert(1, &["gave up after 200ms"]);
        calls.heal();
        calls.fail("", Fault::DropBefore);
        assert_gives_up(&|| scene.job(), &[name]);
    }
}

/// Connections that are refused.
pub fn nobody_at_the_api_servers_address_is_waited_for<S: Scene>() {
    let scene = S::set();
    let nobody = Address::reserve();
    let job = || scene.job().api_server(nobody.get());
    assert_gives_up(&job, &["the API server can't be reached", "refused"]);
}

/// Each verb that a successful run needs, taken from the Job's Roles.
pub fn missing_rights_are_named<S: Scene>() {
    let example = S::set();
    example.job().run().assert(0, &[]);
    let calls = example.kubernetes().calls.log();
    for verb in ["get", "create", "update"] {
        let needs = |call: &String| call.starts_with(verb);
        if !calls.iter().any(needs) {
            continue;
        }
        let scene = S::set();
        forbid(scene.kubernetes(), verb);
        let before = scene.kubernetes().objects();
        let right = format!("cannot {verb} resource");
        assert_gives_up(&|| scene.job(), &["is forbidden", &right]);
        if verb != "update" {
            scene.kubernetes().assert_unchanged(&before);
        }
    }
}

/// Nothing is written without the labels that Kubernetes recommends and those that are asked for,
/// and what is written has them for good.
pub fn a_policy_that_wants_labels_is_content<S: Scene>() {
    let scene = S::set();
    let kubernetes = scene.kubernetes();
    let recommended = ["name", "part-of", "managed-by"].map(|it| format!("app.kubernetes.io/{it}"));
    let mut wanted: Vec<_> = recommended.iter().map(String::as_str).collect();
    kubernetes.want_labels(&[&wanted[..], &["team"]].concat());
    let before = kubernetes.objects();
    let denied = scene.job().run();
    denied.assert(3, &["isn't admitted", "`team` is required", "--labels"]);
    kubernetes.assert_unchanged(&before);

    wanted.extend(["team", "example.com/cost-center"]);
    kubernetes.want_labels(&wanted);
    let job = || {
        let labels = "--labels=team=blue,example.com/cost-center=7";
        scene.job().args([labels, "--annotations=note=ours"])
    };
    job().run().assert(0, &["done"]);
    let marked = kubernetes.objects();
    assert!(marked.iter().any(|object| {
        let metadata = &object["metadata"];
        metadata["labels"]["team"] == "blue" && metadata["annotations"]["note"] == "ours"
    }));
    job().run().assert(0, &["done"]);
    kubernetes.assert_unchanged(&marked);
}

/// SIGTERM, while a server lets it wait and while it waits by itself.
pub fn a_signal_ends_it<S: Scene>() {
    for fault in [Fault::Hold, Fault::Status(503)] {
        let scene = S::set();
        let calls = &scene.kubernetes().calls;
        calls.fail("get", fault);
        let job = scene.job().start();
        calls.wait_for("get", if fault == Fault::Hold { 1 } else { 3 });
        job.terminate();
        job.wait().assert(143, &["stopped by SIGTERM"]);
    }
}

/// An unknown flag, a wrong value, a missing namespace.
pub fn wrong_flags_are_named<S: Scene>() {
    let scene = S::set();
    let before = scene.kubernetes().objects();
    for (flag, name) in [
        ("--no-such-flag", "--no-such-flag"),
        ("-timeout=soon", "--timeout"),
        ("--timeout", "--timeout"),
    ] {
        let outcome = scene.job().without_args().args([flag]).run();
        assert_eq!(outcome.code, 2, "{}", outcome.log);
        assert!(outcome.log.contains(name), "{}", outcome.log);
    }
    scene.kubernetes().assert_unchanged(&before);
}

/// Flags as Go's `flag` package takes them, too.
pub fn flags_with_one_dash_work<S: Scene>() {
    let scene = S::set();
    scene.job().with_one_dash().run().assert(0, &["done"]);
    assert_settled(&scene);
}

/// With `--log-format=json` each line is an object that tells in fields what the sentence is about.
pub fn a_log_for_collectors_names_objects_in_fields<S: Scene>() {
    let scene = S::set();
    let outcome = scene.job().args(["--log-format=json"]).run();
    assert_eq!(outcome.code, 0, "{}", outcome.log);
    let lines = outcome.log.lines().map(serde_json::from_str::<Value>);
    let lines: Vec<_> = lines.map(|line| line.expect("JSON")).collect();
    let is_text = |line: &Value, field: &str| line[field].is_string();
    for line in &lines {
        for field in ["timestamp", "level", "message"] {
            assert!(is_text(line, field), "{field}: {line}");
        }
    }
    let mut published = lines
        .iter()
        .filter(|line| {
            line["message"]
                .as_str()
                .is_some_and(|text| text.starts_with("published "))
        })
        .peekable();
    assert!(published.peek().is_some(), "{}", outcome.log);
    for line in published {
        for field in ["object", "namespace", "name"] {
            assert!(is_text(line, field), "{field}: {line}");
        }
    }
}

/// `--help` and `--version` print and end.
pub fn help_and_version_need_no_cluster<S: Scene>() {
    let scene = S::set();
    let run = |flag| scene.job().without_args().args([flag]).run();
    let help = run("--help");
    help.assert(0, &[]);
    assert!(help.log.contains("--timeout"), "{}", help.log);
    run("--version").assert(0, &[env!("CARGO_PKG_VERSION")]);
    assert!(scene.kubernetes().calls.log().is_empty());
}

/// Another run succeeds and changes nothing.
pub(super) fn assert_settled<S: Scene>(scene: &S) {
    let before = scene.kubernetes().objects();
    scene.job().run().assert(0, &["done"]);
    scene.kubernetes().assert_unchanged(&before);
    scene.check();
}

/// Runs the Job with a short deadline, which it doesn't meet. (Where the machine is so slow that it
/// doesn't come to a first attempt, with a longer one.)
pub(super) fn assert_gives_up<'a>(job: &dyn Fn() -> Process<'a>, texts: &[&str]) {
    let mut deadlines = (9..).map(|power| format!("{}ms", 1 << power));
    let outcome = deadlines.find_map(|deadline| {
        let outcome = job().args([format!("--timeout={deadline}")]).run();
        let tried = !outcome.log.contains("it had no time to try");
        tried.then_some(outcome)
    });
    let outcome = outcome.expect("some deadline suffices");
    outcome.assert(1, &[&["gave up after "], texts].concat());
}

/// Takes a verb from every Role.
pub(super) fn forbid(kubernetes: &Kubernetes, verb: &str) {
    for mut role in kubernetes.objects() {
        if role["kind"] != "Role" {
            continue;
        }
        let rules = role["rules"].as_array_mut().expect("a Role has rules");
        rules.retain_mut(|rule| {
            let verbs = rule["verbs"].as_array_mut().expect("a rule has verbs");
            verbs.retain(|allowed| allowed != &Value::from(verb));
            !verbs.is_empty()
        });
        kubernetes.apply(&role);
    }
}

/// "Not now" in HTTP and in gRPC.
fn unavailable(server: usize) -> Fault {
    Fault::Status(if server == 0 { 503 } else { 14 })
}

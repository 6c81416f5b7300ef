//! The Jobs of `config/`, or of the stack that `SCAFFOLDING_CONFIG` names, have one shape.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::collections::BTreeSet;

use serde_json::{Value, json};
use testbed::Manifest;

#[test]
fn jobs_differ_in_name_image_arguments_and_environment_and_in_nothing_else() {
    let jobs: Vec<_> = of_kind("Job").collect();
    assert!(jobs.len() >= 8, "{jobs:#?}");
    for job in jobs {
        let Value::Object(mut metadata) = job.object["metadata"].clone() else {
            panic!("{job} has no metadata");
        };
        let name = metadata.remove("name").unwrap();
        metadata.remove("namespace").unwrap();
        let mut gate = json!({"labels": labels(&name)});
        gate["labels"]["scaffolding/gate"] = json!("true");
        assert_eq!(Value::Object(metadata), gate, "{job}");
        assert_eq!(account(&job.object["spec"]), &name, "{job}");
        let mut spec = job.object["spec"].clone();
        let container = &mut spec["template"]["spec"]["containers"][0];
        let makes_no_key = container["args"].to_string().contains("--random");
        let opens_keys = !makes_no_key && OPENS_KEYS.iter().any(|program| name == *program);
        let limits = &mut container["resources"]["limits"];
        let memory = if opens_keys { "160Mi" } else { "24Mi" };
        assert_eq!(limits["memory"], memory, "{job}");
        limits["memory"] = json!("24Mi");
        assert_eq!(shape(&spec), shape(&any_job()), "{job}");
    }
}

#[test]
fn what_runs_again_has_the_same_shape_but_fewer_tries_and_an_end() {
    let mut job = any_job();
    job["backoffLimit"] = json!(3);
    job["ttlSecondsAfterFinished"] = json!(43_200);
    let mut accounts = BTreeSet::new();
    for again in of_kind("CronJob") {
        let spec = &again.object["spec"]["jobTemplate"]["spec"];
        assert_eq!(shape(spec), shape(&job), "{again}");
        accounts.insert(account(spec).as_str().unwrap());
    }
    assert!(accounts.contains("createtuf"), "{accounts:?}");
}

/// Who adds a flag to one, or an address, adds it to all that run the program.
#[test]
fn what_runs_again_differs_from_the_job_of_its_program_in_one_flag_at_most() {
    for again in of_kind("CronJob") {
        let own = &again.object["spec"]["jobTemplate"]["spec"];
        let own = &own["template"]["spec"]["containers"][0];
        let namespace = &again.object["metadata"]["namespace"];
        let mut jobs = of_kind("Job").filter_map(|job| {
            let container = &job.object["spec"]["template"]["spec"]["containers"][0];
            let same = container["name"] == own["name"];
            (same && job.object["metadata"]["namespace"] == *namespace).then_some(container)
        });
        let job = jobs
            .next()
            .unwrap_or_else(|| panic!("{again} has no Job's program"));
        assert_eq!(own["env"], job["env"], "{again}");
        let differing = args(own).symmetric_difference(&args(job)).count();
        assert!(differing <= 1, "{again}: {own:#}");
    }
}

/// What is in a log's pod is restricted as the namespace enforces, with nothing of its own to write
/// to but its volume, and no second one beside it.
#[test]
fn a_server_with_a_volume_of_its_own_is_alone_and_writes_nowhere_else() {
    for manifest in of_kind("Deployment") {
        let (spec, pod) = (
            &manifest.object["spec"],
            &manifest.object["spec"]["template"]["spec"],
        );
        let containers = ["initContainers", "containers"]
            .into_iter()
            .flat_map(|field| pod[field].as_array().into_iter().flatten());
        for container in containers {
            let security = &container["securityContext"];
            assert_eq!(security["readOnlyRootFilesystem"], true, "{manifest}");
            assert_eq!(
                security["capabilities"]["drop"],
                json!(["ALL"]),
                "{manifest}"
            );
        }
        if pod.to_string().contains("persistentVolumeClaim") {
            assert_eq!(spec["strategy"]["type"], "Recreate", "{manifest}");
            assert_eq!(
                pod["securityContext"]["fsGroup"],
                pod["securityContext"]["runAsGroup"]
            );
            let mounts = pod["containers"]
                .as_array()
                .unwrap()
                .iter()
                .map(|container| {
                    let mut mounts = container["volumeMounts"].as_array().unwrap().iter();
                    let storage = mounts.find(|mount| mount["name"] == "storage").unwrap();
                    storage["readOnly"] == true
                });
            assert_eq!(mounts.collect::<Vec<_>>(), [false, true], "{manifest}");
        }
    }
}

/// `kubectl apply` compares a list without keys whole, and would find the API server's additions
/// each time anew.
#[test]
fn a_claim_of_a_stateful_set_is_written_as_the_api_server_keeps_it() {
    for manifest in of_kind("StatefulSet") {
        for claim in manifest.object["spec"]["volumeClaimTemplates"]
            .as_array()
            .unwrap()
        {
            assert_eq!(claim["apiVersion"], "v1", "{manifest}");
            assert_eq!(claim["kind"], "PersistentVolumeClaim", "{manifest}");
            assert_eq!(claim["spec"]["volumeMode"], "Filesystem", "{manifest}");
            assert_eq!(claim["status"], json!({"phase": "Pending"}), "{manifest}");
        }
    }
}

/// Policies ask for labels of pods most of all. A StatefulSet's claims are left out: they can't be
/// changed where a stack runs.
#[test]
fn every_object_and_every_pod_is_labelled_as_kubernetes_recommends() {
    for manifest in Manifest::all() {
        let name = &manifest.object["metadata"]["name"];
        let spec = &manifest.object["spec"];
        let made = &spec["jobTemplate"];
        let templates = [
            &manifest.object,
            &spec["template"],
            made,
            &made["spec"]["template"],
        ];
        for object in templates.into_iter().filter(|object| object.is_object()) {
            for (label, value) in labels(name).as_object().unwrap() {
                assert_eq!(&object["metadata"]["labels"][label], value, "{manifest}");
            }
        }
    }
}

/// What all that belongs to the component of that name has.
fn labels(name: &Value) -> Value {
    json!({"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "sigstore"})
}

fn of_kind(kind: &str) -> impl Iterator<Item = &'static Manifest> {
    Manifest::all()
        .iter()
        .filter(move |manifest| manifest.kind() == kind)
}

/// The spec of one, whichever, that opens no keys.
fn any_job() -> Value {
    let mut spec = of_kind("Job").next().unwrap().object["spec"].clone();
    spec["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"] = json!("24Mi");
    spec
}

fn account(spec: &Value) -> &Value {
    &spec["template"]["spec"]["serviceAccountName"]
}

fn args(container: &Value) -> BTreeSet<String> {
    let args = container["args"].as_array().into_iter().flatten();
    args.map(ToString::to_string).collect()
}

/// What a Job's spec has in common with the others. Its container is named as the program in its
/// image.
fn shape(spec: &Value) -> Value {
    let mut shape = spec.clone();
    shape["template"]["metadata"].take();
    let pod = &mut shape["template"]["spec"];
    pod["serviceAccountName"].take();
    let container = pod["containers"][0].as_object_mut().unwrap();
    let [name, image] = ["name", "image"].map(|field| container.remove(field).unwrap());
    assert_eq!(
        image,
        format!("localhost/scaffolding/{}:dev", name.as_str().unwrap())
    );
    container.remove("args");
    container.remove("env");
    shape
}

/// The Jobs that may find a key of somebody's own, in cosign's form: scrypt takes 64 MiB to open
/// it.
const OPENS_KEYS: [&str; 4] = [
    "createcertchain",
    "createcerts",
    "createctconfig",
    "createsecret",
];

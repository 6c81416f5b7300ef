//! A pod that mounts the Secret whole, as helm's chart and the original's newer manifests have it.

use std::{thread, time::Duration};

use serde_json::json;
use testbed::{Address, Fulcio, Manifest, Outcome, Pod, suite::Scene as _};

use crate::{CtLog, root};

/// A pod that lists what is mounted when it starts.
fn pod() -> Pod {
    let object = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"namespace": "ctlog-system", "name": "ctlog"},
        "spec": {"template": {"spec": {
            "containers": [{
                "name": "ctlog",
                "image": "ls",
                "args": ["/ctfe-keys"],
                "volumeMounts": [{"name": "keys", "mountPath": "/ctfe-keys"}],
            }],
            "volumes": [{"name": "keys", "secret": {"secretName": "ctlog-secret"}}],
        }}},
    });
    let manifest = Manifest {
        file: "ctlog.yaml".into(),
        object,
    };
    Pod::read_all(&[manifest]).unwrap().pop().unwrap()
}

impl CtLog {
    /// Starts the pod as soon as it can start, as a kubelet does, and waits for its end.
    fn start_when_it_can(&self, pod: &Pod) -> Outcome {
        for _ in 0..60_000 {
            if pod.missing(&self.kubernetes).is_empty() {
                return pod.process(&self.kubernetes, "/bin/ls").unwrap().run();
            }
            thread::sleep(Duration::from_millis(1));
        }
        panic!("it waits for {:?}", pod.missing(&self.kubernetes));
    }
}

#[test]
fn a_pod_that_mounts_the_whole_secret_starts_once_and_has_every_entry() {
    let ctlog = CtLog::set();
    let kubernetes = &ctlog.kubernetes;
    kubernetes.delete("ConfigMap", "ctlog-system", "ctlog-config");
    let fulcio = Address::reserve();
    let pod = pod();
    let listed = thread::scope(|scope| {
        let kubelet = scope.spawn(|| ctlog.start_when_it_can(&pod));
        let mut job = ctlog.job_with(&format!("http://{}", fulcio.get())).start();
        job.wait_for_line("isn't there yet (createtree makes it)");
        ctlog.publish_tree("42");
        job.wait_for_line("Fulcio isn't answering");
        let _fulcio = Fulcio::start_at(fulcio, &root("late"));
        job.wait().assert(0, &["done"]);
        kubelet.join().unwrap()
    });
    listed.assert(0, &[]);
    let entries = ctlog.private();
    assert!(listed.log.lines().eq(entries.keys()), "{}", listed.log);
    for needed in contract::CTLOG.private.entries {
        assert!(entries.contains_key(*needed), "{needed}");
    }
}

//! The Jobs that make the logs with tiles, in namespaces that `config/` doesn't have.

use contract::{CHECKPOINT, KeyPair, Published};
use serde_json::{Value, json};

use crate::{Kubernetes, Process};

impl Kubernetes {
    /// Adds the namespace of a log with tiles, and an account of its Job's name that may do there
    /// what that Job does.
    pub fn add_log(&self, pair: &KeyPair, log: &Published) {
        let (namespace, account) = (pair.private.namespace, log.maker);
        let named = |kind: &str, name: &str, rest: Value| {
            let mut object =
                json!({"kind": kind, "metadata": {"namespace": namespace, "name": name}});
            object["apiVersion"] = match kind {
                "ServiceAccount" => "v1".into(),
                _ => format!("{RBAC}/v1").into(),
            };
            for (field, value) in rest.as_object().into_iter().flatten() {
                object[field] = value.clone();
            }
            object
        };
        self.apply(&json!({
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": namespace},
        }));
        let rule = |resource: &str, names: Value| {
            [
                json!({"apiGroups": [""], "resources": [resource], "verbs": ["create"]}),
                json!({"apiGroups": [""], "resources": [resource], "resourceNames": names,
                    "verbs": ["get", "update"]}),
            ]
        };
        let secrets = rule("secrets", json!([pair.private.name, pair.public.name]));
        let config_maps = rule("configmaps", json!([log.name]));
        let rules = [secrets, config_maps].concat();
        self.apply(&named("ServiceAccount", account, json!({})));
        self.apply(&named("Role", account, json!({"rules": rules})));
        let binding = json!({
            "subjects": [{"kind": "ServiceAccount", "namespace": namespace, "name": account}],
            "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": account},
        });
        self.apply(&named("RoleBinding", account, binding));
    }

    /// How far a log with tiles is known to be; empty when that is nowhere.
    pub fn checkpoint(&self, log: &Published) -> String {
        let recorded = self.config_map(log.namespace, log.name);
        recorded.get(CHECKPOINT).cloned().unwrap_or_default()
    }

    /// Records how far a log is.
    pub fn set_checkpoint(&self, log: &Published, checkpoint: &str) {
        self.set_config_map(log.namespace, log.name, &[(CHECKPOINT, checkpoint)]);
    }

    /// Records a checkpoint with entries, as `createlog` does.
    pub fn grow_log(&self, log: &Published, origin: &str) {
        let root = "9xK4PGGTnGZ1PYLTXFTT8wgdRjmYZWSdLRFWJGnMmTk=";
        let checkpoint = format!("{origin}\n7\n{root}\n\n— {origin} c2lnbmVk\n");
        self.set_checkpoint(log, &checkpoint);
    }

    /// The process of a Job that makes a log with tiles.
    pub fn log_job(&self, log: &Published, binary: &str, origin: &str) -> Process<'_> {
        let job = Process::of_account(self, log.namespace, log.maker, binary);
        let job = job.env("NAMESPACE", log.namespace);
        job.args([format!("--origin={origin}")])
    }
}

const RBAC: &str = "rbac.authorization.k8s.io";

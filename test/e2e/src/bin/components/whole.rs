//! Whether whatever an object refers to is there, or made by somebody.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::{component::Component, rendered::Rendered};

/// Checks that nothing refers to what isn't there.
pub(crate) fn check(rendered: &Rendered, components: &[&Component]) -> Result<()> {
    let stack = Objects {
        all: rendered.objects.values().collect(),
        by_hand: components.iter().flat_map(|one| &one.by_hand).collect(),
    };
    ensure!(stack.all.len() > 40, "only {} objects", stack.all.len());
    let faults: Vec<_> = stack
        .all
        .iter()
        .flat_map(|object| stack.faults(object))
        .collect();
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

struct Objects<'a> {
    all: Vec<&'a Value>,
    /// Names of what people make.
    by_hand: BTreeSet<&'a String>,
}

impl Objects<'_> {
    fn faults(&self, object: &Value) -> Vec<String> {
        let namespace = text(&object["metadata"]["namespace"]);
        let mut missing = vec![];
        if !namespace.is_empty() && !self.has("Namespace", "", namespace) {
            missing.push(format!("Namespace {namespace}"));
        }
        match text(&object["kind"]) {
            "Role" => missing.extend(self.of_role(object, namespace)),
            "RoleBinding" | "ClusterRoleBinding" => missing.extend(self.of_binding(object)),
            "ServiceAccount" => {
                let name = text(&object["metadata"]["name"]);
                let used = self
                    .pods(namespace)
                    .any(|pod| pod["spec"]["serviceAccountName"] == name);
                missing.extend((!used).then(|| "a pod that uses it".into()));
            }
            "Service" => missing.extend(self.of_service(object, namespace)),
            "PodDisruptionBudget" => {
                let wanted = &object["spec"]["selector"]["matchLabels"];
                let any = self.pods(namespace).any(|pod| selects(wanted, pod));
                missing.extend((!any).then(|| format!("a pod with {wanted}")));
            }
            "Ingress" => missing.extend(self.of_ingress(object, namespace)),
            _ => missing.extend(
                pod_of(object)
                    .iter()
                    .flat_map(|_| self.of_pods(object, namespace)),
            ),
        }
        let name = text(&object["metadata"]["name"]);
        let kind = text(&object["kind"]);
        let fault = |what| format!("{kind} {namespace}/{name} needs {what}");
        missing.into_iter().map(fault).collect()
    }

    fn has(&self, kind: &str, namespace: &str, name: &str) -> bool {
        self.all.iter().any(|object| {
            let metadata = &object["metadata"];
            object["kind"] == kind
                && text(&metadata["namespace"]) == namespace
                && metadata["name"] == name
        })
    }

    /// The templates of the pods of a namespace.
    fn pods(&self, namespace: &str) -> impl Iterator<Item = &Value> {
        let objects = self.all.iter();
        let there = objects.filter(move |one| one["metadata"]["namespace"] == namespace);
        there.filter_map(|object| pod_of(object))
    }

    /// Whether a Secret or ConfigMap is among the objects, or made by Kubernetes, a person or a
    /// Job.
    fn is_made(&self, kind: &str, namespace: &str, name: &str) -> bool {
        name == "kube-root-ca.crt"
            || self.has(kind, namespace, name)
            || self.by_hand.iter().any(|one| *one == name)
            || self.makers(namespace, name)
    }

    /// Whether a Job's account may write what has this name.
    fn makers(&self, namespace: &str, name: &str) -> bool {
        let there = |kind| {
            let objects = self.all.iter().filter(move |one| one["kind"] == kind);
            objects.filter(|one| one["metadata"]["namespace"] == namespace)
        };
        let writes = |role: &Value| {
            list(&role["rules"]).any(|rule| {
                list(&rule["verbs"]).any(|verb| verb == "update")
                    && list(&rule["resourceNames"]).any(|one| one == name)
            })
        };
        let roles = there("Role").filter(|role| writes(role));
        let roles: Vec<_> = roles.map(|role| &role["metadata"]["name"]).collect();
        let mut bindings =
            there("RoleBinding").filter(|one| roles.contains(&&one["roleRef"]["name"]));
        bindings.any(|binding| {
            list(&binding["subjects"]).any(|subject| {
                let mut pods = self.pods(text(&subject["namespace"]));
                pods.any(|pod| {
                    pod["spec"]["serviceAccountName"] == subject["name"]
                        && pod["spec"]["restartPolicy"] == "Never"
                })
            })
        })
    }

    fn of_role(&self, role: &Value, namespace: &str) -> Vec<String> {
        let mut missing = vec![];
        let name = &role["metadata"]["name"];
        let bound = self.all.iter().any(|one| {
            one["kind"] == "RoleBinding"
                && one["metadata"]["namespace"] == namespace
                && one["roleRef"]["name"] == *name
        });
        missing.extend((!bound).then(|| "a binding".into()));
        for rule in list(&role["rules"]) {
            for name in list(&rule["resourceNames"]).map(text) {
                let there = match rule["resources"][0].as_str() {
                    Some("secrets") => self.is_made("Secret", namespace, name),
                    Some("configmaps") => self.is_made("ConfigMap", namespace, name),
                    Some("namespaces") => self.has("Namespace", "", name),
                    _ => true,
                };
                missing.extend((!there).then(|| format!("{name} of {}", rule["resources"])));
            }
        }
        missing
    }

    fn of_binding(&self, binding: &Value) -> Vec<String> {
        let role = text(&binding["roleRef"]["name"]);
        let namespace = text(&binding["metadata"]["namespace"]);
        let mut missing = vec![];
        if binding["roleRef"]["kind"] == "Role" && !self.has("Role", namespace, role) {
            missing.push(format!("Role {role}"));
        }
        for subject in list(&binding["subjects"]).filter(|one| one["kind"] == "ServiceAccount") {
            let (namespace, name) = (text(&subject["namespace"]), text(&subject["name"]));
            if !self.has("ServiceAccount", namespace, name) {
                missing.push(format!("ServiceAccount {namespace}/{name}"));
            }
        }
        missing
    }

    fn of_service(&self, service: &Value, namespace: &str) -> Vec<String> {
        let selector = &service["spec"]["selector"];
        let pods = self.pods(namespace).filter(|pod| selects(selector, pod));
        let pods: Vec<_> = pods.collect();
        let mut missing = vec![];
        missing.extend(pods.is_empty().then(|| format!("a pod with {selector}")));
        for port in list(&service["spec"]["ports"]) {
            let target = port.get("targetPort").unwrap_or(&port["port"]);
            let there = pods.iter().all(|pod| {
                let containers = list(&pod["spec"]["containers"]);
                let mut ports = containers.flat_map(|container| list(&container["ports"]));
                ports.any(|one| one["name"] == *target || one["containerPort"] == *target)
            });
            missing.extend((!there).then(|| format!("port {target} of its pods")));
        }
        missing
    }

    fn of_ingress(&self, ingress: &Value, namespace: &str) -> Vec<String> {
        let mut found = vec![];
        find(ingress, "service", &mut found);
        let services = found.into_iter().filter(|service| {
            !self.all.iter().any(|one| {
                one["kind"] == "Service"
                    && one["metadata"]["namespace"] == namespace
                    && one["metadata"]["name"] == service["name"]
                    && list(&one["spec"]["ports"]).any(|port| {
                        port["name"] == service["port"]["name"]
                            || port["port"] == service["port"]["number"]
                    })
            })
        });
        services
            .map(|service| format!("Service {service}"))
            .collect()
    }

    fn of_pods(&self, object: &Value, namespace: &str) -> Vec<String> {
        let Some(pod) = pod_of(object) else {
            return vec![];
        };
        let mut missing = vec![];
        let selector = &object["spec"]["selector"]["matchLabels"];
        if selector.is_object() && !selects(selector, pod) {
            missing.push(format!("pods with {selector}"));
        }
        for (field, kind) in [
            ("serviceName", "Service"),
            ("serviceAccountName", "ServiceAccount"),
        ] {
            let name = object["spec"].get(field).or(pod["spec"].get(field));
            let name = name
                .map(text)
                .filter(|name| !self.has(kind, namespace, name));
            missing.extend(name.map(|name| format!("{kind} {name}")));
        }
        for (field, kind, by) in REFERENCES {
            let mut found = vec![];
            find(&pod["spec"], field, &mut found);
            let found = found.into_iter().filter(|one| one["optional"] != true);
            for name in found.filter_map(|one| one[by].as_str()) {
                if !self.is_made(kind, namespace, name) {
                    missing.push(format!("{kind} {name}"));
                }
            }
        }
        missing
    }
}

/// The template of an object's pods.
fn pod_of(object: &Value) -> Option<&Value> {
    let template = ["/spec/template", "/spec/jobTemplate/spec/template"];
    template.iter().find_map(|path| object.pointer(path))
}

/// Whether a pod has all of these labels.
fn selects(labels: &Value, pod: &Value) -> bool {
    let labels = labels.as_object();
    labels.is_some_and(|labels| {
        let mut labels = labels.iter();
        labels.all(|(label, value)| pod["metadata"]["labels"][label] == *value)
    })
}

/// All values of fields of this name, however deep.
fn find<'a>(value: &'a Value, name: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get(name));
            fields.values().for_each(|value| find(value, name, found));
        }
        Value::Array(values) => values.iter().for_each(|value| find(value, name, found)),
        _ => (),
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The field of a pod that refers to an object, the object's kind, and where its name stands.
const REFERENCES: [(&str, &str, &str); 8] = [
    ("secretKeyRef", "Secret", "name"),
    ("configMapKeyRef", "ConfigMap", "name"),
    ("secretRef", "Secret", "name"),
    ("configMapRef", "ConfigMap", "name"),
    ("secret", "Secret", "secretName"),
    ("secret", "Secret", "name"),
    ("configMap", "ConfigMap", "name"),
    (
        "persistentVolumeClaim",
        "PersistentVolumeClaim",
        "claimName",
    ),
];

//! What differs from run to run.

use serde_json::{Value, json};

/// What differs, and what it is called in a record.
#[derive(Default)]
pub(crate) struct Names {
    namespace: String,
    uids: Vec<String>,
    versions: Vec<String>,
}

impl Names {
    pub(crate) fn new(namespace: &str) -> Self {
        Self {
            namespace: namespace.into(),
            ..Self::default()
        }
    }

    /// An answer as it is recorded: uids and versions are numbered as they come up, times are all
    /// the same, managed fields (which aren't embedded) are left out, and long texts cut off.
    pub(crate) fn replace(&mut self, answer: &Value) -> Value {
        match answer {
            Value::Array(values) => values.iter().map(|value| self.replace(value)).collect(),
            Value::Object(fields) => {
                let fields = fields.iter().filter(|(name, _)| *name != "managedFields");
                let replaced = fields.map(|(name, value)| {
                    let replaced = match (name.as_str(), value.as_str()) {
                        ("creationTimestamp", Some(_)) => json!("TIME"),
                        ("uid", Some(uid)) => number("uid", &mut self.uids, uid),
                        ("resourceVersion", Some(version)) => {
                            number("version", &mut self.versions, version)
                        }
                        _ => self.replace(value),
                    };
                    (name.clone(), replaced)
                });
                Value::Object(replaced.collect())
            }
            Value::String(text) if text.len() > 1000 => {
                json!(format!("{}… ({})", &text[..40], text.len()))
            }
            Value::String(text) => {
                let mut text = text.replace(&self.namespace, "NS");
                for (position, uid) in self.uids.iter().enumerate() {
                    text = text.replace(uid, &format!("uid {}", position + 1));
                }
                json!(text)
            }
            other => other.clone(),
        }
    }
}

fn number(kind: &str, known: &mut Vec<String>, text: &str) -> Value {
    let position = known.iter().position(|known| known == text);
    let position = position.unwrap_or_else(|| {
        known.push(text.into());
        known.len() - 1
    });
    json!(format!("{kind} {}", position + 1))
}

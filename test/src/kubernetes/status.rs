//! Failures in the words of the real API server (`pkg/api/errors/errors.go` in
//! k8s.io/apimachinery).

use serde_json::{Value, json};

use super::kind::Kind;

/// Why a request failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) code: u16,
    reason: &'static str,
    pub(super) message: String,
    details: Value,
}

/// What is wrong with one field.
pub(super) struct Cause {
    pub(super) reason: &'static str,
    pub(super) field: String,
    pub(super) message: String,
}

impl Cause {
    pub(super) fn invalid(field: impl Into<String>, value: &str, detail: &str) -> Self {
        Self {
            reason: "FieldValueInvalid",
            field: field.into(),
            message: format!("Invalid value: {value:?}: {detail}"),
        }
    }

    pub(super) fn forbidden(field: &str, detail: &str) -> Self {
        Self {
            reason: "FieldValueForbidden",
            field: field.into(),
            message: format!("Forbidden: {detail}"),
        }
    }

    pub(super) fn required(field: &str, detail: &str) -> Self {
        Self {
            reason: "FieldValueRequired",
            field: field.into(),
            message: format!("Required value: {detail}"),
        }
    }

    pub(super) fn too_long(field: &str, most: usize) -> Self {
        Self {
            reason: "FieldValueTooLong",
            field: field.into(),
            message: format!("Too long: may not be more than {most} bytes"),
        }
    }
}

impl Failure {
    fn new(code: u16, reason: &'static str, message: impl Into<String>, details: Value) -> Self {
        Self {
            code,
            reason,
            message: message.into(),
            details,
        }
    }

    pub(super) fn not_found(kind: &Kind, name: &str) -> Self {
        let message = format!("{} {name:?} not found", kind.qualified_resource());
        Self::new(404, "NotFound", message, about(kind, name))
    }

    pub(super) fn already_exists(kind: &Kind, name: &str) -> Self {
        let message = format!("{} {name:?} already exists", kind.qualified_resource());
        Self::new(409, "AlreadyExists", message, about(kind, name))
    }

    pub(super) fn conflict(kind: &Kind, name: &str, why: &str) -> Self {
        let resource = kind.qualified_resource();
        let message = format!("Operation cannot be fulfilled on {resource} {name:?}: {why}");
        Self::new(409, "Conflict", message, about(kind, name))
    }

    pub(super) fn forbidden(kind: &Kind, name: &str, why: &str) -> Self {
        let object = match name {
            "" => kind.qualified_resource(),
            name => format!("{} {name:?}", kind.qualified_resource()),
        };
        let message = format!("{object} is forbidden: {why}");
        Self::new(403, "Forbidden", message, about(kind, name))
    }

    pub(super) fn invalid(kind: &Kind, name: &str, causes: &[Cause]) -> Self {
        let texts = causes
            .iter()
            .map(|cause| format!("{}: {}", cause.field, cause.message));
        let message = format!(
            "{} {name:?} is invalid: {}",
            kind.qualified_kind(),
            aggregated(texts)
        );
        let mut details = about(kind, name);
        details["kind"] = json!(kind.kind);
        details["causes"] = causes
            .iter()
            .map(|cause| json!({"reason": cause.reason, "message": cause.message, "field": cause.field}))
            .collect();
        Self::new(422, "Invalid", message, details)
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message, Value::Null)
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized", Value::Null)
    }

    pub(super) fn not_allowed(kind: &Kind, verb: &str) -> Self {
        let message = format!(
            "{verb} is not supported on resources of kind {:?}",
            kind.qualified_resource()
        );
        Self::new(405, "MethodNotAllowed", message, about(kind, ""))
    }

    pub(super) fn unknown_path() -> Self {
        let message = "the server could not find the requested resource";
        Self::new(404, "NotFound", message, json!({}))
    }

    /// A failure that the real server doesn't put into words of its own.
    pub(super) fn unknown(message: &str) -> Self {
        Self::new(500, "", message, Value::Null)
    }

    /// A fault, with the reason that clients know the code by.
    pub(super) fn fault(code: u16) -> Self {
        let reason = match code {
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "NotFound",
            409 => "Conflict",
            422 => "Invalid",
            429 => "TooManyRequests",
            503 => "ServiceUnavailable",
            504 => "Timeout",
            _ => "InternalError",
        };
        Self::new(code, reason, format!("a fault: {reason}"), Value::Null)
    }

    /// The failure as a `Status`.
    pub(super) fn to_json(&self) -> Value {
        let mut status = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "code": self.code,
        });
        if !self.reason.is_empty() {
            status["reason"] = json!(self.reason);
        }
        if !self.details.is_null() {
            status["details"] = self.details.clone();
        }
        status
    }
}

/// Which object it is about. The `kind` is the resource's name, but for invalid objects.
pub(super) fn about(kind: &Kind, name: &str) -> Value {
    let mut details = json!({"kind": kind.resource});
    if !name.is_empty() {
        details["name"] = json!(name);
    }
    if !kind.group.is_empty() {
        details["group"] = json!(kind.group);
    }
    details
}

/// Several texts as one, none of them twice.
pub(super) fn aggregated(texts: impl Iterator<Item = String>) -> String {
    let mut different: Vec<String> = vec![];
    for text in texts {
        if !different.contains(&text) {
            different.push(text);
        }
    }
    match different.as_slice() {
        [one] => one.clone(),
        several => format!("[{}]", several.join(", ")),
    }
}

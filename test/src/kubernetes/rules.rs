//! What an object may hold (`pkg/apis/core/validation` and `pkg/apis/rbac/validation` in
//! Kubernetes).

use base64ct::{Base64, Encoding as _};

use super::{
    kind::{Kind, Object, RBAC},
    status::{Cause, Failure},
};

/// Checks an object.
pub(super) fn check(kind: &Kind, object: &Object) -> Result<(), Failure> {
    finish(kind, object, causes(kind, object))
}

/// Checks the object that is to replace `old`.
pub(super) fn check_change(kind: &Kind, object: &Object, old: &Object) -> Result<(), Failure> {
    let mut wrong = vec![];
    if object.type_ != old.type_ {
        let value = object.type_.as_deref().unwrap_or_default();
        wrong.push(Cause::invalid("type", value, "field is immutable"));
    }
    if old.immutable == Some(true) {
        for (field, changed) in [
            ("immutable", object.immutable != Some(true)),
            ("data", object.data != old.data),
            ("binaryData", object.binary_data != old.binary_data),
        ] {
            if changed {
                let detail = "field is immutable when `immutable` is set";
                wrong.push(Cause::forbidden(field, detail));
            }
        }
    }
    if object.role_ref != old.role_ref {
        let role = object.role_ref.as_ref().map_or("", |role| &role.name);
        wrong.push(Cause {
            reason: "FieldValueInvalid",
            field: "roleRef".into(),
            message: format!(
                r#"Invalid value: {{"APIGroup":"{RBAC}","Kind":"Role","Name":"{role}"}}: cannot change roleRef"#
            ),
        });
    }
    wrong.extend(causes(kind, object));
    finish(kind, object, wrong)
}

fn finish(kind: &Kind, object: &Object, wrong: Vec<Cause>) -> Result<(), Failure> {
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Failure::invalid(kind, &object.metadata.name, &wrong))
    }
}

fn causes(kind: &Kind, object: &Object) -> Vec<Cause> {
    let mut wrong = names(kind, &object.metadata.name);
    let mut size = 0;
    for (field, entries) in [("data", &object.data), ("binaryData", &object.binary_data)] {
        for (key, value) in entries {
            let wrong_key = |detail: &str| Cause::invalid(format!("{field}[{key}]"), key, detail);
            wrong.extend(key_rules(key).map(|detail| wrong_key(&detail)));
            if field == "data" && object.binary_data.contains_key(key) {
                wrong.push(wrong_key("duplicate of key present in binaryData"));
            }
            size += if kind.kind == "Secret" || field == "binaryData" {
                Base64::decode_vec(value).map_or(0, |value| value.len())
            } else {
                value.len()
            };
        }
    }
    for (position, rule) in object.rules.iter().enumerate() {
        for (field, values, detail) in [
            (
                "verbs",
                &rule.verbs,
                "verbs must contain at least one value",
            ),
            (
                "apiGroups",
                &rule.api_groups,
                "resource rules must supply at least one api group",
            ),
            (
                "resources",
                &rule.resources,
                "resource rules must supply at least one resource",
            ),
        ] {
            if values.is_empty() {
                wrong.push(Cause::required(
                    &format!("rules[{position}].{field}"),
                    detail,
                ));
            }
        }
    }
    if size > MOST_BYTES {
        let field = if kind.kind == "Secret" { "data" } else { "[]" };
        wrong.push(Cause::too_long(field, MOST_BYTES));
    }
    wrong
}

/// Refuses what isn't base64 where it has to be. (To Kubernetes that is no invalid object but one
/// that can't be read.)
pub(super) fn check_encoding(kind: &Kind, object: &Object) -> Result<(), Failure> {
    let encoded = match kind.kind {
        "Secret" => &object.data,
        _ => &object.binary_data,
    };
    if encoded
        .values()
        .all(|value| Base64::decode_vec(value).is_ok())
    {
        return Ok(());
    }
    let kind = kind.kind;
    Err(Failure::bad_request(format!(
        "{kind} in version \"v1\" cannot be handled as a {kind}: illegal base64 data"
    )))
}

fn names(kind: &Kind, name: &str) -> Vec<Cause> {
    const FIELD: &str = "metadata.name";
    if name.is_empty() {
        return vec![Cause::required(FIELD, "name or generateName is required")];
    }
    let details = match kind.kind {
        "Role" | "RoleBinding" => path_rules(name),
        "Namespace" => label_rules(name),
        _ => subdomain_rules(name),
    };
    details
        .iter()
        .map(|detail| Cause::invalid(FIELD, name, detail))
        .collect()
}

fn path_rules(name: &str) -> Vec<String> {
    let whole = [".", ".."].into_iter().filter(|whole| name == *whole);
    let parts = ["/", "%"].into_iter().filter(|part| name.contains(part));
    let whole = whole.map(|whole| format!("may not be '{whole}'"));
    whole
        .chain(parts.map(|part| format!("may not contain '{part}'")))
        .collect()
}

fn label_rules(name: &str) -> Vec<String> {
    let mut wrong = longer_than(63, name);
    if !is_label(name) {
        wrong.push(
            if is_subdomain(name) {
                "must not contain dots"
            } else {
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must \
                 start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for \
                 validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
            }
            .into(),
        );
    }
    wrong
}

fn subdomain_rules(name: &str) -> Vec<String> {
    let mut wrong = longer_than(253, name);
    if !is_subdomain(name) {
        wrong.push(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and \
             must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
             '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
                .into(),
        );
    }
    wrong
}

fn key_rules(key: &str) -> impl Iterator<Item = String> {
    let mut wrong = longer_than(253, key);
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    if key.is_empty() || !key.chars().all(allowed) {
        wrong.push(
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or \
             'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
                .into(),
        );
    }
    if [".", ".."].contains(&key) {
        wrong.push(format!("must not be '{key}'"));
    } else if key.starts_with("..") {
        wrong.push("must not start with '..'".into());
    }
    wrong.into_iter()
}

fn longer_than(most: usize, text: &str) -> Vec<String> {
    let too_long = (text.len() > most).then(|| format!("must be no more than {most} characters"));
    too_long.into_iter().collect()
}

fn is_subdomain(name: &str) -> bool {
    name.split('.').all(is_label)
}

fn is_label(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !name.is_empty() && name.chars().all(inner) && !name.starts_with('-') && !name.ends_with('-')
}

/// The most bytes that the values of a Secret or of a ConfigMap may have together.
const MOST_BYTES: usize = 1 << 20;

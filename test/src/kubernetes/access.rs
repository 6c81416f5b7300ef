//! Who may do what: service accounts, by the Roles and RoleBindings that are stored.

use std::fmt;

use super::{
    kind::{Kind, RBAC, Rule},
    status::{Failure, aggregated},
    store::Store,
};

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum User {
    /// Whoever comes without a token.
    Anonymous,
    /// May do everything.
    Admin,
    /// A service account.
    Account { namespace: String, name: String },
}

impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => f.write_str("system:anonymous"),
            Self::Admin => f.write_str("kubernetes-admin"),
            Self::Account { namespace, name } => {
                write!(f, "system:serviceaccount:{namespace}:{name}")
            }
        }
    }
}

/// What is asked.
#[derive(Debug)]
pub(super) struct Action {
    /// RBAC's verb.
    pub(super) verb: &'static str,
    pub(super) kind: &'static Kind,
    /// For a Namespace its own name: a Role can grant `get` on the one it is in.
    pub(super) namespace: String,
    /// Empty where RBAC sees no name: for `create` and `list`.
    pub(super) name: String,
}

impl Action {
    fn allowed_by(&self, rule: &Rule) -> bool {
        let has = |values: &[String], value: &str| values.iter().any(|v| v == value || v == "*");
        has(&rule.verbs, self.verb)
            && has(&rule.api_groups, self.kind.group)
            && has(&rule.resources, self.kind.resource)
            && (rule.resource_names.is_empty() || rule.resource_names.contains(&self.name))
    }
}

/// Refuses what no Role allows.
pub(super) fn authorize(store: &Store, user: &User, action: &Action) -> Result<(), Failure> {
    let mut dangling = vec![];
    match user {
        User::Admin => return Ok(()),
        User::Anonymous => (),
        User::Account { namespace, name } => {
            for binding in store.in_namespace("rolebindings", &action.namespace) {
                let subjects = &mut binding.subjects.iter();
                if !subjects.any(|subject| subject.namespace == *namespace && subject.name == *name)
                {
                    continue;
                }
                let role = binding.role_ref.as_ref().map_or("", |role| &role.name);
                match store.find("roles", &action.namespace, role) {
                    Some(role) if role.rules.iter().any(|rule| action.allowed_by(rule)) => {
                        return Ok(());
                    }
                    Some(_) => (),
                    None => dangling.push(format!("role.{RBAC} {role:?} not found")),
                }
            }
        }
    }
    let Action {
        verb,
        kind,
        namespace,
        name,
    } = action;
    let (resource, group) = (kind.resource, kind.group);
    let scope = match namespace.as_str() {
        "" => "at the cluster scope".into(),
        namespace => format!("in the namespace {namespace:?}"),
    };
    let user = user.to_string();
    let mut why =
        format!("User {user:?} cannot {verb} resource {resource:?} in API group {group:?} {scope}");
    if !dangling.is_empty() {
        why.push_str(&format!(": RBAC: {}", aggregated(dangling.into_iter())));
    }
    Err(Failure::forbidden(kind, name, &why))
}

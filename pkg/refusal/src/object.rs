//! What a message is about.

use std::fmt;

/// What a message is about: an object in Kubernetes, one of its entries, or anything else that has
/// a name, such as a file or an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object(Box<Name>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    Kubernetes {
        kind: &'static str,
        namespace: String,
        name: String,
        entry: Option<String>,
    },
    Other(String),
}

impl Object {
    /// An object in Kubernetes, such as `Secret rekor-system/rekor-pub-key`.
    pub fn new(kind: &'static str, namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self(Box::new(Name::Kubernetes {
            kind,
            namespace: namespace.into(),
            name: name.into(),
            entry: None,
        }))
    }

    /// An entry of this object, such as `"public" of Secret rekor-system/rekor-pub-key`.
    #[must_use]
    pub fn entry(&self, entry: &str) -> Self {
        let mut named = self.clone();
        match &mut *named.0 {
            Name::Kubernetes { entry: slot, .. } => *slot = Some(entry.into()),
            Name::Other(name) => *name = format!("{entry:?} of {name}"),
        }
        named
    }

    /// The object's namespace, if it is in Kubernetes.
    pub fn namespace(&self) -> Option<&str> {
        match &*self.0 {
            Name::Kubernetes { namespace, .. } => Some(namespace),
            Name::Other(_) => None,
        }
    }

    /// The object's name within its namespace, if it is in Kubernetes.
    pub fn name(&self) -> Option<&str> {
        match &*self.0 {
            Name::Kubernetes { name, .. } => Some(name),
            Name::Other(_) => None,
        }
    }
}

impl From<String> for Object {
    fn from(name: String) -> Self {
        Self(Box::new(Name::Other(name)))
    }
}

impl From<&str> for Object {
    fn from(name: &str) -> Self {
        name.to_owned().into()
    }
}

impl From<&Self> for Object {
    fn from(object: &Self) -> Self {
        object.clone()
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Name::Kubernetes {
                kind,
                namespace,
                name,
                entry,
            } => {
                if let Some(entry) = entry {
                    write!(f, "{entry:?} of ")?;
                }
                write!(f, "{kind} {namespace}/{name}")
            }
            Name::Other(name) => f.write_str(name),
        }
    }
}

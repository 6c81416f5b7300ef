//! An object by its namespace and its name.

use std::{fmt, str::FromStr};

use crate::name;

/// A namespace and the name of an object there, as flags have it: `NAMESPACE/NAME`.
///
/// ```
/// use scaffolding_job::Reference;
///
/// let reference: Reference = "tuf-system/addresses".parse().unwrap();
/// assert_eq!(reference.namespace, "tuf-system");
/// assert_eq!(reference.to_string(), "tuf-system/addresses");
/// assert!("addresses".parse::<Reference>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl FromStr for Reference {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let parts = text.split_once('/');
        let (namespace, name_there) =
            parts.ok_or("it has to be a namespace and a name, such as tuf-system/addresses")?;
        Ok(Self {
            namespace: name(namespace)?,
            name: name(name_there)?,
        })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_has_a_namespace_and_a_name() {
        for text in ["tuf-system/addresses", "a-tuf-system/a.addresses"] {
            assert_eq!(text.parse::<Reference>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "addresses",
            "/addresses",
            "tuf-system/",
            "$(NAMESPACE)/addresses",
            "a/b/c",
        ] {
            assert!(text.parse::<Reference>().is_err(), "{text}");
        }
    }
}

//! Which ConfigMap it is.

use std::{fmt, str::FromStr};

/// A ConfigMap, as the flag `--addresses` names it: `NAMESPACE/NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    namespace: String,
    name: String,
}

impl Reference {
    /// Its namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl FromStr for Reference {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
        let is_name = |part: &str| !part.is_empty() && part.chars().all(is_plain);
        match text.split_once('/') {
            Some((namespace, name)) if is_name(namespace) && is_name(name) => Ok(Self {
                namespace: namespace.into(),
                name: name.into(),
            }),
            _ => Err("it has to be the NAMESPACE/NAME of a ConfigMap"),
        }
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

//! Which Secrets are copied, and what their copies are called.

use std::{fmt, str::FromStr};

use contract::{COPIED, KeyPair, ORIGIN, PUBLIC_ENTRIES, key_pair};

/// A Secret and what its copy is called.
#[derive(Debug, Clone)]
pub(crate) struct Copy {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) target: String,
}

impl Copy {
    /// The copies that createtuf reads by default.
    pub(crate) fn defaults() -> Vec<Self> {
        let copies = COPIED.iter().map(|pair| Self {
            namespace: pair.public.namespace.into(),
            name: pair.public.name.into(),
            target: pair.copy.into(),
        });
        copies.collect()
    }

    /// The Job that makes the source.
    pub(crate) fn maker(&self) -> &'static str {
        key_pair(&self.name).map_or("somebody else", |pair| pair.public.maker)
    }

    /// What has to be in the source before it is copied: of each list of entries one. Without it,
    /// whoever waits for the copy could do nothing with it.
    pub(crate) fn needed(&self) -> Vec<Vec<&'static str>> {
        let pair = key_pair(&self.target).or(key_pair(&self.name));
        let alone = |entry: &&'static str| vec![*entry];
        match pair.map(KeyPair::needed) {
            Some(all) => all.iter().map(alone).collect(),
            None => vec![
                PUBLIC_ENTRIES
                    .into_iter()
                    .filter(|it| *it != ORIGIN)
                    .collect(),
            ],
        }
    }
}

impl FromStr for Copy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (source, target) = text
            .split_once('=')
            .map_or((text, None), |(source, target)| (source, Some(target)));
        match source.split_once('/') {
            Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() => Ok(Self {
                namespace: namespace.into(),
                name: name.into(),
                target: target.unwrap_or(name).into(),
            }),
            _ => Err("it has to be NAMESPACE/NAME or NAMESPACE/NAME=NAME-OF-THE-COPY".into()),
        }
    }
}

impl fmt::Display for Copy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            namespace,
            name,
            target,
        } = self;
        write!(f, "{namespace}/{name}")?;
        match target == name {
            true => Ok(()),
            false => write!(f, "={target}"),
        }
    }
}

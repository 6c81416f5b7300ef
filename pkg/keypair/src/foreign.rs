//! Entries that aren't ours, where a key or a chain of ours is missing: perhaps they are the
//! owner's, under another name.

use contract::KeyPair;
use gate::{HasEntries, Source};
use refusal::Refusal;

use crate::Pair;

/// Refuses an object in which `wanted` is to be made while others' entries are there, which may be
/// just that: with a second one beside it, its owner would believe that theirs is in use.
///
/// Of these entries, `is_known` are ours. Empty ones count as well, since somebody means to fill
/// them.
///
/// # Errors
///
/// A [`Refusal`] with the command that copies what looks like a private key to `wanted`.
pub fn refuse_foreign<K: HasEntries>(
    object: &Source<K>,
    wanted: &str,
    is_known: impl Fn(&str) -> bool,
) -> Result<(), Refusal> {
    let foreign: Vec<_> = object
        .entries()
        .iter()
        .filter(|(entry, _)| !is_known(entry))
        .collect();
    if foreign.is_empty() {
        return Ok(());
    }
    let key = foreign.iter().find(|(_, value)| holds(value, PRIVATE_KEY));
    let (difference, way_out) = match key {
        Some((entry, _)) => {
            let difference = format!("holds a key as {entry:?}, but none as {wanted:?}");
            let way_out = |copy: &str| format!("if it is yours, {copy}; if not, remove it");
            let around = Refusal::new(object.object(), &*difference, way_out(""));
            let copy = copying(object, entry, wanted, &around);
            (difference, way_out(&copy))
        }
        None => (
            format!("holds {}, but no {wanted:?}", listed(&foreign)),
            format!(
                "put yours into {wanted:?} (docs/own-keys.md), or remove the rest to have one made"
            ),
        ),
    };
    Err(Refusal::new(object.object(), difference, way_out))
}

impl Pair {
    /// Refuses to make a key where others' entries are, in either Secret.
    pub(crate) fn refuse_foreign_beside_key(&self) -> Result<(), Refusal> {
        let Self {
            private,
            public,
            layout,
        } = self;
        refuse_foreign(private, layout.key, |entry| layout.has_entry(entry))?;
        let foreign: Vec<_> = public
            .entries()
            .iter()
            .filter(|(entry, _)| !layout.has_entry(entry))
            .collect();
        match foreign.is_empty() {
            true => Ok(()),
            false => Err(Refusal::new(
                public.object(),
                format!("holds {}, and {private} has no key", listed(&foreign)),
                "remove them, or put the key to which they belong there",
            )),
        }
    }

    /// Refuses to make a chain for a key that exists where one may be under another name.
    pub(crate) fn refuse_foreign_chain(&self) -> Result<(), Refusal> {
        let KeyPair { trusted, .. } = *self.layout;
        let is_chain = |(entry, value): &(&str, &[u8])| {
            !self.layout.has_entry(entry) && holds(value, CERTIFICATE)
        };
        let Some((entry, _)) = self.private.entries().iter().find(is_chain) else {
            return Ok(());
        };
        let refusal = |copy: &str| {
            Refusal::new(
                self.private.entry(trusted),
                format!("is missing, and {entry:?} beside it holds certificates"),
                format!("if they are its chain, {copy}; if not, remove them"),
            )
        };
        let copy = copying(&self.private, entry, trusted, &refusal(""));
        Err(refusal(&copy))
    }
}

/// The command that copies an entry within its object; where to read it when it is too long for
/// the sentence `around` it.
fn copying<K: HasEntries>(object: &Source<K>, from: &str, to: &str, around: &Refusal) -> String {
    let named = object.object();
    let [namespace, name] = [named.namespace(), named.name()].map(Option::unwrap_or_default);
    let operation = format!(r#"{{"op":"copy","from":"/data/{from}","path":"/data/{to}"}}"#);
    let command =
        format!("kubectl -n {namespace} patch secret {name} --type=json -p '[{operation}]'");
    match around.to_string().len() + command.len() <= LONGEST_REFUSAL {
        true => command,
        false => format!("copy it to {to:?} (docs/own-keys.md)"),
    }
}

/// The names of the first few.
fn listed(entries: &[(&str, &[u8])]) -> String {
    let names = entries.iter().take(MOST_NAMES);
    let mut names: Vec<_> = names.map(|(entry, _)| format!("{entry:?}")).collect();
    if entries.len() > MOST_NAMES {
        names.push("others".into());
    }
    let last = names.pop().unwrap_or_default();
    match names.is_empty() {
        true => last,
        false => format!("{} and {last}", names.join(", ")),
    }
}

fn holds(value: &[u8], text: &str) -> bool {
    value
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

/// How the label of every private key ends, in whatever form (RFC 7468, sections 10, 11 and the
/// older ones).
const PRIVATE_KEY: &str = "PRIVATE KEY-----";
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";
const MOST_NAMES: usize = 2;
/// What Kubernetes shows of a pod that failed has room for a few of these.
pub(crate) const LONGEST_REFUSAL: usize = 300;

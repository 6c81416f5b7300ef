//! What the inputs ask for, beside what is published.

use std::collections::BTreeSet;

use tuf::{Change, Repository};

use crate::{
    Inputs, SIGNING_CONFIG,
    published::Withdrawn,
    signing_config::{Moment, SigningConfig},
    targets::{self, names},
    trusted_root::TrustedRoot,
};

/// Targets to publish in the place of others.
pub(crate) struct Proposal {
    pub(crate) change: Change,
    /// The targets are the same when there is none.
    pub(crate) news: News,
}

/// What a person should know about a change.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct News {
    /// What the inputs ask for otherwise than it is published, one sentence each.
    pub differences: Vec<String>,
    /// What is taken out, by the SHA-256 that it was named by, as hexadecimal digits.
    pub withdrawn: Withdrawn,
}

impl Proposal {
    /// The targets that a repository with `inputs` has in place of those in `repository`:
    /// `trusted_root`, which differs from the published one in what it comes with, and the rest.
    pub(crate) fn new(
        inputs: &Inputs,
        repository: Option<&Repository>,
        (trusted_root, mut differences): (TrustedRoot, BTreeSet<String>),
        withdrawn: Withdrawn,
        moment: Moment,
    ) -> Self {
        let signing_config = inputs.signing_config.then(|| {
            let published = repository.and_then(|repository| repository.target(SIGNING_CONFIG));
            let (next, more) = signing_config(published, inputs, moment);
            differences.extend(more);
            next
        });

        let new = targets::all(
            &trusted_root,
            signing_config.as_ref(),
            inputs.metadata_targets,
        );
        let gone: BTreeSet<_> = repository.into_iter().flat_map(names).collect();
        if differences.is_empty() && withdrawn.is_empty() {
            let asked = new.keys().map(String::as_str).collect();
            let differ = gone.symmetric_difference(&asked);
            differences.extend(differ.map(|name| match gone.contains(name) {
                true => format!("the target {name} is published, but not asked for"),
                false => format!("the target {name} isn't published"),
            }));
        }
        let gone = gone.into_iter().map(String::from).collect();
        Self {
            change: Change { gone, new },
            news: News {
                differences: differences.into_iter().collect(),
                withdrawn,
            },
        }
    }
}

/// The signing config in place of the `published` one, and what is different in it.
fn signing_config(
    published: Option<&[u8]>,
    inputs: &Inputs,
    moment: Moment,
) -> (SigningConfig, BTreeSet<String>) {
    let asked = inputs.services();
    match published.map(SigningConfig::read) {
        Some(Ok(published)) => published.next(&asked, moment),
        // It says where to sign, not whom to trust: nothing in it has to stay.
        Some(Err(error)) => {
            let (next, _) = SigningConfig::empty().next(&asked, moment);
            let difference = format!("{SIGNING_CONFIG} isn't as written here: {error}");
            (next, [difference].into())
        }
        // That it is missing is said for all targets.
        None => (
            SigningConfig::empty().next(&asked, moment).0,
            BTreeSet::new(),
        ),
    }
}

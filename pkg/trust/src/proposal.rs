//! What the inputs ask for, beside what is published.

use std::{collections::BTreeSet, time::Duration};

use jiff::Timestamp;
use tuf::{Change, Repository};

use crate::{
    Inputs, Result, SIGNING_CONFIG,
    signing_config::SigningConfig,
    targets::{self, names},
    trusted_root::TrustedRoot,
};

/// Targets to publish in the place of others.
pub(crate) struct Proposal {
    pub(crate) change: Change,
    /// What a person should know about it; the targets are the same when that is empty.
    pub(crate) differences: Vec<String>,
}

impl Proposal {
    /// The targets that a repository with `inputs` has in place of those in `repository`. What is
    /// replaced stays valid for `overlap`.
    ///
    /// # Errors
    ///
    /// What is wrong with the inputs, or with the published trusted root.
    pub(crate) fn new(
        inputs: &Inputs,
        repository: Option<&Repository>,
        overlap: Duration,
        now: Timestamp,
    ) -> Result<Self> {
        let published = match repository {
            Some(repository) => TrustedRoot::published(repository)?,
            None => TrustedRoot::empty(),
        };
        let asked = TrustedRoot::from_inputs(inputs)?;
        let (trusted_root, mut differences) = asked.in_place_of(&published, overlap, now)?;

        let signing_config = inputs.signing_config();
        let published = repository.and_then(|repository| repository.target(SIGNING_CONFIG));
        if let (Some(asked), Some(json)) = (&signing_config, published) {
            differences.extend(differences_from(asked, json));
        }

        let new = targets::all(
            &trusted_root,
            signing_config.as_ref(),
            inputs.metadata_targets,
        );
        let gone: BTreeSet<_> = repository.into_iter().flat_map(names).collect();
        if differences.is_empty() {
            let asked = new.keys().map(String::as_str).collect();
            let differ = gone.symmetric_difference(&asked);
            differences.extend(differ.map(|name| match gone.contains(name) {
                true => format!("the target {name} is published, but not asked for"),
                false => format!("the target {name} isn't published"),
            }));
        }
        let gone = gone.into_iter().map(String::from).collect();
        Ok(Self {
            change: Change { gone, new },
            differences: differences.into_iter().collect(),
        })
    }
}

/// What `asked` says otherwise than the published one.
fn differences_from(asked: &SigningConfig, published: &[u8]) -> Vec<String> {
    match serde_json::from_slice(published) {
        Ok(published) => asked.differences(&published).collect(),
        // It says where to sign, not whom to trust: nothing in it has to stay.
        Err(error) => vec![format!("{SIGNING_CONFIG} isn't as written here: {error}")],
    }
}

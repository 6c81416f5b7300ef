//! What is to be written, from what was read: nothing here reads, waits or writes, so a refusal
//! leaves everything as it was. But for the keys that are made, equal arguments give equal plans.

use contract::{REPOSITORY, ROOT, ROOT_JSON, SIGNING_CONFIG_JSON, TRUSTED_ROOT_JSON};
use gate::{Entries, MOST_BYTES};
use jiff::Timestamp;
use refusal::{Refusal, Refusals};
use trust::{Inputs, News, Policy, SIGNING_CONFIG, State, TRUSTED_ROOT, restarts};
use tuf::{Keys, Repository, Roles};

use crate::{checks, found::Found, record::Record};

/// What is to be written to each of the objects. The order is [`Store::write`]'s.
///
/// [`Store::write`]: crate::store::Store::write
pub(crate) struct Plan {
    /// Entries of the Secret of keys, before anything is published that they are about.
    pub(crate) announced: Entries,
    /// Entries of the repository's Secret.
    pub(crate) repository: Entries,
    /// Whether keys go that the repository does without.
    pub(crate) retires_keys: bool,
    /// All of the Secret of keys, when it is published.
    pub(crate) keys: Entries,
    /// All of the ConfigMap.
    pub(crate) clients: Entries,
    /// Differences between inputs and repository that are published.
    pub(crate) accepted: Vec<String>,
    /// What is taken out of what clients trust.
    pub(crate) withdrawn: Vec<String>,
    /// Files that some client can't read.
    pub(crate) too_long: Vec<String>,
    /// What a person has to do when it is done.
    pub(crate) advice: Option<String>,
}

/// What is asked for.
pub(crate) struct Request<'a> {
    /// What clients are to trust. Without it, nothing is done but renewing signatures and keys.
    pub(crate) inputs: Option<&'a Inputs>,
    /// How the repository is made.
    pub(crate) policy: &'a Policy,
    /// What keys are changed for.
    pub(crate) rotation: &'a str,
}

impl Plan {
    /// What to write for `request`, or `None` when there is nothing, and no repository either. Of
    /// one that stays, what is missing beside it is written.
    ///
    /// # Errors
    ///
    /// What can't be continued or read, and inputs that differ when that isn't accepted.
    pub(crate) fn new(
        found: &Found,
        request: &Request<'_>,
        now: Timestamp,
    ) -> Result<Option<Self>, Refusals> {
        let mut record = Record::read(&found.keys)?;
        let mut state = state(found, &record)?;
        checks::clock(found, &record, now)?;
        let new_keys = new_keys(&mut state, &mut record, request);
        let news = news(found, &state, request, now)?;
        let next = state.next(request.inputs, request.policy, now);
        let next = next.map_err(|error| found.refusals(error))?;
        checks::origin(found, &record, state.repository.as_ref())?;
        let (old, next) = (state.repository.as_ref(), next.as_ref());
        let Some(repository) = next.or(old) else {
            return Ok(None);
        };

        let mut plan = Self {
            announced: new_keys,
            repository: Entries::new().with(ROOT, repository.root()),
            retires_keys: false,
            keys: Entries::new(),
            clients: for_clients(repository),
            accepted: news.differences,
            withdrawn: news.withdrawn.values().cloned().collect(),
            too_long: vec![],
            advice: None,
        };
        if let Some(next) = next {
            let archive = next.to_archive_within(MOST_BYTES);
            let archive = archive.map_err(|error| found.refusal(error))?;
            plan.repository.insert(REPOSITORY, archive);
            let too_long = next.too_long_for_one_read();
            plan.too_long = too_long.map(str::to_owned).collect();
            plan.advice = advice(found, old, next, request)?;
        }
        checks::sizes(found, &plan.repository, &plan.clients)?;

        record.withdrawn.extend(news.withdrawn.into_keys());
        let published = record.once_published(repository, next.is_some(), now);
        if let Some(old) = old {
            let announced = record.while_publishing(old, &published);
            plan.announced.extend(announced.entries());
        }
        plan.set_keys(found, &state.keys, repository);
        plan.keys.extend(published.entries());
        Ok(Some(plan))
    }

    /// The entries of the Secret of keys, without those that `repository` does without.
    fn set_keys(&mut self, found: &Found, keys: &Keys, repository: &Repository) {
        let retired: Vec<_> = keys.retired(repository).collect();
        let mut all = found.keys.entries.clone();
        all.extend(self.announced.clone());
        let stay = all.iter().filter(|(entry, _)| !retired.contains(entry));
        self.keys = stay
            .map(|(entry, value)| (entry.to_owned(), value.to_owned()))
            .collect();
        self.retires_keys = !retired.is_empty();
    }
}

/// What of `inputs` isn't published as it is.
///
/// # Errors
///
/// What is wrong with the inputs, or with what was found.
pub(crate) fn differences(
    found: &Found,
    inputs: &Inputs,
    now: Timestamp,
) -> Result<Vec<String>, Refusals> {
    let state = state(found, &Record::read(&found.keys)?)?;
    let news = state.news(inputs, &Policy::default(), now);
    Ok(news.map_err(|error| found.refusals(error))?.differences)
}

fn state(found: &Found, record: &Record) -> Result<State, Refusal> {
    let keys = Keys::read(found.keys.entries.iter());
    let archive = found.repository.entries.get(REPOSITORY);
    let repository = archive.map(Repository::from_archive).transpose();
    Ok(State {
        keys: keys.map_err(|error| found.refusal(error))?,
        published: record.versions,
        repository: repository.map_err(|error| found.refusal(error))?,
        withdrawn: record.withdrawn.clone(),
    })
}

/// The keys to make for a first repository, or for a rotation that wasn't begun yet. What it is
/// for is recorded with them: a Job that is tried again goes on, and doesn't begin another one.
fn new_keys(state: &mut State, record: &mut Record, request: &Request<'_>) -> Entries {
    let State {
        keys, repository, ..
    } = state;
    let rotate = &request.policy.rotate;
    let is_begun = record.rotation.as_deref() == Some(request.rotation);
    let new = match repository {
        None if request.inputs.is_some() => keys.complete(),
        Some(repository) if *rotate != Roles::default() && !is_begun => {
            record.rotation = Some(request.rotation.into());
            keys.complete_rotation(rotate, repository)
        }
        _ => return Entries::new(),
    };
    new.into_iter().collect()
}

/// What a person should know of what is published in place of a repository that is there.
fn news(
    found: &Found,
    state: &State,
    request: &Request<'_>,
    now: Timestamp,
) -> Result<News, Refusals> {
    match request.inputs {
        Some(inputs) if state.repository.is_some() => {
            let news = state.news(inputs, request.policy, now);
            news.map_err(|error| found.refusals(error))
        }
        _ => Ok(News::default()),
    }
}

/// Which servers to restart when `next` is published in place of `old`. Signing again changes no
/// trust.
fn advice(
    found: &Found,
    old: Option<&Repository>,
    next: &Repository,
    request: &Request<'_>,
) -> Result<Option<String>, Refusals> {
    let (Some(old), Some(_)) = (old, request.inputs) else {
        return Ok(None);
    };
    let servers = restarts(old, next).map_err(|error| found.refusals(error))?;
    let within = humantime::format_duration(request.policy.overlap);
    Ok((!servers.is_empty()).then(|| {
        let servers = servers.join(", ");
        format!("within {within}, restart in this order: {servers}")
    }))
}

/// What clients need, for those who may read no Secrets.
fn for_clients(repository: &Repository) -> Entries {
    let mut entries = Entries::new().with(ROOT_JSON, repository.root());
    for (entry, target) in [
        (TRUSTED_ROOT_JSON, TRUSTED_ROOT),
        (SIGNING_CONFIG_JSON, SIGNING_CONFIG),
    ] {
        if let Some(bytes) = repository.target(target) {
            entries.insert(entry, bytes);
        }
    }
    entries
}

#[cfg(test)]
mod tests;

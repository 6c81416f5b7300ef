//! Where keys and repository are kept, and the order in which they are written.

use std::{cell::RefCell, fmt};

use anyhow::Result;
use gate::{Entries, Gate, Kube, MOST_BYTES};
use jiff::{SignedDuration, Timestamp};
use job::Refused;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use serde_json::Value;
use tracing::warn;
use trust::{Error, Inputs, Policy, SIGNING_CONFIG, State, TRUSTED_ROOT, restarts};
use tuf::{Keys, Repository, Roles, Versions};

use crate::args::Args;

/// The Secret of the private keys, the one of the repository, and the ConfigMap for clients.
pub(crate) struct Store {
    keys: Gate<Secret>,
    root: Gate<Secret>,
    trust: Gate<ConfigMap>,
    state: State,
    /// What keys are changed for.
    rotation: String,
}

impl Store {
    /// Reads all three.
    pub(crate) async fn read(kube: &Kube, args: &Args) -> Result<Self> {
        let keys = Gate::secret(kube, &args.namespace, &args.keyssecret).await?;
        let root = Gate::secret(kube, &args.namespace, &args.rootsecret).await?;
        let trust = Gate::config_map(kube, &args.namespace, &args.trust_configmap).await?;
        // Somebody who publishes meanwhile would look like one who lost keys or repository.
        keys.confirm().await?;
        let repository = root
            .bytes(REPOSITORY)
            .map(Repository::from_archive)
            .transpose();
        let state = State {
            keys: Keys::read(keys.entries().iter()).map_err(|error| {
                Refused::new(format!(
                    "{keys}: {error}: remove it, or put the right key there"
                ))
            })?,
            published: match keys.bytes(PUBLISHED) {
                Some(json) => serde_json::from_slice(json).map_err(|error| {
                    Refused::new(format!(
                        "{keys}: {PUBLISHED}: {error}: restore it from a backup"
                    ))
                })?,
                None => Versions::default(),
            },
            repository: repository.map_err(|error| {
                Refused::new(format!(
                    "{root}: {REPOSITORY}: {error}: restore {root} from a backup"
                ))
            })?,
        };
        Ok(Self {
            keys,
            root,
            trust,
            state,
            rotation: args.rotation.clone(),
        })
    }

    /// Refuses to sign what this Secret of keys never signed last. Whoever can write the
    /// repository's Secret, but has no key, could otherwise put an older repository there, and have
    /// its withdrawn trust signed anew; and a lost repository could be followed by another one.
    fn check_origin(&self) -> Result<(), Refused> {
        let Self {
            keys,
            root,
            trust,
            state,
            ..
        } = self;
        let recorded = keys.bytes(TRUST).map(String::from_utf8_lossy);
        match (&state.repository, recorded) {
            (Some(repository), Some(recorded))
                if !recorded
                    .lines()
                    .any(|line| line == repository.trust_digest()) =>
            {
                Err(Refused::new(format!(
                    "{root} isn't the repository that was published last: restore the newest one from a \
                     backup, or, if this is the one to go on with, remove {TRUST} from {keys}"
                )))
            }
            // Restored together, the two agree; clients have moved on.
            (Some(repository), _) if self.told_root() > Some(repository.versions().root) => {
                Err(Refused::new(format!(
                    "{root} has root {}, and {trust} told clients of a later one: restore the newest {root} \
                     and {keys} from a backup, or, if these are the ones to go on with, delete {trust}",
                    repository.versions().root
                )))
            }
            (None, recorded)
                if recorded.is_some()
                    || root.bytes(ROOT).is_some()
                    || trust.bytes(ROOT_JSON).is_some() =>
            {
                Err(Refused::new(format!(
                    "{root} has no {REPOSITORY}, but clients were given a root of trust before: restore \
                     {root} and {keys} from a backup, or delete both and {trust} to start a new trust, \
                     which every client then has to be given"
                )))
            }
            _ => Ok(()),
        }
    }

    /// The version of the root in the ConfigMap.
    fn told_root(&self) -> Option<u64> {
        let root: Value = serde_json::from_slice(self.trust.bytes(ROOT_JSON)?).ok()?;
        root["signed"]["version"].as_u64()
    }

    /// Refuses to sign with a clock that is behind the last signature: what is signed would expire
    /// too early, and what is due wouldn't be noticed. The clocks of two nodes may differ a little.
    fn check_clock(&self, now: Timestamp) -> Result<(), Refused> {
        let Self { keys, root, .. } = self;
        let Some(recorded) = keys.bytes(SIGNED) else {
            return Ok(());
        };
        let signed: Option<Timestamp> = std::str::from_utf8(recorded)
            .ok()
            .and_then(|text| text.parse().ok());
        match signed.map(|signed| signed.duration_since(now)) {
            Some(behind) if behind <= CLOCK_DIFFERENCE => Ok(()),
            Some(behind) => Err(Refused::new(format!(
                "the clock is at {now}, {} h before {root} was signed last: set the clock, or, if it was \
                 wrong then, remove {SIGNED} from {keys}",
                behind.as_hours() + 1
            ))),
            None => Err(Refused::new(format!(
                "{keys}: {SIGNED} is no time: remove it"
            ))),
        }
    }

    /// Whether there is a repository.
    pub(crate) fn exists(&self) -> bool {
        self.state.repository.is_some()
    }

    /// What of `inputs` isn't published as it is.
    pub(crate) fn differences(&self, inputs: &Inputs, now: Timestamp) -> Result<Vec<String>> {
        Ok(self.state.differences(inputs, now)?)
    }

    /// Publishes what [`State::next`] makes, and what is missing beside a repository that stays.
    /// Before it does, it says in `advice` what is to be done then.
    pub(crate) async fn publish(
        &mut self,
        inputs: Option<&Inputs>,
        policy: &Policy,
        now: Timestamp,
        advice: &RefCell<Option<String>>,
    ) -> Result<()> {
        self.check_clock(now)?;
        let mut new_keys = self.new_keys(inputs.is_some(), policy);
        let next = self
            .state
            .next(inputs, policy, now)
            .map_err(|error| self.refused(error))?;
        self.check_origin()?;
        let archive = next
            .as_ref()
            .map(|next| next.to_archive_within(MOST_BYTES))
            .transpose();
        let archive = archive.map_err(|error| self.refused(error.into()))?;
        if let (Some(next), Some(old)) = (&next, &self.state.repository) {
            let servers = restarts(old, next).map_err(|error| self.refused(error))?;
            if !servers.is_empty() {
                advice.replace(Some(format!(
                    "within {}, restart in this order: {}",
                    humantime::format_duration(policy.overlap),
                    servers.join(", ")
                )));
            }
        }
        let Some(repository) = next.as_ref().or(self.state.repository.as_ref()) else {
            return Ok(());
        };

        let trust = for_clients(repository);
        let mut root = Entries::new().with(ROOT, repository.root());
        if let Some(archive) = archive {
            root.insert(REPOSITORY, archive);
            for path in repository.too_long_for_one_read() {
                warn!("{path} has more than 32 KiB, which policy-controller can't read");
            }
        }
        self.check_sizes(&root, &trust)?;
        let versions = self.state.published.max(repository.versions());
        let signed = match self.keys.bytes(SIGNED) {
            Some(before) if next.is_none() => before.to_owned(),
            _ => Timestamp::from_second(now.as_second())?.to_string().into(),
        };
        let record = |trust: String| -> Result<Entries> {
            Ok(Entries::new()
                .with(SIGNED, signed.clone())
                .with(PUBLISHED, serde_json::to_vec(&versions)?)
                .with(TRUST, trust))
        };
        let digest = repository.trust_digest();

        // Keys come before what they signed. Versions are recorded before clients can see them,
        // so that they never come twice; only the first ones after, since a record without a
        // repository means that one was lost.
        // A record is forgotten when a later write was answered: one that an earlier run gave up may
        // still be done.
        if let Some(old) = &self.state.repository {
            let recorded = match self.keys.bytes(TRUST) {
                Some(recorded) => String::from_utf8_lossy(recorded).into_owned(),
                None => old.trust_digest(),
            };
            let others = recorded.lines().filter(|line| *line != digest);
            let each: Vec<_> = others.chain([&*digest]).collect();
            new_keys.extend(record(each.join("\n"))?);
        }
        self.keys.publish(new_keys).await?;
        self.root.publish(root).await?;
        // Keys go when the repository that does without them is there for certain.
        let retired: Vec<_> = self.state.keys.retired(repository).collect();
        if !retired.is_empty() {
            self.root.confirm().await?;
        }
        let keys = self.keys.entries().iter();
        let mut keys: Entries = keys
            .filter(|(entry, _)| !retired.contains(entry))
            .map(|(entry, value)| (entry.to_owned(), value.to_owned()))
            .collect();
        keys.extend(record(digest)?);
        self.keys.replace(keys).await?;
        self.trust.replace(trust).await?;

        self.state.published = versions;
        self.state.repository = next.or(self.state.repository.take());
        Ok(())
    }

    /// Refuses what Kubernetes would, before anything is written.
    fn check_sizes(&self, root: &Entries, trust: &Entries) -> Result<(), Refused> {
        let size = |entries: &Entries| entries.iter().map(|(_, value)| value.len()).sum::<usize>();
        let others = self.root.entries().iter();
        let others = others.filter(|(entry, _)| ![ROOT, REPOSITORY].contains(entry));
        let others: usize = others.map(|(_, value)| value.len()).sum();
        let problem = |place: &dyn fmt::Display, size| {
            format!("{place} can't be written: it takes {size} bytes, of {MOST_BYTES} that it may")
        };
        match (others + size(root), size(trust)) {
            (root, _) if others > 0 && root > MOST_BYTES => Err(Refused::new(format!(
                "{}: {others} are in entries that aren't createtuf's, remove them",
                problem(&self.root, root)
            ))),
            (_, trust) if trust > MOST_BYTES => Err(Refused::new(problem(&self.trust, trust))),
            _ => Ok(()),
        }
    }

    /// The keys to make for a first repository, or for a rotation that wasn't begun yet. What it is
    /// for is written with them: a Job that is tried again goes on, and doesn't begin another one.
    fn new_keys(&mut self, first: bool, policy: &Policy) -> Entries {
        let State {
            keys, repository, ..
        } = &mut self.state;
        match repository {
            None if first => keys.complete().into_iter().collect(),
            Some(repository)
                if policy.rotate != Roles::default()
                    && self.keys.bytes(ROTATION) != Some(self.rotation.as_bytes()) =>
            {
                let new = keys.complete_rotation(&policy.rotate, repository);
                let new: Entries = new.into_iter().collect();
                new.with(ROTATION, self.rotation.as_bytes())
            }
            _ => Entries::new(),
        }
    }

    /// An error with what it means here, and the way out.
    fn refused(&self, error: Error) -> Refused {
        let Self {
            keys, root, trust, ..
        } = self;
        Refused::new(match &error {
            Error::Differs(_) => format!(
                "the inputs aren't what {root} publishes: {error}. If that is intended, run createtuf \
                 with --accept-changes; what it replaces stays trusted for what was signed until then"
            ),
            Error::Tuf(tuf::Error::KeyMissing { role, .. }) => {
                let there = keys.entries().iter().map(|(entry, _)| entry);
                let there: Vec<_> = there.filter(|entry| entry.starts_with(role)).collect();
                let there = match there.is_empty() {
                    true => String::new(),
                    false => format!(" ({} is another)", there.join(", ")),
                };
                format!(
                    "{error} in {keys}{there}, so {root} can't be renewed: restore {keys} from a backup"
                )
            }
            Error::Tuf(tuf::Error::RepositoryMissing { .. }) => format!(
                "{error}: restore {root} from a backup, or delete {keys} and {trust} to start a new trust, \
                 which every client then has to be given"
            ),
            Error::Tuf(tuf::Error::RootBehind { .. }) => {
                format!("{error}: restore the newest {root} from a backup")
            }
            Error::Tuf(tuf::Error::TooLarge { .. }) => format!("{root} can't be written: {error}"),
            Error::Tuf(tuf::Error::Key { .. }) => {
                format!("{keys}: {error}: remove it, or put the right key there")
            }
            Error::Tuf(tuf::Error::Repository { .. })
            | Error::NoTrustedRoot
            | Error::TrustedRoot(_) => {
                format!("{root}: {error}: restore {root} from a backup")
            }
            _ => error.to_string(),
        })
    }
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(f)
    }
}

/// What clients need, for those who may read no Secrets.
fn for_clients(repository: &Repository) -> Entries {
    let mut entries = Entries::new().with(ROOT_JSON, repository.root());
    for (key, target) in [
        (TRUSTED_ROOT, TRUSTED_ROOT),
        ("signing_config.json", SIGNING_CONFIG),
    ] {
        if let Some(bytes) = repository.target(target) {
            entries.insert(key, bytes);
        }
    }
    entries
}

/// What a client starts from: the newest root, since an older one may have expired, and every
/// later one follows from it as well.
const ROOT: &str = "root";
/// The tar.gz that `tufserver` serves.
const REPOSITORY: &str = "repository";
/// The versions that clients may have seen, as JSON.
const PUBLISHED: &str = "published";
/// The root, in the ConfigMap.
const ROOT_JSON: &str = "root.json";
/// The digest of what clients are told to trust; of each, one a line, while one is being published.
const TRUST: &str = "published-trust";
/// What keys were changed for last.
const ROTATION: &str = "rotation";
/// When anything was signed last.
const SIGNED: &str = "published-at";
/// Far more than clocks differ that are kept right.
const CLOCK_DIFFERENCE: SignedDuration = SignedDuration::from_mins(5);

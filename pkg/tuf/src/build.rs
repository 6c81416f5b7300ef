//! Signing roles, from the root down to the timestamp.

use std::{collections::HashMap, num::NonZeroU64, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tough::{
    TargetName,
    schema::{
        self, Hashes, Metafile, Role, RoleKeys, RoleType, Root, Signed, Snapshot, Target, Targets,
    },
};

use crate::{
    Files, Keys, Policy, Repository, Result, Roles, State, Versions,
    original::is_derived,
    repository::{ROOT, SNAPSHOT, TARGETS, TIMESTAMP, sha256, target_path, versioned},
    role_key::RoleKey,
    roles::ROLES,
    targets::{NewTarget, NewTargets},
};

/// A repository on its way.
pub(crate) struct Build<'a> {
    keys: &'a Keys,
    old: Option<&'a Repository>,
    due: Roles<bool>,
    /// The keys that roles change to.
    new_keys: Vec<&'a RoleKey>,
    /// The version that each role gets if it is signed.
    versions: Versions,
    /// When it expires then.
    expires: Roles<Timestamp>,
    files: Files,
}

impl<'a> Build<'a> {
    /// Decides which roles of `state` are to be signed, by their age and their keys alone.
    ///
    /// # Errors
    ///
    /// [`Error::Key`](crate::Error::Key) when there are two keys that a role may change to.
    pub(crate) fn on(state: &'a State, policy: &Policy, now: Timestamp) -> Result<Self> {
        let old = state.repository.as_ref();
        let mut new_keys = Vec::new();
        for role in ROLES {
            if let Some(old) = old
                && *policy.rotate.of(role)
            {
                new_keys.extend(state.keys.next(role, old)?);
            }
        }
        let found = old.map(Repository::versions).unwrap_or_default();
        let expires = old.map(Repository::expires);
        let due = |role| {
            let expires = expires.as_ref().map(|expires| *expires.of(role));
            // What was published and isn't there got lost on the way: go past it.
            old.is_some_and(Repository::is_the_originals)
                || found.of(role) < state.published.of(role)
                || new_keys.iter().any(|key| key.role == role)
                || expires.is_none_or(|at| half_over(at, *policy.lifetimes.of(role), now))
        };
        let above = |role| found.of(role).max(state.published.of(role)) + 1;
        Ok(Self {
            keys: &state.keys,
            old,
            due: Roles::each(due),
            new_keys,
            // Clients walk the roots one by one: no version may be left out.
            versions: Versions {
                root: found.root + 1,
                ..Roles::each(above)
            },
            expires: Roles::each(|role| after(now, *policy.lifetimes.of(role))),
            files: old.map(Repository::kept).unwrap_or_default(),
        })
    }

    /// Signs what is due, and the targets if there are `new` ones. A role that is signed makes
    /// those due that refer to it.
    pub(crate) fn finish(mut self, new: Option<NewTargets>) -> Result<Option<Repository>> {
        self.due.root |= !self.new_keys.is_empty();
        self.due.targets |= new.is_some();
        self.due.snapshot |= self.due.targets;
        self.due.timestamp |= self.due.snapshot;
        if !self.due.root && !self.due.timestamp {
            return Ok(None);
        }
        let root = self.root()?;
        let targets = self.targets(&root, new)?;
        let snapshot = self.snapshot(&root, targets)?;
        self.timestamp(&root, snapshot)?;
        Repository::new(self.files).map(Some)
    }

    fn root(&mut self) -> Result<Root> {
        let (version, expires) = (number(self.versions.root), self.expires.root);
        let root = match self.old {
            Some(old) if !self.due.root => {
                self.files.insert(ROOT.into(), old.root().into());
                return Ok(old.root.signed.clone());
            }
            Some(old) => Root {
                spec_version: SPEC_VERSION.into(),
                version,
                expires,
                ..old.root.signed.clone()
            },
            None => {
                self.new_keys = self.keys.only()?.into();
                empty_root(version, expires)
            }
        };
        let root = with_keys(root, &self.new_keys);
        self.sign(&root, root.clone(), ROOT)?;
        Ok(root)
    }

    fn targets(&mut self, root: &Root, new: Option<NewTargets>) -> Result<Metafile> {
        if let Some(old) = self.old.filter(|_| !self.due.targets) {
            return Ok(self.keep(old, TARGETS, &old.snapshot.signed.meta));
        }
        let (version, expires) = (number(self.versions.targets), self.expires.targets);
        let mut targets = Targets::new(SPEC_VERSION.into(), version, expires);
        targets.delegations = None;
        for (name, target) in self.old.into_iter().flat_map(Repository::targets) {
            if new.is_none() || !is_derived(name.raw(), target) {
                let mut target = target.clone();
                target.hashes = hashes_of(&target.hashes.sha256);
                targets.add_target(name.clone(), target);
            }
        }
        for (name, new) in new.into_iter().flatten() {
            targets.add_target(target_name(&name), describe_target(&new));
            self.files
                .insert(target_path(&name, &sha256(&new.bytes)), new.bytes);
        }
        self.sign(root, targets, TARGETS)
    }

    fn snapshot(&mut self, root: &Root, targets: Metafile) -> Result<Metafile> {
        if let Some(old) = self.old.filter(|_| !self.due.snapshot) {
            return Ok(self.keep(old, SNAPSHOT, &old.timestamp.signed.meta));
        }
        let (version, expires) = (number(self.versions.snapshot), self.expires.snapshot);
        let mut snapshot = Snapshot::new(SPEC_VERSION.into(), version, expires);
        snapshot.meta.insert(TARGETS.into(), targets);
        self.sign(root, snapshot, SNAPSHOT)
    }

    fn timestamp(&mut self, root: &Root, snapshot: Metafile) -> Result<()> {
        if let Some(old) = self.old.filter(|_| !self.due.timestamp) {
            self.files
                .insert(TIMESTAMP.into(), old.files()[TIMESTAMP].clone());
            return Ok(());
        }
        let (version, expires) = (number(self.versions.timestamp), self.expires.timestamp);
        let mut timestamp = schema::Timestamp::new(SPEC_VERSION.into(), version, expires);
        timestamp.meta.insert(SNAPSHOT.into(), snapshot);
        self.sign(root, timestamp, TIMESTAMP)?;
        Ok(())
    }

    /// Keeps the role in `file` as it is; `meta` is where the role above describes it.
    fn keep(&mut self, old: &Repository, file: &str, meta: &HashMap<String, Metafile>) -> Metafile {
        self.files.insert(file.into(), old.files()[file].clone());
        meta[file].clone()
    }

    /// Signs `role` with the keys that `root` demands, and describes the file it became. JSON is
    /// sorted, since the order of the schema's maps is a random one.
    fn sign<T: Role + Serialize>(&mut self, root: &Root, role: T, file: &str) -> Result<Metafile> {
        let message = role
            .canonical_form()
            .expect("metadata holds no floating-point numbers");
        let mut keys = self.keys.of(T::TYPE, root)?;
        // A root is signed as the one before demands, too.
        if let Some(old) = self.old.filter(|_| T::TYPE == RoleType::Root) {
            keys.extend(self.keys.of(T::TYPE, &old.root.signed)?);
        }
        keys.sort_by(|one, other| one.id.cmp(&other.id));
        keys.dedup_by(|one, other| one.id == other.id);
        let signatures = keys.iter().map(|key| key.sign(&message)).collect();
        let version = role.version();
        let mut json = serde_json::to_value(Signed {
            signed: role,
            signatures,
        })
        .expect("the keys of metadata are strings");
        json.sort_all_objects();
        let mut bytes = serde_json::to_vec_pretty(&json).expect("a JSON value is JSON");
        bytes.push(b'\n');
        let described = Metafile {
            version,
            length: Some(bytes.len() as u64),
            hashes: Some(hashes(&bytes)),
            _extra: HashMap::new(),
        };
        if T::TYPE != RoleType::Timestamp {
            self.files
                .insert(versioned(file, version.get()), bytes.clone());
        }
        self.files.insert(file.into(), bytes);
        Ok(described)
    }
}

fn empty_root(version: NonZeroU64, expires: Timestamp) -> Root {
    Root {
        spec_version: SPEC_VERSION.into(),
        consistent_snapshot: true,
        version,
        expires,
        keys: HashMap::new(),
        roles: HashMap::new(),
        _extra: HashMap::new(),
    }
}

/// `root` with `new` keys in place of the ones that their roles had.
fn with_keys(mut root: Root, new: &[&RoleKey]) -> Root {
    for key in new {
        root.keys.insert(key.id.clone(), key.public.clone());
        let demanded = RoleKeys {
            keyids: vec![key.id.clone()],
            threshold: number(1),
            _extra: HashMap::new(),
        };
        root.roles.insert(key.role, demanded);
    }
    let named: Vec<_> = root.roles.values().flat_map(|role| &role.keyids).collect();
    root.keys.retain(|id, _| named.contains(&id));
    root
}

fn describe_target(target: &NewTarget) -> Target {
    Target {
        length: target.bytes.len() as u64,
        hashes: hashes(&target.bytes),
        custom: target
            .custom
            .iter()
            .map(|custom| ("sigstore".into(), custom.clone()))
            .collect(),
        _extra: HashMap::new(),
    }
}

fn hashes(bytes: &[u8]) -> Hashes {
    hashes_of(&sha256(bytes))
}

/// One kind of digest: of several, clients pick one at random.
fn hashes_of(sha256: &[u8]) -> Hashes {
    Hashes {
        sha256: sha256.to_vec().into(),
        _extra: HashMap::new(),
    }
}

fn target_name(name: &str) -> TargetName {
    TargetName::new(name).expect("targets are named after what they hold")
}

fn number(version: u64) -> NonZeroU64 {
    NonZeroU64::new(version).expect("versions start at 1")
}

/// Whether no more than half of `life` is left.
fn half_over(expires: Timestamp, life: Duration, now: Timestamp) -> bool {
    let half = SignedDuration::try_from(life / 2).unwrap_or(SignedDuration::MAX);
    expires.duration_since(now) <= half
}

/// `now` and `life` more, in whole seconds: python-tuf refuses fractions.
fn after(now: Timestamp, life: Duration) -> Timestamp {
    let end = now.saturating_add(life).unwrap_or(Timestamp::MAX);
    Timestamp::from_second(end.as_second()).expect("a timestamp without its fraction is one")
}

/// Of the TUF specification. Some clients want the three numbers.
const SPEC_VERSION: &str = "1.0.0";

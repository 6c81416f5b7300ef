//! Signing roles, from the root down to the timestamp.

use std::{collections::HashMap, num::NonZeroU64};

use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tough::{
    TargetName,
    schema::{
        self, Hashes, Metafile, Role, RoleKeys, RoleType, Root, Signed, Snapshot, Target, Targets,
    },
};

use crate::{
    Error, Files, Keys, Repository, Result, Roles, Versions,
    change::{Change, NewTarget},
    files::{
        ROOT_JSON, SNAPSHOT_JSON, TARGETS_JSON, TIMESTAMP_JSON, sha256, target_path, versioned,
    },
    role_key::RoleKey,
};

/// A repository on its way.
pub(crate) struct Signing<'a> {
    pub(crate) keys: &'a Keys,
    /// The repository that is there.
    pub(crate) old: Option<&'a Repository>,
    /// Which roles are signed. One that refers to another one that is, is too.
    pub(crate) due: Roles<bool>,
    /// The keys that roles change to.
    pub(crate) new_keys: Vec<&'a RoleKey>,
    /// The version that each role gets if it is signed.
    pub(crate) versions: Versions,
    /// When it expires then.
    pub(crate) expires: Roles<Timestamp>,
    /// What is there already of the new repository.
    pub(crate) files: Files,
}

impl Signing<'_> {
    /// Signs what is due, from the root down, and verifies the whole.
    ///
    /// # Errors
    ///
    /// [`Error::KeyMissing`]
    pub(crate) fn sign_all(mut self, change: Option<Change>) -> Result<Repository> {
        let root = self.root()?;
        let targets = self.targets(&root, change)?;
        let snapshot = self.snapshot(&root, targets)?;
        self.timestamp(&root, snapshot)?;
        Repository::new(self.files)
    }

    fn root(&mut self) -> Result<Root> {
        let (version, expires) = (number(self.versions.root), self.expires.root);
        let root = match self.old {
            Some(old) if !self.due.root => {
                self.files.insert(ROOT_JSON.into(), old.root().into());
                return Ok(old.metadata.root.signed.clone());
            }
            Some(old) => Root {
                spec_version: SPEC_VERSION.into(),
                version,
                expires,
                ..old.metadata.root.signed.clone()
            },
            None => empty_root(version, expires),
        };
        let root = with_keys(root, &self.new_keys);
        self.sign(&root, root.clone(), ROOT_JSON)?;
        Ok(root)
    }

    fn targets(&mut self, root: &Root, change: Option<Change>) -> Result<Metafile> {
        if let Some(old) = self.old.filter(|_| !self.due.targets) {
            let described = &old.metadata.snapshot.signed.meta;
            return Ok(self.keep(old, TARGETS_JSON, described));
        }
        let Change { gone, new } = change.unwrap_or_default();
        let (version, expires) = (number(self.versions.targets), self.expires.targets);
        let mut targets = Targets::new(SPEC_VERSION.into(), version, expires);
        targets.delegations = None;
        for (name, target) in self.old.into_iter().flat_map(Repository::described) {
            if !gone.contains(name) {
                let mut target = target.clone();
                target.hashes = hashes(target.hashes.sha256.to_vec());
                targets.add_target(target_name(name)?, target);
            }
        }
        for (name, new) in new {
            targets.add_target(target_name(&name)?, describe_target(&new));
            self.files
                .insert(target_path(&name, &sha256(&new.bytes)), new.bytes);
        }
        self.sign(root, targets, TARGETS_JSON)
    }

    fn snapshot(&mut self, root: &Root, targets: Metafile) -> Result<Metafile> {
        if let Some(old) = self.old.filter(|_| !self.due.snapshot) {
            return Ok(self.keep(old, SNAPSHOT_JSON, &old.metadata.timestamp.signed.meta));
        }
        let (version, expires) = (number(self.versions.snapshot), self.expires.snapshot);
        let mut snapshot = Snapshot::new(SPEC_VERSION.into(), version, expires);
        snapshot.meta.insert(TARGETS_JSON.into(), targets);
        self.sign(root, snapshot, SNAPSHOT_JSON)
    }

    fn timestamp(&mut self, root: &Root, snapshot: Metafile) -> Result<()> {
        if let Some(old) = self.old.filter(|_| !self.due.timestamp) {
            self.files
                .insert(TIMESTAMP_JSON.into(), old.files()[TIMESTAMP_JSON].clone());
            return Ok(());
        }
        let (version, expires) = (number(self.versions.timestamp), self.expires.timestamp);
        let mut timestamp = schema::Timestamp::new(SPEC_VERSION.into(), version, expires);
        timestamp.meta.insert(SNAPSHOT_JSON.into(), snapshot);
        self.sign(root, timestamp, TIMESTAMP_JSON)?;
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
        let mut keys = self.keys.demanded_by(root, T::TYPE)?;
        // Clients that have the old root verify the new one under both.
        if let Some(old) = self.old.filter(|_| T::TYPE == RoleType::Root) {
            keys.extend(self.keys.demanded_by(&old.metadata.root.signed, T::TYPE)?);
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
            hashes: Some(hashes(digest(&bytes))),
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
        hashes: hashes(digest(&target.bytes)),
        custom: target.custom.clone(),
        _extra: HashMap::new(),
    }
}

/// One kind of digest: of several, clients pick one at random.
fn hashes(sha256: Vec<u8>) -> Hashes {
    Hashes {
        sha256: sha256.into(),
        _extra: HashMap::new(),
    }
}

fn digest(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

fn target_name(name: &str) -> Result<TargetName> {
    TargetName::new(name).map_err(|error| Error::repository(name, error))
}

fn number(version: u64) -> NonZeroU64 {
    NonZeroU64::new(version).expect("versions start at 1")
}

/// Of the TUF specification. Some clients want the three numbers.
const SPEC_VERSION: &str = "1.0.0";

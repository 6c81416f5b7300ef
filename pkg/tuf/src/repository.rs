//! A repository as clients see it: a map of paths to bytes, verified as a whole.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use tough::{
    TargetName,
    schema::{
        Metafile, Role, RoleType, Root, Signed, Snapshot, Target, Targets, Timestamp,
        decoded::{Decoded, Hex},
    },
};

use crate::{
    Error, Result, Roles, Versions,
    original::{self, Raw, is_derived},
    roles::name,
};

/// Paths below the repository's URL, and what they serve.
pub type Files = BTreeMap<String, Vec<u8>>;

/// A repository that verifies under its own root: every root from the first to the newest, the
/// current `targets.json`, `snapshot.json` and `timestamp.json` under their versioned names and
/// without, and the target files under `targets/<sha256>.<name>`. It may have expired.
///
/// The previous snapshot and what it leads to are in it too, for clients that are in the middle
/// of an update when it is replaced.
#[derive(Debug, Clone)]
pub struct Repository {
    files: Files,
    /// The roots before the newest one, the first one first.
    former: Vec<Root>,
    pub(crate) root: Signed<Root>,
    pub(crate) targets: Signed<Targets>,
    pub(crate) snapshot: Signed<Snapshot>,
    pub(crate) timestamp: Signed<Timestamp>,
}

impl Repository {
    /// Verifies `files` as a whole.
    ///
    /// # Errors
    ///
    /// [`Error::Repository`] names the first file that is missing, isn't signed by its role or
    /// isn't what another one says it is.
    pub fn new(mut files: Files) -> Result<Self> {
        let (former, root) = roots(&files)?;
        let timestamp: Signed<Timestamp> = signed(&files, TIMESTAMP, &root.signed)?;

        let described = described(TIMESTAMP, &timestamp.signed.meta, SNAPSHOT)?;
        let snapshot = current::<Snapshot>(&files, SNAPSHOT, described, &root.signed)?;
        let described = self::described(SNAPSHOT, &snapshot.signed.meta, TARGETS)?;
        let targets = current::<Targets>(&files, TARGETS, described, &root.signed)?;

        for (target, described) in &targets.signed.targets {
            let path = target_path(target.raw(), &described.hashes.sha256);
            if let Some(bytes) = original::sha512_of(described)
                .and_then(|sha512| files.get(&format!("{TARGETS_FOLDER}{sha512}.{}", target.raw())))
            {
                files.insert(path.clone(), bytes.clone());
            }
            if !is_name(target.raw()) {
                return Err(Error::repository(
                    path,
                    "has a name outside of [A-Za-z0-9._-]",
                ));
            }
            if file(&files, &path)?.len() as u64 != described.length {
                return Err(Error::repository(
                    path,
                    "doesn't have the length in targets.json",
                ));
            }
        }
        for (path, bytes) in &files {
            expected(path, bytes).map_err(|problem| Error::repository(path, problem))?;
        }
        Ok(Self {
            files,
            former,
            root,
            targets,
            snapshot,
            timestamp,
        })
    }

    /// The files to serve.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// The newest root, which a client may start from.
    pub fn root(&self) -> &[u8] {
        &self.files[ROOT]
    }

    /// The bytes of the target `name`, if there is one.
    pub fn target(&self, name: &str) -> Option<&[u8]> {
        let (_, target) = self.targets().find(|(target, _)| target.raw() == name)?;
        Some(&self.files[&target_path(name, &target.hashes.sha256)])
    }

    /// The current version of each role.
    pub fn versions(&self) -> Versions {
        Versions {
            root: self.root.signed.version.get(),
            snapshot: self.snapshot.signed.version.get(),
            targets: self.targets.signed.version.get(),
            timestamp: self.timestamp.signed.version.get(),
        }
    }

    /// The SHA-256 of what clients are told to trust, as hexadecimal digits: every root, and the
    /// list of targets without its version and expiry. Signing the other roles again doesn't
    /// change it. (The newest root says nothing of the former ones, which old clients walk.)
    pub fn trust_digest(&self) -> String {
        let mut digest = Sha256::new();
        for root in (1..).map_while(|version| self.files.get(&versioned(ROOT, version))) {
            digest.update(sha256(root));
        }
        let mut targets = serde_json::to_value(&self.targets.signed.targets)
            .expect("the keys of a list of targets are strings");
        targets.sort_all_objects();
        digest.update(targets.to_string());
        hex::encode(digest.finalize())
    }

    /// Whether the newest root or an earlier one names the key `id` for `role`.
    pub(crate) fn has_named(&self, role: RoleType, id: &Decoded<Hex>) -> bool {
        let mut roots = self.former.iter().chain([&self.root.signed]);
        roots.any(|root| ids(role, root).contains(id))
    }

    /// When each role expires.
    pub fn expires(&self) -> Roles<jiff::Timestamp> {
        Roles {
            root: self.root.signed.expires,
            snapshot: self.snapshot.signed.expires,
            targets: self.targets.signed.expires,
            timestamp: self.timestamp.signed.expires,
        }
    }

    /// The files that stay when roles are signed again: every root, and what a client needs that
    /// has read the current timestamp.
    pub(crate) fn kept(&self) -> Files {
        let current = [
            versioned(SNAPSHOT, self.snapshot.signed.version.get()),
            versioned(TARGETS, self.targets.signed.version.get()),
        ];
        let targets: BTreeSet<_> = self.target_paths().collect();
        let keep = |path: &String| {
            path.ends_with(".root.json") || current.contains(path) || targets.contains(path)
        };
        self.files
            .clone()
            .into_iter()
            .filter(|(path, _)| keep(path))
            .collect()
    }

    pub(crate) fn targets(&self) -> impl Iterator<Item = (&TargetName, &Target)> {
        self.targets.signed.targets.iter()
    }

    /// The targets that are made from inputs.
    pub(crate) fn target_names(&self) -> impl Iterator<Item = &str> {
        let targets = self.targets();
        let targets = targets.map(|(name, target)| (name.raw(), target));
        targets.filter_map(|(name, target)| is_derived(name, target).then_some(name))
    }

    /// Whether the Go original made it: others' digests are SHA-256 and nothing else.
    pub(crate) fn is_the_originals(&self) -> bool {
        let mut targets = self.targets.signed.targets.values();
        targets.any(|target| original::sha512_of(target).is_some())
    }

    fn target_paths(&self) -> impl Iterator<Item = String> {
        let targets = self.targets();
        targets.map(|(name, target)| target_path(name.raw(), &target.hashes.sha256))
    }
}

impl PartialEq for Repository {
    fn eq(&self, other: &Self) -> bool {
        self.files == other.files
    }
}

/// Walks the roots from the first one, as a client does, to the newest one, which comes second.
fn roots(files: &Files) -> Result<(Vec<Root>, Signed<Root>)> {
    let mut former = Vec::new();
    let mut newest: Signed<Root> = parsed(files, &versioned(ROOT, 1))?;
    for version in 1.. {
        let path = versioned(ROOT, version);
        if version > 1 && !files.contains_key(&path) {
            break;
        }
        let next: Signed<Root> = parsed(files, &path)?;
        for trusted in [&newest.signed, &next.signed] {
            trusted
                .verify_role(&next)
                .map_err(|error| Error::repository(&path, error))?;
        }
        if next.signed.version.get() != version {
            return Err(Error::repository(path, "has another version than its name"));
        }
        if version > 1 {
            former.push(newest.signed);
        }
        newest = next;
    }
    let path = versioned(ROOT, newest.signed.version.get());
    if file(files, ROOT)? != file(files, &path)? {
        return Err(Error::repository(ROOT, format!("isn't {path}")));
    }
    Ok((former, newest))
}

/// The keys that `root` demands for `role`.
pub(crate) fn ids(role: RoleType, root: &Root) -> &[Decoded<Hex>] {
    root.roles.get(&role).map_or(&[], |role| &role.keyids)
}

/// The role whose unversioned file is `path`, as `described` by the role above it.
fn current<T: Role + DeserializeOwned>(
    files: &Files,
    path: &str,
    described: &Metafile,
    root: &Root,
) -> Result<Signed<T>> {
    let versioned = versioned(path, described.version.get());
    let bytes = file(files, &versioned)?;
    if described
        .length
        .is_some_and(|length| length != bytes.len() as u64)
        || described
            .hashes
            .as_ref()
            .is_some_and(|hashes| hashes.sha256 != sha256(bytes))
        || file(files, path)? != bytes
    {
        return Err(Error::repository(
            path,
            format!("isn't the {versioned} that is referred to"),
        ));
    }
    let role: Signed<T> = signed(files, &versioned, root)?;
    if role.signed.version() != described.version {
        return Err(Error::repository(
            versioned,
            "has another version than its name",
        ));
    }
    Ok(role)
}

fn described<'a>(
    path: &str,
    meta: &'a std::collections::HashMap<String, Metafile>,
    what: &str,
) -> Result<&'a Metafile> {
    meta.get(what)
        .ok_or_else(|| Error::repository(path, format!("doesn't refer to {what}")))
}

fn signed<T: Role + DeserializeOwned>(files: &Files, path: &str, root: &Root) -> Result<Signed<T>> {
    let role: Signed<Raw<T>> = parsed(files, path)?;
    root.verify_role(&role)
        .map_err(|error| Error::repository(path, error))?;
    let signed = serde_json::from_value(role.signed.with_sha256(files)?);
    Ok(Signed {
        signed: signed.map_err(|error| no_role::<T>(path, &error))?,
        signatures: role.signatures,
    })
}

fn parsed<T: Role + DeserializeOwned>(files: &Files, path: &str) -> Result<Signed<T>> {
    serde_json::from_slice(file(files, path)?).map_err(|error| no_role::<T>(path, &error))
}

fn no_role<T: Role>(path: &str, error: &serde_json::Error) -> Error {
    Error::repository(path, format!("is no {} role: {error}", name(T::TYPE)))
}

pub(crate) fn file<'a>(files: &'a Files, path: &str) -> Result<&'a [u8]> {
    files
        .get(path)
        .map(Vec::as_slice)
        .ok_or_else(|| Error::repository(path, "is missing"))
}

/// Nothing but metadata, and target files that are what their names say.
fn expected(path: &str, bytes: &[u8]) -> std::result::Result<(), &'static str> {
    if let Some(target) = path.strip_prefix(TARGETS_FOLDER) {
        let (digest, name) = target.split_once('.').unwrap_or_default();
        let is_its = digest == hex::encode(sha256(bytes)) || digest == original::sha512(bytes);
        return match is_its && is_name(name) {
            true => Ok(()),
            false => Err("doesn't have the digest in its name"),
        };
    }
    let role = match path.split_once('.') {
        Some((version, role)) if version.parse::<u64>().is_ok() && role != TIMESTAMP => role,
        _ => path,
    };
    match [ROOT, SNAPSHOT, TARGETS, TIMESTAMP].contains(&role) {
        true => Ok(()),
        false => Err("isn't part of a repository"),
    }
}

/// A name that every client asks for in the same way.
pub(crate) fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !name.is_empty() && name.bytes().all(plain)
}

/// Where a target's bytes are: consistent snapshots put the digest before the name.
pub(crate) fn target_path(name: &str, sha256: &[u8]) -> String {
    format!("{TARGETS_FOLDER}{}.{name}", hex::encode(sha256))
}

/// `file` under the name that carries its version, such as `3.snapshot.json`.
pub(crate) fn versioned(file: &str, version: u64) -> String {
    format!("{version}.{file}")
}

pub(crate) fn sha256(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

pub(crate) const ROOT: &str = "root.json";
pub(crate) const SNAPSHOT: &str = "snapshot.json";
pub(crate) const TARGETS: &str = "targets.json";
pub(crate) const TIMESTAMP: &str = "timestamp.json";
pub(crate) const TARGETS_FOLDER: &str = "targets/";

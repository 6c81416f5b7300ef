//! A repository as clients see it: a map of paths to bytes, verified as a whole.

use std::collections::HashMap;

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tough::schema::Target;

use crate::{
    Error, Files, Result, Roles, Versions,
    files::{
        ROOT_JSON, SNAPSHOT_JSON, TARGETS_JSON, expected, file, is_versioned_root, sha256,
        target_path, versioned,
    },
    go_tuf,
    metadata::Metadata,
};

/// A repository that verifies under its own root: every root from the first to the newest, the
/// current `targets.json`, `snapshot.json` and `timestamp.json` under their versioned names and
/// without, and the target files under `targets/<sha256>.<name>`, where a name's folders come
/// before the digest. It may have expired.
///
/// The previous snapshot and what it leads to are in it too, for clients that are in the middle
/// of an update when it is replaced.
#[derive(Debug, Clone)]
pub struct Repository {
    files: Files,
    pub(crate) metadata: Metadata,
}

impl Repository {
    /// Verifies `files` as a whole. Those that go-tuf made are found by their SHA-512 as well.
    ///
    /// # Errors
    ///
    /// [`Error::Repository`] names the first file that is missing, isn't signed by its role or
    /// isn't what another one says it is.
    pub fn new(files: Files) -> Result<Self> {
        let metadata = Metadata::verified(&files)?;
        for (name, target) in &metadata.targets.signed.targets {
            verify_target(&files, name.raw(), target)?;
        }
        for (path, bytes) in &files {
            expected(path, bytes).map_err(|problem| Error::repository(path, problem))?;
        }
        Ok(Self { files, metadata })
    }

    /// The files to serve.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// The newest root, which a client may start from.
    pub fn root(&self) -> &[u8] {
        &self.files[ROOT_JSON]
    }

    /// The names of the targets, and what clients are told of each beside its digest.
    pub fn targets(&self) -> impl Iterator<Item = (&str, &HashMap<String, Value>)> {
        let targets = self.described();
        targets.map(|(name, target)| (name, &target.custom))
    }

    /// The bytes of the target `name`, if there is one.
    pub fn target(&self, name: &str) -> Option<&[u8]> {
        let (_, target) = self.described().find(|(target, _)| *target == name)?;
        Some(self.bytes(name, target))
    }

    /// The current version of each role.
    pub fn versions(&self) -> Versions {
        let Metadata {
            root,
            snapshot,
            targets,
            timestamp,
            ..
        } = &self.metadata;
        Versions {
            root: root.signed.version.get(),
            snapshot: snapshot.signed.version.get(),
            targets: targets.signed.version.get(),
            timestamp: timestamp.signed.version.get(),
        }
    }

    /// When each role expires.
    pub fn expires(&self) -> Roles<jiff::Timestamp> {
        let Metadata {
            root,
            snapshot,
            targets,
            timestamp,
            ..
        } = &self.metadata;
        Roles {
            root: root.signed.expires,
            snapshot: snapshot.signed.expires,
            targets: targets.signed.expires,
            timestamp: timestamp.signed.expires,
        }
    }

    /// The SHA-256 of what clients are told to trust, as hexadecimal digits: every root, and the
    /// list of targets without its version and expiry. Signing the other roles again doesn't
    /// change it. (The newest root says nothing of the former ones, which old clients walk.)
    pub fn trust_digest(&self) -> String {
        let mut digest = Sha256::new();
        for root in (1..).map_while(|version| self.files.get(&versioned(ROOT_JSON, version))) {
            digest.update(Sha256::digest(root));
        }
        let mut targets = serde_json::to_value(&self.metadata.targets.signed.targets)
            .expect("the keys of a list of targets are strings");
        targets.sort_all_objects();
        digest.update(targets.to_string());
        hex::encode(digest.finalize())
    }

    /// The repository with each target under the name with its SHA-256: go-tuf has put them under
    /// another one.
    #[must_use]
    pub fn with_sha256_names(mut self) -> Self {
        let files: Vec<_> = self.target_files().collect();
        self.files.extend(files);
        self
    }

    /// The files that stay when roles are signed again: every root, and what a client needs that
    /// has read the current timestamp. Targets get the names of [`Repository::with_sha256_names`].
    pub(crate) fn kept(&self) -> Files {
        let versions = self.versions();
        let current = [
            versioned(SNAPSHOT_JSON, versions.snapshot),
            versioned(TARGETS_JSON, versions.targets),
        ];
        let stays = |path: &String| is_versioned_root(path) || current.contains(path);
        let metadata = self.files.iter().filter(|(path, _)| stays(path));
        let metadata = metadata.map(|(path, bytes)| (path.clone(), bytes.clone()));
        metadata.chain(self.target_files()).collect()
    }

    /// The targets as they are described.
    pub(crate) fn described(&self) -> impl Iterator<Item = (&str, &Target)> {
        let targets = self.metadata.targets.signed.targets.iter();
        targets.map(|(name, target)| (name.raw(), target))
    }

    /// Whether go-tuf made it.
    pub(crate) fn is_go_tufs(&self) -> bool {
        let mut targets = self.described();
        targets.any(|(_, target)| go_tuf::is_described_by_it(target))
    }

    fn target_files(&self) -> impl Iterator<Item = (String, Vec<u8>)> {
        self.described().map(|(name, target)| {
            let path = target_path(name, &hex::encode(&target.hashes.sha256));
            (path, self.bytes(name, target).into())
        })
    }

    fn bytes(&self, name: &str, target: &Target) -> &[u8] {
        target_file(&self.files, name, target).expect("it was there when this was verified")
    }
}

impl PartialEq for Repository {
    fn eq(&self, other: &Self) -> bool {
        self.files == other.files
    }
}

fn verify_target(files: &Files, name: &str, target: &Target) -> Result<()> {
    let digest = hex::encode(&target.hashes.sha256);
    let fails = |problem| Err(Error::repository(target_path(name, &digest), problem));
    let bytes = target_file(files, name, target)?;
    if bytes.len() as u64 != target.length {
        return fails("doesn't have the length in targets.json");
    }
    match sha256(bytes) == digest {
        true => Ok(()),
        false => fails("doesn't have the digest in its name"),
    }
}

/// The bytes of `target`, under the name with either of its digests.
fn target_file<'a>(files: &'a Files, name: &str, target: &Target) -> Result<&'a [u8]> {
    let go_tufs = go_tuf::target_path(name, target).and_then(|path| files.get(&path));
    match go_tufs {
        Some(bytes) => Ok(bytes),
        None => file(
            files,
            &target_path(name, &hex::encode(&target.hashes.sha256)),
        ),
    }
}

//! The roles of a repository, verified as a client does: from the first root down to the targets.

use std::collections::HashMap;

use serde::de::DeserializeOwned;
use tough::schema::{
    Metafile, Role, RoleType, Root, Signed, Snapshot, Targets, Timestamp,
    decoded::{Decoded, Hex},
};

use crate::{
    Error, Result,
    files::{
        Files, ROOT_JSON, SNAPSHOT_JSON, TARGETS_JSON, TIMESTAMP_JSON, file, sha256, versioned,
    },
    go_tuf::Raw,
    roles::name,
};

/// The roles of a repository, verified.
#[derive(Debug, Clone)]
pub(crate) struct Metadata {
    /// The roots before the newest one, the first one first.
    pub(crate) former_roots: Vec<Root>,
    pub(crate) root: Signed<Root>,
    pub(crate) targets: Signed<Targets>,
    pub(crate) snapshot: Signed<Snapshot>,
    pub(crate) timestamp: Signed<Timestamp>,
}

impl Metadata {
    /// Verifies the roles in `files`.
    ///
    /// # Errors
    ///
    /// [`Error::Repository`] names the first file that is missing, isn't signed by its role or
    /// isn't what another one says it is.
    pub(crate) fn verified(files: &Files) -> Result<Self> {
        let (former_roots, root) = roots(files)?;
        let timestamp: Signed<Timestamp> = signed(files, TIMESTAMP_JSON, &root.signed)?;
        let described = described(TIMESTAMP_JSON, &timestamp.signed.meta, SNAPSHOT_JSON)?;
        let snapshot = current::<Snapshot>(files, SNAPSHOT_JSON, described, &root.signed)?;
        let described = self::described(SNAPSHOT_JSON, &snapshot.signed.meta, TARGETS_JSON)?;
        let targets = current::<Targets>(files, TARGETS_JSON, described, &root.signed)?;
        Ok(Self {
            former_roots,
            root,
            targets,
            snapshot,
            timestamp,
        })
    }

    /// Whether the newest root or an earlier one names the key `id` for `role`.
    pub(crate) fn has_named(&self, role: RoleType, id: &Decoded<Hex>) -> bool {
        let mut roots = self.former_roots.iter().chain([&self.root.signed]);
        roots.any(|root| key_ids(root, role).contains(id))
    }
}

/// The keys that `root` demands for `role`.
pub(crate) fn key_ids(root: &Root, role: RoleType) -> &[Decoded<Hex>] {
    root.roles.get(&role).map_or(&[], |role| &role.keyids)
}

/// Walks the roots from the first one, as a client does, to the newest one, which comes second.
fn roots(files: &Files) -> Result<(Vec<Root>, Signed<Root>)> {
    let mut former = Vec::new();
    let mut newest: Signed<Root> = parsed(files, &versioned(ROOT_JSON, 1))?;
    for version in 1.. {
        let path = versioned(ROOT_JSON, version);
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
    let path = versioned(ROOT_JSON, newest.signed.version.get());
    if file(files, ROOT_JSON)? != file(files, &path)? {
        return Err(Error::repository(ROOT_JSON, format!("isn't {path}")));
    }
    Ok((former, newest))
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
    let length_differs = described
        .length
        .is_some_and(|length| length != bytes.len() as u64);
    let digest_differs = described
        .hashes
        .as_ref()
        .is_some_and(|hashes| hex::encode(&hashes.sha256) != sha256(bytes));
    if length_differs || digest_differs || file(files, path)? != bytes {
        return Err(Error::repository(
            path,
            format!("isn't the {versioned} that is referred to"),
        ));
    }
    let role: Signed<T> = signed(files, &versioned, root)?;
    match role.signed.version() == described.version {
        true => Ok(role),
        false => Err(Error::repository(
            versioned,
            "has another version than its name",
        )),
    }
}

/// How the role in the file `path` describes the file `below` in `meta`.
fn described<'a>(
    path: &str,
    meta: &'a HashMap<String, Metafile>,
    below: &str,
) -> Result<&'a Metafile> {
    meta.get(below)
        .ok_or_else(|| Error::repository(path, format!("doesn't refer to {below}")))
}

fn signed<T: Role + DeserializeOwned>(files: &Files, path: &str, root: &Root) -> Result<Signed<T>> {
    let role: Signed<Raw<T>> = parsed(files, path)?;
    role.signed.check_names()?;
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

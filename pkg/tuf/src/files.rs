//! The files of a repository: what they are called, and what their names promise.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256, Sha512};
use unicode_normalization::is_nfc;

use crate::{Error, Result};

/// Paths below the repository's URL, and what they serve.
pub type Files = BTreeMap<String, Vec<u8>>;

/// The file at `path`.
///
/// # Errors
///
/// [`Error::Repository`] when it is missing.
pub(crate) fn file<'a>(files: &'a Files, path: &str) -> Result<&'a [u8]> {
    files
        .get(path)
        .map(Vec::as_slice)
        .ok_or_else(|| Error::repository(path, "is missing"))
}

/// Nothing but metadata, and target files that are what their names say.
pub(crate) fn expected(path: &str, bytes: &[u8]) -> Result<(), &'static str> {
    if let Some(target) = path.strip_prefix(TARGETS_FOLDER) {
        let (_, file) = in_folder(target);
        let (digest, name) = file.split_once('.').unwrap_or_default();
        let is_its = [sha256(bytes), sha512(bytes)].contains(&digest.into());
        return match is_its && !name.is_empty() {
            true => Ok(()),
            false => Err("doesn't have the digest in its name"),
        };
    }
    let role = match path.split_once('.') {
        Some((version, role)) if version.parse::<u64>().is_ok() && role != TIMESTAMP_JSON => role,
        _ => path,
    };
    match [ROOT_JSON, SNAPSHOT_JSON, TARGETS_JSON, TIMESTAMP_JSON].contains(&role) {
        true => Ok(()),
        false => Err("isn't part of a repository"),
    }
}

/// Whether there can be a target of this `name`: TUF allows any path below a folder (its
/// specification, section 4.5).
///
/// # Errors
///
/// Why there can't be.
pub(crate) fn check_name(name: &str) -> Result<(), &'static str> {
    match () {
        () if name.split('/').any(|part| ["", ".", ".."].contains(&part)) => {
            Err("is no path below a folder")
        }
        () if name.contains(char::is_control) => Err("has a control character in it"),
        // Go and Python verify the signature of a name as it is written, tough of its composed
        // form: none would be good for all of them.
        () if !is_nfc(name) => Err("isn't in Unicode's composed form (NFC)"),
        () => Ok(()),
    }
}

/// Where a target's bytes are: consistent snapshots put the digest before the last part of the name
/// (section 6.2).
pub(crate) fn target_path(name: &str, digest: &str) -> String {
    let (folder, file) = in_folder(name);
    format!("{TARGETS_FOLDER}{folder}{digest}.{file}")
}

/// The folder in which `path` is, with the slash behind it, and the rest.
fn in_folder(path: &str) -> (&str, &str) {
    path.split_at(path.rfind('/').map_or(0, |slash| slash + 1))
}

/// `file` under the name that carries its version, such as `3.snapshot.json`.
pub(crate) fn versioned(file: &str, version: u64) -> String {
    format!("{version}.{file}")
}

/// Whether it is one of the roots under the name that carries its version.
pub(crate) fn is_versioned_root(path: &str) -> bool {
    let version = path.strip_suffix(ROOT_JSON);
    version.is_some_and(|version| version.ends_with('.') && !version.starts_with(TARGETS_FOLDER))
}

/// A digest, in hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// A digest, in hex.
pub(crate) fn sha512(bytes: &[u8]) -> String {
    hex::encode(Sha512::digest(bytes))
}

pub(crate) const ROOT_JSON: &str = "root.json";
pub(crate) const SNAPSHOT_JSON: &str = "snapshot.json";
pub(crate) const TARGETS_JSON: &str = "targets.json";
pub(crate) const TIMESTAMP_JSON: &str = "timestamp.json";
pub(crate) const TARGETS_FOLDER: &str = "targets/";

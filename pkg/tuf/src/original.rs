//! Repositories that the Go original made, as they are taken over: its metadata describes files by
//! their SHA-512 alone, which tough doesn't read.

use std::{collections::BTreeMap, marker::PhantomData, num::NonZeroU64};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha512};
use tough::schema::{Role, RoleType, Target};

use crate::{
    Error, Files, Result, SIGNING_CONFIG, TRUSTED_ROOT,
    repository::{TARGETS_FOLDER, file, sha256, versioned},
    roles::name,
};

/// A role as it was signed, whatever else it describes.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub(crate) struct Raw<T> {
    version: NonZeroU64,
    expires: Timestamp,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
    #[serde(skip)]
    role: PhantomData<T>,
}

impl<T: Role> Role for Raw<T> {
    const TYPE: RoleType = T::TYPE;

    fn expires(&self) -> Timestamp {
        self.expires
    }

    fn version(&self) -> NonZeroU64 {
        self.version
    }

    fn filename(&self, _consistent_snapshot: bool) -> String {
        versioned(&format!("{}.json", name(T::TYPE)), self.version.get())
    }
}

impl<T: Role> Raw<T> {
    /// The role's JSON, with the SHA-256 of each file beside its SHA-512.
    ///
    /// # Errors
    ///
    /// [`Error::Repository`] for a file that is missing or is another one.
    pub(crate) fn with_sha256(mut self, files: &Files) -> Result<Value> {
        for (file, described) in entries(&mut self.rest, "meta") {
            let version = described["version"].as_u64().unwrap_or_default();
            complete(described, &versioned(file, version), files)?;
        }
        for (target, described) in entries(&mut self.rest, "targets") {
            let sha512 = described["hashes"]["sha512"].as_str().unwrap_or_default();
            let path = format!("{TARGETS_FOLDER}{sha512}.{target}");
            complete(described, &path, files)?;
        }
        Ok(serde_json::to_value(self).expect("it was JSON"))
    }
}

fn entries<'a>(
    role: &'a mut BTreeMap<String, Value>,
    list: &str,
) -> impl Iterator<Item = (&'a String, &'a mut Value)> {
    let list = role.get_mut(list).and_then(Value::as_object_mut);
    list.into_iter().flatten()
}

fn complete(described: &mut Value, path: &str, files: &Files) -> Result<()> {
    let hashes = described.get_mut("hashes").and_then(Value::as_object_mut);
    let Some(hashes) = hashes.filter(|hashes| !hashes.contains_key("sha256")) else {
        return Ok(());
    };
    let bytes = file(files, path)?;
    if hashes.get("sha512") != Some(&sha512(bytes).into()) {
        return Err(Error::repository(
            path,
            "isn't the file that is referred to",
        ));
    }
    hashes.insert("sha256".into(), hex::encode(sha256(bytes)).into());
    Ok(())
}

/// The SHA-512 by which the original finds `target`.
pub(crate) fn sha512_of(target: &Target) -> Option<&str> {
    target.hashes._extra.get("sha512").and_then(Value::as_str)
}

pub(crate) fn sha512(bytes: &[u8]) -> String {
    hex::encode(Sha512::digest(bytes))
}

/// Whether the target is one that is made from inputs, so that all it says is in `trusted_root.json`
/// or in the signing config. Any other is somebody's own, and stays.
pub(crate) fn is_derived(target: &str, described: &Target) -> bool {
    let usage = described
        .custom
        .get("sigstore")
        .and_then(|custom| custom["usage"].as_str());
    [TRUSTED_ROOT, SIGNING_CONFIG].contains(&target)
        || usage.is_some_and(|usage| ["Fulcio", "Rekor", "CTFE", "TSA"].contains(&usage))
}

//! Metadata that go-tuf 0.7 wrote, with which the Go original makes its repositories: it describes
//! files by their SHA-512 alone, which tough doesn't read.

use std::{collections::BTreeMap, marker::PhantomData, num::NonZeroU64};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tough::schema::{Role, RoleType, Target};

use crate::{
    Error, Result,
    files::{self, Files, file, sha256, sha512, versioned},
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
    /// Whether targets can have the names that they have.
    ///
    /// # Errors
    ///
    /// [`Error::TargetName`]
    pub(crate) fn check_names(&self) -> Result<()> {
        let targets = self.rest.get("targets").and_then(Value::as_object);
        let mut names = targets.into_iter().flat_map(|targets| targets.keys());
        names.try_for_each(|name| {
            files::check_name(name).map_err(|problem| Error::TargetName {
                name: name.clone(),
                problem,
            })
        })
    }

    /// The role's JSON, with the SHA-256 of each file beside its SHA-512.
    ///
    /// # Errors
    ///
    /// [`Error::Repository`] for a file that is missing or is another one.
    pub(crate) fn with_sha256(mut self, all: &Files) -> Result<Value> {
        for (role, described) in descriptions(&mut self.rest, "meta") {
            let version = described["version"].as_u64().unwrap_or_default();
            complete(described, &versioned(role, version), all)?;
        }
        for (target, described) in descriptions(&mut self.rest, "targets") {
            let digest = described["hashes"]["sha512"].as_str().unwrap_or_default();
            let path = files::target_path(target, digest);
            complete(described, &path, all)?;
        }
        Ok(serde_json::to_value(self).expect("it was JSON"))
    }
}

/// The files that `role` describes in its field `list`.
fn descriptions<'a>(
    role: &'a mut BTreeMap<String, Value>,
    list: &str,
) -> impl Iterator<Item = (&'a String, &'a mut Value)> {
    let list = role.get_mut(list).and_then(Value::as_object_mut);
    list.into_iter().flatten()
}

fn complete(described: &mut Value, path: &str, all: &Files) -> Result<()> {
    let hashes = described.get_mut("hashes").and_then(Value::as_object_mut);
    let Some(hashes) = hashes.filter(|hashes| !hashes.contains_key("sha256")) else {
        return Ok(());
    };
    let bytes = file(all, path)?;
    if hashes.get("sha512") != Some(&sha512(bytes).into()) {
        return Err(Error::repository(
            path,
            "isn't the file that is referred to",
        ));
    }
    hashes.insert("sha256".into(), sha256(bytes).into());
    Ok(())
}

/// Whether go-tuf described `target`: digests of others are SHA-256 and nothing else.
pub(crate) fn is_described_by_it(target: &Target) -> bool {
    sha512_of(target).is_some()
}

/// Where go-tuf has put the bytes of `target`.
pub(crate) fn target_path(name: &str, target: &Target) -> Option<String> {
    Some(files::target_path(name, sha512_of(target)?))
}

fn sha512_of(target: &Target) -> Option<&str> {
    target.hashes._extra.get("sha512").and_then(Value::as_str)
}

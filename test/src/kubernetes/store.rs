//! The objects, and what creating, replacing and deleting one means.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use super::{
    kind::{Kind, Object},
    rules,
    status::{Failure, about},
};

/// All objects, by resource, namespace and name.
#[derive(Default)]
pub(super) struct Store {
    objects: BTreeMap<Key, Object>,
    /// The last write's number. As in etcd, all objects share the count.
    version: u64,
    file: Option<PathBuf>,
}

type Key = (&'static str, String, String);

impl Store {
    /// The objects that a file holds, if it exists. Each write is in the file before it is known
    /// to anybody.
    pub(super) fn open(file: &Path) -> io::Result<Self> {
        let mut store = Self {
            file: Some(file.into()),
            ..Self::default()
        };
        if !file.exists() {
            return Ok(store);
        }
        let objects: Vec<Object> = serde_json::from_slice(&fs::read(file)?)?;
        for object in objects {
            let kind = Kind::named(&object.kind).ok_or(io::ErrorKind::InvalidData)?;
            let metadata = &object.metadata;
            let version = metadata.resource_version.parse().unwrap_or_default();
            store.version = store.version.max(version);
            let key = (
                kind.resource,
                metadata.namespace.clone(),
                metadata.name.clone(),
            );
            store.objects.insert(key, object);
        }
        Ok(store)
    }

    pub(super) fn find(&self, resource: &'static str, ns: &str, name: &str) -> Option<&Object> {
        self.objects.get(&(resource, ns.into(), name.into()))
    }

    /// Objects of a namespace, ordered by name.
    pub(super) fn in_namespace(
        &self,
        resource: &'static str,
        ns: &str,
    ) -> impl Iterator<Item = &Object> {
        let matches = move |key: &&Key| key.0 == resource && key.1 == ns;
        let matching = self.objects.iter().filter(move |(key, _)| matches(key));
        matching.map(|(_, object)| object)
    }

    pub(super) fn everything(&self) -> impl Iterator<Item = &Object> {
        self.objects.values()
    }

    pub(super) fn get(&self, kind: &Kind, ns: &str, name: &str) -> Result<&Object, Failure> {
        let found = self.find(kind.resource, ns, name);
        found.ok_or_else(|| Failure::not_found(kind, name))
    }

    pub(super) fn list(&self, kind: &'static Kind, ns: &str) -> Value {
        let items = self.in_namespace(kind.resource, ns).map(|object| {
            let mut item = json!(object);
            // In a list the items don't have these fields, since the list has them.
            for field in ["apiVersion", "kind"] {
                item.as_object_mut().and_then(|item| item.remove(field));
            }
            item
        });
        json!({
            "apiVersion": kind.api_version(),
            "kind": format!("{}List", kind.kind),
            "metadata": {"resourceVersion": self.version.to_string()},
            "items": items.collect::<Vec<_>>(),
        })
    }

    pub(super) fn create(
        &mut self,
        kind: &'static Kind,
        ns: &str,
        mut object: Object,
    ) -> Result<&Object, Failure> {
        match_namespace(kind, ns, &mut object)?;
        if kind.namespaced && self.find("namespaces", "", ns).is_none() {
            let namespaces = Kind::served("", "namespaces").expect("it is among the kinds");
            return Err(Failure::not_found(namespaces, ns));
        }
        object.metadata.uid = Some(uid());
        object.metadata.creation_timestamp = Some(now());
        complete(kind, &mut object);
        rules::check(kind, &object)?;
        if !matches!(object.metadata.resource_version.as_str(), "" | "0") {
            return Err(Failure::unknown(
                "resourceVersion should not be set on objects to be created",
            ));
        }
        let name = object.metadata.name.clone();
        if self.find(kind.resource, ns, &name).is_some() {
            return Err(Failure::already_exists(kind, &name));
        }
        self.write((kind.resource, ns.into(), name), object)
    }

    pub(super) fn replace(
        &mut self,
        kind: &'static Kind,
        ns: &str,
        name: &str,
        mut object: Object,
    ) -> Result<&Object, Failure> {
        match_namespace(kind, ns, &mut object)?;
        let named = &object.metadata.name;
        if named != name {
            return Err(Failure::bad_request(format!(
                "the name of the object ({named}) does not match the name on the URL ({name})"
            )));
        }
        let old = self.get(kind, ns, name)?.clone();
        check_precondition(kind, &object, &old)?;
        let metadata = &mut object.metadata;
        match metadata.resource_version.as_str() {
            "" | "0" => (),
            version if version == old.metadata.resource_version => (),
            version if version.parse::<u64>().is_err() => {
                return Err(Failure::unknown(&format!(
                    "strconv.ParseUint: parsing {version:?}: invalid syntax"
                )));
            }
            _ => {
                let why = "the object has been modified; please apply your changes to the latest \
                           version and try again";
                return Err(Failure::conflict(kind, name, why));
            }
        }
        metadata.uid.clone_from(&old.metadata.uid);
        let created = &old.metadata.creation_timestamp;
        metadata.creation_timestamp.clone_from(created);
        let version = &old.metadata.resource_version;
        metadata.resource_version.clone_from(version);
        if object.type_.as_ref().is_none_or(String::is_empty) {
            object.type_.clone_from(&old.type_);
        }
        complete(kind, &mut object);
        rules::check_change(kind, &object, &old)?;
        let key = (kind.resource, ns.into(), name.into());
        if object == old {
            return Ok(&self.objects[&key]);
        }
        self.write(key, object)
    }

    /// Deletes an object, and returns the server's answer.
    pub(super) fn delete(&mut self, kind: &Kind, ns: &str, name: &str) -> Result<Value, Failure> {
        let mut object = self.get(kind, ns, name)?.clone();
        self.objects
            .remove(&(kind.resource, ns.into(), name.into()));
        self.version += 1;
        self.save()?;
        if kind.kind == "ServiceAccount" {
            object.metadata.resource_version = self.version.to_string();
            return Ok(json!(object));
        }
        let mut details = about(kind, name);
        details["uid"] = json!(object.metadata.uid);
        Ok(json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Success",
            "details": details,
        }))
    }

    /// Deletes a namespace and all that is in it.
    pub(super) fn delete_namespace(&mut self, name: &str) {
        self.objects.retain(|(_, ns, own), object| {
            ns != name && !(object.kind == "Namespace" && own == name)
        });
    }

    fn write(&mut self, key: Key, mut object: Object) -> Result<&Object, Failure> {
        self.version += 1;
        object.metadata.resource_version = self.version.to_string();
        self.objects.insert(key.clone(), object);
        self.save()?;
        Ok(&self.objects[&key])
    }

    /// Replaces the file as a whole, so that it is one or the other whenever this process ends.
    fn save(&self) -> Result<(), Failure> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let objects: Vec<_> = self.everything().collect();
        let save = || -> io::Result<()> {
            let folder = file.parent().unwrap_or(Path::new("."));
            let mut new = NamedTempFile::new_in(folder)?;
            serde_json::to_writer(&mut new, &objects)?;
            new.persist(file)?;
            Ok(())
        };
        save().map_err(|cause| Failure::unknown(&format!("{}: {cause}", file.display())))
    }
}

/// Gives the object the namespace of the request's path.
fn match_namespace(kind: &Kind, ns: &str, object: &mut Object) -> Result<(), Failure> {
    let own = &mut object.metadata.namespace;
    if !own.is_empty() && kind.namespaced && own != ns {
        return Err(Failure::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    *own = ns.into();
    Ok(())
}

/// An object that names a uid replaces the object with that uid and no other.
fn check_precondition(kind: &Kind, object: &Object, old: &Object) -> Result<(), Failure> {
    let metadata = &old.metadata;
    let (uid, real) = match (&object.metadata.uid, &metadata.uid) {
        (Some(uid), Some(real)) if uid != real => (uid, real),
        _ => return Ok(()),
    };
    let key = format!(
        "/registry/{}/{}/{}",
        kind.resource, metadata.namespace, metadata.name
    );
    let why = format!(
        "StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: \
         Precondition failed: UID in precondition: {uid}, UID in object meta: {real}"
    );
    Err(Failure::conflict(kind, &metadata.name, &why))
}

/// Sets what the server sets when the client didn't.
fn complete(kind: &Kind, object: &mut Object) {
    match kind.kind {
        "Secret" if object.type_.as_ref().is_none_or(String::is_empty) => {
            object.type_ = Some("Opaque".into());
        }
        "Namespace" => {
            let name = object.metadata.name.clone();
            let labels = &mut object.metadata.labels;
            labels.insert("kubernetes.io/metadata.name".into(), name);
            object.spec = Some(json!({"finalizers": ["kubernetes"]}));
            object.status = Some(json!({"phase": "Active"}));
        }
        _ => (),
    }
}

/// A random UUID (RFC 9562, version 4).
pub(super) fn uid() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the operating system has random numbers");
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = hex::encode(bytes);
    for position in [20, 16, 12, 8] {
        text.insert(position, '-');
    }
    text
}

fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_store_wrote_another_finds_and_goes_on_from() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("objects.json");
        let kind = Kind::named("Namespace").unwrap();
        let named = |name: &str| {
            let object =
                json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
            kind.decode(object).map_err(|it| it.message).unwrap()
        };
        let mut first = Store::open(&file).unwrap();
        let written = first
            .create(kind, "", named("first"))
            .map_err(|it| it.message);
        let written = written.unwrap().clone();
        let mut second = Store::open(&file).unwrap();
        assert_eq!(second.find(kind.resource, "", "first"), Some(&written));
        let newer = second
            .create(kind, "", named("second"))
            .map_err(|it| it.message);
        let version = |object: &Object| object.metadata.resource_version.parse::<u64>().unwrap();
        assert!(version(newer.unwrap()) > version(&written));
        fs::write(&file, "[{}]").unwrap();
        assert!(Store::open(&file).is_err());
    }
}

//! The manifests in a folder such as `config/`.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use serde_json::Value;

/// An object of a manifest.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The file.
    pub file: PathBuf,
    /// The object, as it would be in JSON.
    pub object: Value,
}

impl Manifest {
    /// All objects of `config/`, in the order in which `kubectl apply -f config/` sends them.
    ///
    /// # Panics
    ///
    /// When a file can't be read.
    pub fn all() -> &'static [Self] {
        static ALL: LazyLock<Vec<Manifest>> = LazyLock::new(|| {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config");
            Manifest::read(&folder).unwrap_or_else(|cause| panic!("{cause}"))
        });
        &ALL
    }

    /// All objects in a folder, as [`Manifest::all`].
    ///
    /// # Errors
    ///
    /// The file, and why it can't be read.
    pub fn read(folder: &Path) -> Result<Vec<Self>, String> {
        let unreadable = |path: &Path, cause: io::Error| format!("{}: {cause}", path.display());
        let mut paths = vec![];
        for file in fs::read_dir(folder).map_err(|cause| unreadable(folder, cause))? {
            paths.push(file.map_err(|cause| unreadable(folder, cause))?.path());
        }
        paths.sort();
        let mut manifests = vec![];
        for file in paths {
            let text = fs::read_to_string(&file).map_err(|cause| unreadable(&file, cause))?;
            let objects: Vec<Value> = serde_saphyr::from_multiple(&text)
                .map_err(|cause| format!("{}: {cause}", file.display()))?;
            let objects = objects.into_iter().filter(|object| !object.is_null());
            manifests.extend(objects.map(|object| Self {
                file: file.clone(),
                object,
            }));
        }
        Ok(manifests)
    }

    /// The object's kind.
    pub fn kind(&self) -> &str {
        self.object["kind"].as_str().unwrap_or_default()
    }
}

/// The file and the object, as a message names them.
impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |field: &str| self.object["metadata"][field].as_str().unwrap_or_default();
        let (file, kind) = (self.file.display(), self.kind());
        write!(f, "{file}: {kind} {}/{}", text("namespace"), text("name"))
    }
}

//! The manifests in a folder such as `config/` or `config/tiles`.

use std::{
    env, fmt, fs, io,
    path::{Path, PathBuf},
    process::Command,
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
    /// All objects of the folder that the environment names in `SCAFFOLDING_CONFIG`; without it, of
    /// `config/` and of what can be added to it: Rekor v2 and TesseraCT.
    ///
    /// # Panics
    ///
    /// When a file can't be read.
    pub fn all() -> &'static [Self] {
        static ALL: LazyLock<Vec<Manifest>> = LazyLock::new(|| match env::var_os(FOLDER) {
            Some(_) => Manifest::stack().to_vec(),
            None => [
                "config",
                "hack/stacks/rekor-tiles",
                "hack/stacks/ctlog-tiles",
            ]
            .into_iter()
            .flat_map(|folder| read_or_panic(folder.as_ref()))
            .collect(),
        });
        &ALL
    }

    /// All objects of one stack: of the folder that the environment names in `SCAFFOLDING_CONFIG`,
    /// below the checkout, and without it of `config/`.
    ///
    /// # Panics
    ///
    /// When a file can't be read.
    pub fn stack() -> &'static [Self] {
        static STACK: LazyLock<Vec<Manifest>> = LazyLock::new(|| {
            let folder = env::var_os(FOLDER).unwrap_or_else(|| "config".into());
            read_or_panic(folder.as_ref())
        });
        &STACK
    }

    /// All objects in a folder, in the order in which `kubectl apply -f` sends them. One with a
    /// `kustomization.yaml`, or with nothing but a `Kustomization`, is rendered, as for
    /// `kubectl apply -k`, by kubectl.
    ///
    /// # Errors
    ///
    /// The file, and why it can't be read; or what kubectl says.
    pub fn read(folder: &Path) -> Result<Vec<Self>, String> {
        if folder.join("kustomization.yaml").exists() {
            return Self::parse(folder, &render(folder)?);
        }
        let unreadable = |path: &Path, cause: io::Error| format!("{}: {cause}", path.display());
        let mut paths = vec![];
        for file in fs::read_dir(folder).map_err(|cause| unreadable(folder, cause))? {
            paths.push(file.map_err(|cause| unreadable(folder, cause))?.path());
        }
        paths.retain(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        });
        if paths.is_empty() && folder.join("Kustomization").exists() {
            return Self::parse(folder, &render(folder)?);
        }
        paths.sort();
        let mut manifests = vec![];
        for file in paths {
            let text = fs::read_to_string(&file).map_err(|cause| unreadable(&file, cause))?;
            manifests.extend(Self::parse(&file, &text)?);
        }
        Ok(manifests)
    }

    /// All objects in the text of a file.
    ///
    /// # Errors
    ///
    /// The file, and why it can't be read.
    pub fn parse(file: &Path, text: &str) -> Result<Vec<Self>, String> {
        let objects: Vec<Value> = serde_saphyr::from_multiple(text)
            .map_err(|cause| format!("{}: {cause}", file.display()))?;
        let objects = objects.into_iter().filter(|object| !object.is_null());
        let manifest = |object| Self {
            file: file.into(),
            object,
        };
        Ok(objects.map(manifest).collect())
    }

    /// The object's kind.
    pub fn kind(&self) -> &str {
        self.object["kind"].as_str().unwrap_or_default()
    }
}

fn read_or_panic(folder: &Path) -> Vec<Manifest> {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    Manifest::read(&checkout.join(folder)).unwrap_or_else(|cause| panic!("{cause}"))
}

/// What `kubectl kustomize` makes of a folder.
fn render(folder: &Path) -> Result<String, String> {
    let mut kubectl = Command::new("kubectl");
    let output = kubectl.arg("kustomize").arg(folder).output();
    let output = output.map_err(|cause| {
        let folder = folder.display();
        format!(
            "{folder} is a Kustomization, and kubectl, which reads those, doesn't start: {cause}"
        )
    })?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    match output.status.success() {
        true => Ok(text(output.stdout)),
        false => Err(format!(
            "{}: {}",
            folder.display(),
            text(output.stderr).trim()
        )),
    }
}

/// The environment variable that names a stack.
const FOLDER: &str = "SCAFFOLDING_CONFIG";

/// The file and the object, as a message names them.
impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |field: &str| self.object["metadata"][field].as_str().unwrap_or_default();
        let (file, kind) = (self.file.display(), self.kind());
        write!(f, "{file}: {kind} {}/{}", text("namespace"), text("name"))
    }
}

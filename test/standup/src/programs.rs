//! The servers' programs: from the PATH, or built once with Go from the modules that pin them.

use std::{
    collections::BTreeMap,
    env, fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context as _, Result, bail, ensure};
use sha2::{Digest as _, Sha256};
use testbed::Pod;

use crate::{home, images::Server};

/// Where the programs are, by their images.
pub(crate) struct Programs(BTreeMap<String, PathBuf>);

impl Programs {
    /// Finds a program for each image that isn't one of ours, and builds what isn't there.
    pub(crate) fn find(pods: &[Pod]) -> Result<Self> {
        let mut found = BTreeMap::new();
        let mut missing = BTreeMap::new();
        for container in pods.iter().flat_map(Pod::containers) {
            let Some(server) = Server::for_image(container.image()) else {
                continue;
            };
            let image = container.image().to_owned();
            match on_path(server.programs) {
                Some(program) => {
                    found.insert(image, program);
                }
                None => {
                    missing.insert(image, (server, container.tag()));
                }
            }
        }
        if !missing.is_empty() {
            let go = Go::find(&missing.values().copied().collect::<Vec<_>>())?;
            for (image, (server, _)) in missing {
                found.insert(image, go.program(server)?);
            }
        }
        Ok(Self(found))
    }

    pub(crate) fn path(&self, image: &str) -> Option<&Path> {
        self.0.get(image).map(PathBuf::as_path)
    }
}

/// Beside this program, as in a release, or on the PATH.
fn on_path(names: &[&str]) -> Option<PathBuf> {
    let own = env::current_exe().ok();
    let own = own.and_then(|own| own.parent().map(Path::to_owned));
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = own.into_iter().chain(env::split_paths(&path)).collect();
    let files = |name| {
        folders
            .iter()
            .map(move |folder: &PathBuf| folder.join(name))
    };
    let mut files = names.iter().flat_map(files);
    files.find(|file| file.is_file())
}

/// Go, and where what it built is kept: as `hack/cluster` does, which finds it there, too.
struct Go {
    cache: PathBuf,
    /// The compiler's version, and for what it builds.
    target: Vec<u8>,
}

impl Go {
    fn find(missing: &[(Server, &str)]) -> Result<Self> {
        let output = match Command::new("go")
            .args(["env", "GOVERSION", "GOOS", "GOARCH"])
            .output()
        {
            Ok(output) => output,
            Err(cause) if cause.kind() == ErrorKind::NotFound => {
                let names = missing
                    .iter()
                    .map(|(server, tag)| format!("{} {tag}", server.module));
                bail!(
                    "neither Go nor what it would build is on the PATH ({}): install Go (https://go.dev/dl)",
                    names.collect::<Vec<_>>().join(", ")
                )
            }
            Err(cause) => return Err(cause).context("starting Go"),
        };
        ensure!(
            output.status.success(),
            "go env: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let folder = |name: &str| env::var_os(name).map(PathBuf::from);
        let cache = folder("SCAFFOLDING_CACHE").or_else(|| {
            let caches = folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")));
            Some(caches?.join("scaffolding/cluster"))
        });
        Ok(Self {
            cache: cache
                .context("neither HOME nor XDG_CACHE_HOME says where to keep what Go builds")?,
            target: output.stdout,
        })
    }

    /// The program of a module, built or not.
    fn program(&self, server: Server) -> Result<PathBuf> {
        let module = home().join("hack/cluster.d/modules").join(server.module);
        let mut files = vec![];
        for file in
            fs::read_dir(&module).with_context(|| format!("reading {}", module.display()))?
        {
            files.push(file?.path());
        }
        files.sort();
        let mut key = Sha256::new_with_prefix(&self.target);
        for file in files {
            key.update(fs::read(file)?);
        }
        let key: String = key.finalize()[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let folder = self
            .cache
            .join("bin")
            .join(format!("{}-{key}", server.module));
        let program = folder.join(server.module);
        if !program.exists() {
            self.build(server, &module, &folder)?;
        }
        Ok(program)
    }

    fn build(&self, server: Server, module: &Path, folder: &Path) -> Result<()> {
        let name = server.module;
        tell(&format!(
            "building {name} with Go: once, and for some minutes"
        ));
        let start = Instant::now();
        fs::create_dir_all(self.cache.join("bin"))?;
        let new = tempfile::tempdir_in(self.cache.join("bin"))?;
        let build = Command::new("go")
            .args([
                "build",
                "-mod=readonly",
                "-trimpath",
                "-ldflags=-s -w",
                "-o",
            ])
            .arg(new.path().join(name))
            .arg("tool")
            .current_dir(module)
            .env("CGO_ENABLED", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status();
        let built = build.context("starting Go")?.success();
        ensure!(
            built,
            "{name} can't be built, and above is what Go says: its version is {}",
            self.version()
        );
        match fs::rename(new.keep(), folder) {
            // Somebody else was quicker.
            Err(_) if folder.exists() => (),
            renamed => renamed?,
        }
        tell(&format!(
            "{name} is built after {} s",
            start.elapsed().as_secs()
        ));
        Ok(())
    }

    fn version(&self) -> String {
        let target = String::from_utf8_lossy(&self.target);
        target.lines().next().unwrap_or_default().to_owned()
    }
}

/// Says how it goes on to whoever waits, and to no program that reads what is printed.
fn tell(line: &str) {
    use std::io::Write as _;
    // Nobody has to listen.
    let _ = writeln!(std::io::stderr(), "{line}");
}

//! The folder of a stack: what it keeps from one start to the next, and whether it runs.

use std::{
    collections::BTreeMap,
    fs::{self, File, TryLockError},
    io::{Read as _, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use keys::{Kind, PrivateKey};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use testbed::{API_SERVER, Issuer};

/// The folder of a stack that is this process's.
pub(crate) struct State {
    folder: PathBuf,
    temporary: Option<TempDir>,
    /// Given up last, when nothing is left to be in the way of whoever takes the folder next.
    lock: File,
}

impl State {
    /// Takes the folder, or a new one that is gone afterwards.
    pub(crate) fn take(folder: Option<&Path>) -> Result<Self> {
        let temporary = folder.is_none().then(TempDir::new).transpose();
        let temporary = temporary.context("making a temporary folder")?;
        let folder = match (folder, &temporary) {
            (Some(folder), _) => folder,
            (None, Some(temporary)) => temporary.path(),
            (None, None) => bail!("no folder"),
        };
        let shown = folder.display();
        fs::create_dir_all(folder).with_context(|| format!("making {shown}"))?;
        let folder = fs::canonicalize(folder).with_context(|| format!("finding {shown}"))?;
        check_version(&folder)?;
        // Keys are in there.
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
        fs::write(folder.join(VERSION_FILE), VERSION)?;
        let mut lock = open_lock(&folder)?;
        let start = Instant::now();
        loop {
            match lock.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(cause)) => {
                    return Err(cause).with_context(|| format!("locking {shown}"));
                }
                // The servers of one that was killed end after it.
                Err(TryLockError::WouldBlock) if start.elapsed() < PATIENCE / 5 => sleep(PAUSE),
                Err(TryLockError::WouldBlock) => bail!(
                    "{shown} is in use by another standup: end that (standup stop --state {shown}), or \
                     name another folder"
                ),
            }
        }
        lock.set_len(0)?;
        write!(lock, "{}", std::process::id())?;
        // Of the run before: pods make theirs anew.
        for gone in ["pods", "logs"] {
            drop(fs::remove_dir_all(folder.join(gone)));
        }
        Ok(Self {
            folder,
            temporary,
            lock,
        })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What is locked as long as anybody has it open.
    pub(crate) fn lock(&self) -> &File {
        &self.lock
    }

    /// The folder, if nobody needs it afterwards.
    pub(crate) fn temporary(&self) -> Option<&Path> {
        self.temporary.as_ref().map(TempDir::path)
    }

    /// A folder in there.
    pub(crate) fn part(&self, name: &str) -> Result<PathBuf> {
        let part = self.folder.join(name);
        fs::create_dir_all(&part).with_context(|| format!("making {}", part.display()))?;
        Ok(part)
    }

    pub(crate) fn ports(&self) -> Result<BTreeMap<String, u16>> {
        ports(&self.folder)
    }

    pub(crate) fn keep_ports(&self, ports: &BTreeMap<String, u16>) -> Result<()> {
        let file = self.folder.join(PORTS);
        fs::write(&file, serde_json::to_vec(ports)?)
            .with_context(|| format!("writing {}", file.display()))
    }

    /// The issuer, whose key is there.
    pub(crate) fn issuer(&self) -> Result<Issuer> {
        issuer(&self.folder)
    }
}

/// Makes the issuer's key unless there is one.
pub(crate) fn make_issuer_key(folder: &Path) -> Result<()> {
    let file = folder.join(ISSUER_KEY);
    if file.exists() {
        return Ok(());
    }
    let key = PrivateKey::generate(Kind::Rsa2048);
    let key = keys::to_pem("PRIVATE KEY", key.pkcs8_der());
    let mut options = fs::OpenOptions::new();
    let options = options.write(true).create_new(true).mode(0o600);
    let written = options
        .open(&file)
        .and_then(|mut file| file.write_all(key.as_bytes()));
    written.with_context(|| format!("writing {}", file.display()))
}

/// The issuer of the stack that runs in that folder.
pub(crate) fn running_issuer(folder: &Path) -> Result<Issuer> {
    let shown = folder.display();
    ensure!(
        running(folder)?.is_some(),
        "no stack runs in {shown}: standup --servers --state {shown} starts one"
    );
    issuer(folder)
}

/// Ends the stack that runs in that folder.
pub(crate) fn stop(folder: &Path) -> Result<()> {
    let shown = folder.display();
    let Some(pid) = running(folder)? else {
        bail!("no stack runs in {shown}");
    };
    kill_process(pid, Signal::TERM).context("ending it")?;
    let start = Instant::now();
    while folder.exists() && running(folder)?.is_some() {
        ensure!(
            start.elapsed() < PATIENCE,
            "process {} doesn't end, and {shown} is still in use: kill -9 {0} ends it and its servers",
            pid.as_raw_nonzero(),
        );
        sleep(PAUSE);
    }
    Ok(())
}

/// Who stands up the stack in that folder.
fn running(folder: &Path) -> Result<Option<Pid>> {
    if !folder.join(VERSION_FILE).exists() {
        return Ok(None);
    }
    let mut lock = open_lock(folder)?;
    match lock.try_lock() {
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            lock.read_to_string(&mut pid)?;
            Ok(pid.parse().ok().and_then(Pid::from_raw))
        }
        Err(TryLockError::Error(cause)) => Err(cause.into()),
        Ok(()) => Ok(None),
    }
}

fn check_version(folder: &Path) -> Result<()> {
    let shown = folder.display();
    let version = folder.join(VERSION_FILE);
    if version.exists() {
        let version = fs::read_to_string(version)?;
        ensure!(
            version == VERSION,
            "{shown} is of version {}, and this standup keeps version {VERSION}: use the one that made it, or \
             an empty folder",
            version.trim()
        );
    } else {
        let mut entries = fs::read_dir(folder)?;
        ensure!(
            entries.next().is_none(),
            "{shown} isn't empty, and no standup made it: name an empty folder, or a new one"
        );
    }
    Ok(())
}

fn open_lock(folder: &Path) -> Result<File> {
    let lock = folder.join("lock");
    let mut options = File::options();
    let options = options.read(true).write(true).create(true).truncate(false);
    options
        .open(&lock)
        .with_context(|| format!("opening {}", lock.display()))
}

fn issuer(folder: &Path) -> Result<Issuer> {
    let key = fs::read(folder.join(ISSUER_KEY)).context("reading the issuer's key")?;
    let key = PrivateKey::from_pem(&key, None)?;
    let port = ports(folder)?.get(API_SERVER).copied();
    let port = port.with_context(|| format!("{PORTS} has no {API_SERVER}"))?;
    let issuer = Issuer::new(&format!("http://127.0.0.1:{port}"), &key);
    issuer.map_err(anyhow::Error::msg)
}

fn ports(folder: &Path) -> Result<BTreeMap<String, u16>> {
    let file = folder.join(PORTS);
    match file.exists() {
        true => serde_json::from_slice(&fs::read(&file)?)
            .with_context(|| format!("reading {}", file.display())),
        false => Ok(BTreeMap::new()),
    }
}

const VERSION_FILE: &str = "version";
/// Of how the folder is laid out.
const VERSION: &str = "1";
const PORTS: &str = "ports.json";
const ISSUER_KEY: &str = "issuer.key";
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(10);

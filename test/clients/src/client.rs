//! The clients, and how each is run: in a folder of its own, with `root.json` and whatever it kept
//! there, it gets `trusted_root.json`, and verifies the bundle with that.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use clients::Site;
use trust::TRUSTED_ROOT;
use tuf::Repository;

use crate::state::signed;

/// A program on the PATH, and its arguments before the URL.
pub(crate) struct Client {
    pub(crate) name: &'static str,
    command: &'static [&'static str],
}

const fn client(name: &'static str, command: &'static [&'static str]) -> Client {
    Client { name, command }
}

pub(crate) const CLIENTS: [Client; 10] = [
    client("cosign 3", &["cosign.sh", "cosign"]),
    client(
        "cosign 2",
        &["cosign.sh", "cosign-v2", "--new-bundle-format"],
    ),
    client("sigstore-go", &["go-clients", "sigstore-go"]),
    client("policy-controller", &["go-clients", "policy-controller"]),
    client("python-tuf", &["python-tuf.py"]),
    client("sigstore-python", &["sigstore-python.sh"]),
    client("tuf-js", &["tuf-js.js"]),
    client("@sigstore/tuf", &["sigstore-tuf.js"]),
    client("tough", &["tough-client"]),
    client("sigstore-rust", &["sigstore-rust"]),
];

/// A repository, and where clients find it.
pub(crate) struct Served {
    pub(crate) repository: Repository,
    url: String,
    archive: PathBuf,
}

impl Served {
    pub(crate) fn by(site: &Site<'_>) -> Result<Self> {
        Ok(Self {
            repository: site.repository()?,
            url: site.url(),
            archive: site.archive(),
        })
    }
}

/// What a client did in one of the ways that it can come to the repository.
pub(crate) struct Visit {
    pub(crate) from: &'static str,
    pub(crate) failure: Option<String>,
    pub(crate) time: Duration,
}

/// Every client comes to the repository in every way that it can: new, with the newest root and
/// with the first; as it was after its visit before; and as it was when it first came. Returns the
/// visits in the order of [`CLIENTS`].
///
/// At its first visit a client is new, whatever it is called.
pub(crate) fn visit_all(served: &Served, folder: &Path) -> Result<Vec<Vec<Visit>>> {
    let repository = &served.repository;
    each(|client| {
        let home = folder.join(client.name.replace('/', "-"));
        let [new, kept, first] = ["new", "kept", "first"].map(|name| home.join(name));
        let visit = |from, home: &Path| {
            let start = Instant::now();
            let failure = client.run(served, home).err();
            Visit {
                from,
                failure: failure.map(|error| format!("{error:#}")),
                time: start.elapsed(),
            }
        };
        let fresh = |from, root: &[u8]| -> Result<Visit> {
            remove(&new)?;
            fs::create_dir_all(&new)?;
            fs::write(new.join("root.json"), root)?;
            Ok(visit(from, &new))
        };
        let newest = fresh("fresh", repository.root())?;
        if !kept.exists() {
            copy(&new, &kept)?;
            copy(&new, &first)?;
        }
        let root_1 = fresh("from root 1", &repository.files()["1.root.json"])?;
        let from_kept = visit("cached", &kept);
        remove(&new)?;
        copy(&first, &new)?;
        Ok(vec![
            newest,
            root_1,
            from_kept,
            visit("cached at first", &new),
        ])
    })
}

/// Every client comes to another repository at the same address, where it must trust nothing.
pub(crate) fn refuse_all(served: &Served, folder: &Path) -> Result<Vec<Vec<Visit>>> {
    each(|client| {
        let home = folder.join(client.name.replace('/', "-")).join("kept");
        let start = Instant::now();
        let failure = match client.run(served, &home) {
            Ok(()) => Some("it trusts another repository".to_owned()),
            Err(_) => None,
        };
        Ok(vec![Visit {
            from: "cached",
            failure,
            time: start.elapsed(),
        }])
    })
}

/// Calls `work` with every client, as many at once as there are processors.
fn each(work: impl Fn(&Client) -> Result<Vec<Visit>> + Sync) -> Result<Vec<Vec<Visit>>> {
    let queue = Mutex::new(CLIENTS.iter().enumerate());
    let done = Mutex::new(vec![]);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, Into::into) {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().expect("nobody panics with it").next();
                    let Some((position, client)) = next else {
                        return;
                    };
                    let visits = work(client).with_context(|| client.name);
                    done.lock()
                        .expect("nobody panics with it")
                        .push((position, visits));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("nobody panics with it");
    done.sort_by_key(|(position, _)| *position);
    done.into_iter().map(|(_, visits)| visits).collect()
}

impl Client {
    /// Runs it, and checks that what it got is what is published.
    fn run(&self, served: &Served, home: &Path) -> Result<()> {
        let result = home.join(TRUSTED_ROOT);
        if result.exists() {
            fs::remove_file(&result)?;
        }
        let output = Command::new("timeout")
            .arg("60")
            .args(self.command)
            .arg(&served.url)
            .current_dir(home)
            .env_remove("RUST_BACKTRACE")
            .env("HOME", home)
            .env("ARCHIVE", &served.archive)
            .env("BUNDLE", signed("bundle.json"))
            .env("BLOB", signed("blob"))
            .env("IDENTITY", IDENTITY)
            .env("ISSUER", ISSUER)
            .output()
            .context("starting it")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "{}: {}",
            output.status,
            gist(&said)
        );
        let got = fs::read(&result).context("it wrote no trusted root")?;
        let published = served.repository.target(TRUSTED_ROOT);
        ensure!(
            Some(&got[..]) == published,
            "its trusted root isn't the published one"
        );
        Ok(())
    }
}

/// The lines that speak of an error; else the last one.
fn gist(said: &str) -> String {
    let errors = said
        .lines()
        .filter(|line| line.to_lowercase().contains("error"));
    let errors: Vec<_> = errors.map(str::trim).take(3).collect();
    match errors.is_empty() {
        true => said.lines().last().unwrap_or_default().into(),
        false => errors.join(" | "),
    }
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let status = Command::new("cp").arg("-a").arg(from).arg(to).status();
    ensure!(
        status.context("starting cp")?.success(),
        "can't copy {}",
        from.display()
    );
    Ok(())
}

/// Who signed the bundle.
const IDENTITY: &str = "https://kubernetes.io/namespaces/e2e/serviceaccounts/signer";
const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

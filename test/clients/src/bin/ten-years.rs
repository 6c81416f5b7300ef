//! Ten simulated years of a repository that nobody looks after: `createtuf --renew` runs under a
//! clock that goes forward, and after each run python-tuf refreshes at the same time.
//!
//! `hack/clients.sh` installs python-tuf and libfaketime, and runs this.

#![expect(clippy::print_stdout, reason = "what it shows is what it is for")]

use std::{
    env, fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio},
    time::SystemTime,
};

use anyhow::{Context as _, Result, bail, ensure};
use clients::{Site, at};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use testbed::{
    Kubernetes,
    material::{self, YEAR},
};

fn main() -> ExitCode {
    clients::exit_code(run().map(|()| 0))
}

fn run() -> Result<()> {
    let library = env::var("LIBFAKETIME").context("LIBFAKETIME isn't set")?;
    let kubernetes = Kubernetes::start();
    let mut site = Site::new(&kubernetes)?;
    set_inputs(&site);
    let start = Timestamp::now();
    let outcome = at(site.createtuf()?, start, &library).run();
    ensure!(outcome.code == 0, "{}", outcome.log);
    site.mount()?;

    let mut clients = Clients::start(&site)?;
    let (mut now, mut pauses, mut total) = (start, PAUSES.iter().cycle(), [0; 2]);
    for year in 1..=YEARS {
        let mut seen = [0; 2];
        let end = start + SignedDuration::from_hours(365 * 24 * year);
        while now < end {
            let days = pauses.next().expect("it goes on for ever");
            // Once, everything stands still for longer than the timestamp lives.
            let outage = year == YEAR_OF_OUTAGE && seen[0] == 0;
            now += SignedDuration::from_hours(24 * if outage { OUTAGE } else { *days });
            if outage {
                clients.refuse(now, &site)?;
            }
            let before = site.published();
            let outcome = at(site.createtuf()?.args(["--renew"]), now, &library).run();
            ensure!(outcome.code == 0, "{now}: {}", outcome.log);
            if site.published() != before {
                site.mount()?;
            }
            seen[0] += 1;
            seen[1] += clients.follow(now, &site)?;
        }
        let bytes: usize = site.published().values().map(Vec::len).sum();
        ensure!(
            bytes <= LIMIT,
            "the Secret has {bytes} bytes, of {LIMIT} that it may"
        );
        let tuf::Versions {
            root,
            targets,
            snapshot,
            timestamp,
        } = site.repository()?.versions();
        println!(
            "ok    year {year:>2}, to {}: root {root}, targets {targets}, snapshot {snapshot}, timestamp \
             {timestamp}; {bytes} of {LIMIT} bytes; {} runs, {} refreshes",
            now.strftime("%Y-%m-%d"),
            seen[0],
            seen[1]
        );
        total = [total[0] + seen[0], total[1] + seen[1]];
    }
    println!(
        "ten years: {} runs of createtuf --renew, {} refreshes of python-tuf, all of them ok; {} refused \
         while nothing ran for {OUTAGE} days",
        total[0], total[1], clients.refused
    );
    println!("{} passed, 0 failed", total[1] + clients.refused);
    Ok(())
}

/// Certificates outlive the ten years.
fn set_inputs(site: &Site<'_>) {
    let key = material::key();
    let chain = material::timestamping_chain(&key, SystemTime::now(), 20 * YEAR);
    site.set_input(
        "fulcio-pub-key",
        "cert",
        material::root(&key, "sigstore", 20 * YEAR).to_pem(),
    );
    site.set_input("tsa-cert-chain", "cert-chain", chain.to_pem());
    for secret in ["rekor-pub-key", "ctlog-public-key"] {
        site.set_input(secret, "public", material::key().public_key().to_pem());
    }
}

/// A python-tuf process, and the folders of its clients.
struct Clients {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    folder: TempDir,
    refused: usize,
}

impl Clients {
    fn start(site: &Site<'_>) -> Result<Self> {
        let mut child = Command::new("at.py")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (input, output) = pipes.context("they are piped")?;
        let clients = Self {
            child,
            input,
            output: BufReader::new(output),
            folder: TempDir::new()?,
            refused: 0,
        };
        clients.set("cached", site.repository()?.root())?;
        Ok(clients)
    }

    /// Makes the folder of a client that knows nothing but a root.
    fn set(&self, name: &str, root: &[u8]) -> Result<PathBuf> {
        let folder = self.folder.path().join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("root.json"), root)?;
        Ok(folder)
    }

    /// Three clients refresh: one that starts from the newest root, one that was here after the run
    /// before, and one that last looked at the first root.
    fn follow(&mut self, now: Timestamp, site: &Site<'_>) -> Result<usize> {
        let repository = site.repository()?;
        let newest = self.set("newest", repository.root())?;
        let first = self.set("first", &repository.files()["1.root.json"])?;
        let cached = self.folder.path().join("cached");
        let expected = format!("ok {}", repository.versions().root);
        let folders = [newest, first, cached];
        for folder in &folders {
            let answer = self.ask(now, folder, site)?;
            ensure!(answer == expected, "{now}: {}: {answer}", folder.display());
        }
        Ok(folders.len())
    }

    /// What has expired is refused.
    fn refuse(&mut self, now: Timestamp, site: &Site<'_>) -> Result<()> {
        let cached = self.folder.path().join("cached");
        let answer = self.ask(now, &cached, site)?;
        ensure!(
            answer.starts_with("ExpiredMetadataError"),
            "{now}: {answer}"
        );
        self.refused += 1;
        Ok(())
    }

    fn ask(&mut self, now: Timestamp, folder: &Path, site: &Site<'_>) -> Result<String> {
        let time = now.strftime("%Y-%m-%dT%H:%M:%S+00:00");
        writeln!(self.input, "{time} {} {}", folder.display(), site.url())?;
        let mut answer = String::new();
        if self.output.read_line(&mut answer)? == 0 {
            bail!("python-tuf ended: {}", self.child.wait()?);
        }
        Ok(answer.trim_end().into())
    }
}

impl Drop for Clients {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Days between two runs: mostly a month, sometimes a day, and as long as the timestamp allows,
/// which is signed again when half of its 180 days are over.
const PAUSES: [i64; 11] = [30, 31, 1, 30, 89, 2, 28, 31, 60, 7, 30];
const YEARS: i64 = 10;
const YEAR_OF_OUTAGE: i64 = 8;
const OUTAGE: i64 = 200;
/// `MaxSecretSize` in Kubernetes' `pkg/apis/core`.
const LIMIT: usize = 1024 * 1024;

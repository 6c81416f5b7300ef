//! A TUF repository as it is in a cluster: made by `createtuf` in the embedded Kubernetes, mounted
//! as a file, and served by `tufserver`.

#![expect(clippy::print_stdout, reason = "what it shows is what it is for")]

pub mod client;
pub mod loopback;
pub mod signers;
pub mod verifiers;

use std::{
    env, fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::PathBuf,
    process::ExitCode,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use jiff::Timestamp;
use tempfile::TempDir;
use testbed::{Entries, Kubernetes, Process, Running};
use tuf::Repository;

/// The repository and its server.
pub struct Site<'a> {
    kubernetes: &'a Kubernetes,
    folder: TempDir,
    server: Option<Running<'a>>,
    port: u16,
}

impl<'a> Site<'a> {
    /// One without a repository.
    ///
    /// # Errors
    ///
    /// When no temporary folder can be made.
    pub fn new(kubernetes: &'a Kubernetes) -> Result<Self> {
        Ok(Self {
            kubernetes,
            folder: TempDir::new().context("making a folder")?,
            server: None,
            port: 0,
        })
    }

    /// Goes on at the same address with what another Kubernetes holds.
    pub fn move_to(&mut self, kubernetes: &'a Kubernetes) {
        self.kubernetes = kubernetes;
    }

    /// Writes one of the Secrets that `createtuf` reads.
    pub fn set_input(&self, secret: &str, key: &str, value: impl Into<Vec<u8>>) {
        self.set_secret(secret, &[(key.into(), value.into())].into());
    }

    /// Writes a Secret.
    pub fn set_secret(&self, secret: &str, entries: &Entries) {
        self.kubernetes.set_secret(NAMESPACE, secret, entries);
    }

    /// The Job `createtuf` of `config/`.
    ///
    /// # Errors
    ///
    /// When the binary isn't beside this one.
    pub fn createtuf(&self) -> Result<Process<'a>> {
        let job = self
            .kubernetes
            .job(NAMESPACE, "createtuf", &binary("createtuf")?)
            .without_args();
        Ok(job)
    }

    /// What the Secret of the repository holds.
    pub fn published(&self) -> Entries {
        self.kubernetes.secret(NAMESPACE, "tuf-root")
    }

    /// The repository.
    ///
    /// # Errors
    ///
    /// When there is none, or it is damaged.
    pub fn repository(&self) -> Result<Repository> {
        let published = self.published();
        let archive = published
            .get("repository")
            .context("nothing is published")?;
        Ok(Repository::from_archive(archive)?)
    }

    /// Puts what is published where the server reads it, as a kubelet does, and waits until it is
    /// served.
    ///
    /// # Errors
    ///
    /// When it isn't served within a minute.
    pub fn mount(&mut self) -> Result<()> {
        let published = self.published();
        let archive = published
            .get("repository")
            .context("nothing is published")?;
        let new = self.folder.path().join("new");
        fs::write(&new, archive)?;
        fs::rename(new, self.archive())?;
        if self.server.is_none() {
            self.start()?;
        }
        let repository = self.repository()?;
        let start = Instant::now();
        for path in ["root.json", "timestamp.json"] {
            while self.get(path)? != repository.files()[path] {
                ensure!(start.elapsed() < PATIENCE, "the new {path} isn't served");
                sleep(Duration::from_millis(20));
            }
        }
        Ok(())
    }

    fn start(&mut self) -> Result<()> {
        let server = Process::new(self.kubernetes, &binary("tufserver")?).args([
            format!("--repository={}", self.archive().display()).as_str(),
            "--port=0",
            "--health-port=0",
        ]);
        let mut server = server.start();
        server.wait_for_line("serving root");
        // The first address is the one for clients.
        let address = server
            .log()
            .split_once("listening on ")
            .and_then(|(_, rest)| rest.lines().next());
        let port = address.and_then(|address| address.rsplit(':').next());
        self.port = port
            .context("tufserver doesn't say where it listens")?
            .trim()
            .parse()?;
        self.server = Some(server);
        Ok(())
    }

    fn get(&self, path: &str) -> Result<Vec<u8>> {
        let mut stream =
            TcpStream::connect(("127.0.0.1", self.port)).context("asking tufserver")?;
        write!(stream, "GET /{path} HTTP/1.0\r\n\r\n")?;
        let mut answer = vec![];
        stream.read_to_end(&mut answer)?;
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
        Ok(answer.split_off(end.context("tufserver's answer has no end of its head")? + 4))
    }

    /// Where clients find it.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The file that the server reads.
    pub fn archive(&self) -> PathBuf {
        self.folder.path().join("repository")
    }
}

/// Has a process take `now` for the time, with libfaketime's library.
pub fn at<'a>(process: Process<'a>, now: Timestamp, library: &str) -> Process<'a> {
    process
        .env("LD_PRELOAD", library)
        .env("FAKETIME", &now.strftime("@%Y-%m-%d %H:%M:%S").to_string())
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .env("TZ", "UTC")
}

/// How a program ends whose work came to this number of failures, or to an end before that.
pub fn exit_code(failures: Result<usize>) -> ExitCode {
    match failures {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            println!("FAIL  {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// A program of this project, which cargo has put beside this one.
fn binary(name: &str) -> Result<String> {
    let own = env::current_exe().context("finding this program's own file")?;
    let path = own.with_file_name(name);
    ensure!(
        path.is_file(),
        "{} isn't there: cargo build makes it",
        path.display()
    );
    Ok(path.display().to_string())
}

const NAMESPACE: &str = "tuf-system";
const PATIENCE: Duration = Duration::from_secs(60);

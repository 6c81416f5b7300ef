//! The process, and what it answers.

use std::{
    fs::File,
    io::{Read as _, Seek as _},
    os::unix::fs::FileExt as _,
    path::Path,
    process::{Child, Command, ExitStatus},
    thread,
    time::{Duration, Instant},
};

use crate::client::{Answer, Client};

pub(crate) struct Server {
    process: Child,
    log: File,
    pub(crate) port: u16,
    pub(crate) health_port: u16,
}

impl Server {
    pub(crate) fn start(binary: &Path, repository: &Path) -> Self {
        let log = tempfile::tempfile().unwrap();
        let process = Command::new(binary)
            .arg(format!("--repository={}", repository.display()))
            .args(["-port=0", "--health-port=0"])
            .stderr(log.try_clone().unwrap())
            .spawn()
            .unwrap();
        let mut server = Self {
            process,
            log,
            port: 0,
            health_port: 0,
        };
        let mut ports = None;
        server.until("it listens", || {
            ports = server.ports();
            ports.is_some()
        });
        [server.port, server.health_port] = ports.unwrap();
        server
    }

    /// Where it says that it listens: for clients, and for the cluster.
    fn ports(&self) -> Option<[u16; 2]> {
        let mut log = [0; 4096];
        // Not at the file's position, where the process writes.
        let length = self.log.read_at(&mut log, 0).unwrap();
        let log = String::from_utf8_lossy(&log[..length]);
        let (whole_lines, _) = log.rsplit_once('\n')?;
        let mut ports = whole_lines.lines().filter_map(|line| {
            let (_, address) = line.split_once("listening on ")?;
            address.rsplit(':').next()?.parse().ok()
        });
        Some([ports.next()?, ports.next()?])
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[])
    }

    pub(crate) fn ask(&self, method: &str, path: &str, headers: &[&str]) -> Answer {
        Client::connect(self.port).ask(method, path, headers)
    }

    pub(crate) fn ready(&self) -> u16 {
        self.told("/readyz").status
    }

    /// What the second port says.
    pub(crate) fn told(&self, path: &str) -> Answer {
        Client::connect(self.health_port).ask("GET", path, &[])
    }

    /// Whether a line of the metrics begins with `tufserver_` and this.
    pub(crate) fn counts(&self, line: &str) -> bool {
        let metrics = String::from_utf8(self.told("/metrics").body).unwrap();
        metrics.contains(&format!("\ntufserver_{line}"))
    }

    pub(crate) fn until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let start = Instant::now();
        while !holds() {
            assert!(start.elapsed() < Duration::from_secs(20), "{what}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Sends SIGTERM; returns the exit status and the log.
    pub(crate) fn stop(mut self) -> (ExitStatus, String) {
        let id = self.process.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        let status = self.process.wait().unwrap();
        let mut log = String::new();
        self.log.rewind().unwrap();
        self.log.read_to_string(&mut log).unwrap();
        (status, log)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

//! The process, and what it answers.

use std::{
    fs::File,
    io::{Read as _, Seek as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
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
        let [port, health_port] = free_ports();
        let log = tempfile::tempfile().unwrap();
        let process = Command::new(binary)
            .arg(format!("--repository={}", repository.display()))
            .args([
                format!("-port={port}"),
                format!("--health-port={health_port}"),
            ])
            .stderr(log.try_clone().unwrap())
            .spawn()
            .unwrap();
        let server = Self {
            process,
            log,
            port,
            health_port,
        };
        server.until("it listens", || {
            TcpStream::connect((Ipv4Addr::LOCALHOST, health_port)).is_ok()
        });
        server
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[])
    }

    pub(crate) fn ask(&self, method: &str, path: &str, headers: &[&str]) -> Answer {
        Client::of(self.port).ask(method, path, headers)
    }

    pub(crate) fn ready(&self) -> u16 {
        self.told("/readyz").status
    }

    /// What the second port says.
    pub(crate) fn told(&self, path: &str) -> Answer {
        Client::of(self.health_port).ask("GET", path, &[])
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

fn free_ports<const N: usize>() -> [u16; N] {
    let listeners: [_; N] =
        std::array::from_fn(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

//! A machine that runs pods without a cluster: folders for their volumes, and ports of loopback in
//! the place of their own and of their Services'.

mod ports;

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read as _, Write as _},
    net::{Ipv4Addr, TcpStream},
    path::{Path, PathBuf},
    time::Duration,
};

pub use ports::Ports;

/// The machine.
#[derive(Default)]
pub struct Node {
    pub(crate) folder: PathBuf,
    pub(crate) services: Vec<Service>,
    /// By their owners.
    pub(crate) ports: BTreeMap<String, u16>,
}

/// Where a Service is.
pub(crate) struct Service {
    /// The name that pods of any namespace call it by.
    pub(crate) host: String,
    /// By its ports, those of loopback.
    pub(crate) ports: BTreeMap<u16, u16>,
}

impl Node {
    /// A machine without Services, where every port is a pod's own.
    pub(crate) fn bare(folder: &Path) -> Self {
        Self {
            folder: folder.into(),
            ..Self::default()
        }
    }

    /// The port of loopback in the place of a pod's.
    pub(crate) fn port(&self, owner: &str) -> Option<u16> {
        self.ports.get(owner).copied()
    }

    /// The URL of a Service's port, if its pod runs here.
    pub fn url(&self, namespace: &str, service: &str, port: u16) -> Option<String> {
        let host = format!("{service}.{namespace}.svc");
        let mut services = self.services.iter();
        let service = services.find(|service| service.host == host)?;
        Some(format!("http://127.0.0.1:{}", service.ports.get(&port)?))
    }

    /// A text in which Services are called by where they are here: with their ports in URLs and
    /// before a port, and by their host alone anywhere else.
    pub fn rewritten(&self, text: &str) -> String {
        let services = self.services.iter();
        services.fold(text.to_owned(), |text, service| service.rewritten(&text))
    }

    /// Where a volume is that somebody claims.
    pub(crate) fn claimed(&self, namespace: &str, claim: &str) -> io::Result<PathBuf> {
        self.folder_at(&["volumes", namespace, claim])
    }

    /// Where something is that a pod has for itself.
    ///
    /// # Errors
    ///
    /// When the folder can't be made.
    pub fn own(&self, namespace: &str, pod: &str, name: &str) -> io::Result<PathBuf> {
        self.folder_at(&["pods", namespace, pod, name])
    }

    fn folder_at(&self, path: &[&str]) -> io::Result<PathBuf> {
        let path: PathBuf = self
            .folder
            .iter()
            .chain(path.iter().map(AsRef::as_ref))
            .collect();
        fs::create_dir_all(&path)?;
        Ok(path)
    }
}

impl Service {
    fn rewritten(&self, text: &str) -> String {
        let is_name = |c: char| c.is_ascii_alphanumeric() || ['-', '.'].contains(&c);
        let (mut new, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once(&self.host) {
            let after = after.strip_prefix(".cluster.local").unwrap_or(after);
            new.push_str(before);
            rest = after;
            if before.ends_with(is_name) || after.starts_with(is_name) {
                new.push_str(&self.host);
                continue;
            }
            // Nothing speaks TLS here.
            let default = match new.strip_suffix("https://").map(str::len) {
                Some(length) => {
                    new.replace_range(length.., "http://");
                    Some(443)
                }
                None => new.ends_with("http://").then_some(80),
            };
            let digits = after.strip_prefix(':').map(|port| {
                let end = port.find(|c: char| !c.is_ascii_digit());
                &port[..end.unwrap_or(port.len())]
            });
            let digits = digits.filter(|digits| !digits.is_empty());
            let asked = digits.and_then(|digits| digits.parse().ok());
            new.push_str("127.0.0.1");
            if let Some(port) = asked.or(default).and_then(|port| self.ports.get(&port)) {
                new.push_str(&format!(":{port}"));
                rest = digits.map_or(after, |digits| &after[1 + digits.len()..]);
            }
        }
        new + rest
    }
}

/// Whether somebody answers that all is well.
pub(crate) fn answers(port: u16, path: &str) -> bool {
    let ask = || -> io::Result<bool> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(stream, "GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")?;
        let mut status = [0; 12];
        stream.read_exact(&mut status)?;
        Ok(status.ends_with(b" 200"))
    };
    ask().unwrap_or(false)
}

const PATIENCE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_called_by_where_it_is_here() {
        let service = |host: &str, ports: &[(u16, u16)]| Service {
            host: host.into(),
            ports: ports.iter().copied().collect(),
        };
        let node = Node {
            services: vec![
                service("kubernetes.default.svc", &[(443, 1)]),
                service("ctlog.ctlog-system.svc", &[(80, 2)]),
                service("log.trillian-system.svc", &[(8090, 3)]),
            ],
            ..Node::default()
        };
        for (text, here) in [
            (
                "https://kubernetes.default.svc.cluster.local",
                "http://127.0.0.1:1",
            ),
            ("https://kubernetes.default.svc:", "http://127.0.0.1:1:"),
            ("https://kubernetes.*.svc", "https://kubernetes.*.svc"),
            (
                "http://ctlog.ctlog-system.svc/prefix",
                "http://127.0.0.1:2/prefix",
            ),
            (
                "--origin=ctlog.ctlog-system.svc/prefix",
                "--origin=127.0.0.1/prefix",
            ),
            ("log.trillian-system.svc:8090", "127.0.0.1:3"),
            (
                "http://ctlog.ctlog-system.svc.example.com",
                "http://ctlog.ctlog-system.svc.example.com",
            ),
            (
                "http://my-ctlog.ctlog-system.svc",
                "http://my-ctlog.ctlog-system.svc",
            ),
        ] {
            assert_eq!(node.rewritten(text), here);
        }
    }
}

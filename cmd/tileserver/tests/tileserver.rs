//! The binary on a volume that a real server wrote, over real connections.

#![allow(clippy::unwrap_used)] // clippy.toml allows it in tests, and not in their helpers

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{Ipv4Addr, TcpStream},
    os::unix::fs::symlink,
    path::Path,
    process::{Child, ChildStderr, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;

struct Server {
    process: Child,
    log: BufReader<ChildStderr>,
    port: u16,
    health_port: u16,
}

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Server {
    fn start(volume: &Path, flags: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_tileserver"))
            .arg(format!("--volume={}", volume.display()))
            .args(["--port=0", "--health-port=0"])
            .args(flags)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap());
        let [port, health_port] = [(); 2].map(|()| {
            let mut line = String::new();
            log.read_line(&mut line).unwrap();
            assert!(line.contains("listening on"), "{line}");
            line.trim_end().rsplit(':').next().unwrap().parse().unwrap()
        });
        Self {
            process,
            log,
            port,
            health_port,
        }
    }

    fn ask(&self, method: &str, path: &str) -> Answer {
        ask(self.port, method, path)
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path)
    }

    fn told(&self, path: &str) -> Answer {
        ask(self.health_port, "GET", path)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn send(port: u16, method: &str, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    let request = format!("{method} {path} HTTP/1.1\r\nHost: tiles\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

fn ask(port: u16, method: &str, path: &str) -> Answer {
    let mut answer = vec![];
    send(port, method, path).read_to_end(&mut answer).unwrap();
    let end = answer
        .windows(4)
        .position(|end| end == b"\r\n\r\n")
        .unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    Answer {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        head: head.to_ascii_lowercase(),
        body: answer[end + 4..].to_vec(),
    }
}

/// A volume with all that a log's server keeps there, and a key beside it that isn't the server's.
fn volume() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in FILES.iter().chain(OTHERS) {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

const ISSUER: &str = "issuer/3e327b6433d84d7b7c16282354e94ee893e2878e8e3bfa8682a4d7c2d57b6693";
const FILES: &[(&str, &[u8])] = &[
    ("checkpoint", b"log.example.com\n1\n"),
    ("tile/0/000.p/1", &[7; 32]),
    ("tile/0/x001/234", &[8; 8192]),
    ("tile/entries/000", b"entries"),
    ("tile/data/000", b"data"),
    (ISSUER, b"a certificate"),
];
const OTHERS: &[(&str, &[u8])] = &[
    (".state/treeState", b"{}"),
    ("key.pem", b"PRIVATE"),
    ("tile/0/0001234", b"half written"),
    ("tile/secret/000", b"PRIVATE"),
    ("checkpoint12345", b"half written"),
    ("issuer/key.pem", b"PRIVATE"),
];

#[test]
fn a_logs_files_are_served_as_the_specifications_say() {
    let folder = volume();
    let server = Server::start(folder.path(), &["--prefix=/api/v2"]);
    for (path, bytes) in FILES {
        let (kind, caching) = match path.split('/').next() {
            Some("tile") => ("application/octet-stream", "immutable"),
            Some("issuer") => ("application/pkix-cert", "immutable"),
            _ => ("text/plain; charset=utf-8", "no-cache"),
        };
        for path in [format!("/{path}"), format!("/api/v2/{path}")] {
            let got = server.get(&path);
            assert_eq!((got.status, &got.body[..]), (200, *bytes), "{path}");
            let length = format!("content-length: {}", bytes.len());
            for header in [&format!("content-type: {kind}"), caching, &length] {
                assert!(got.head.contains(header), "{path}: {}", got.head);
            }
            let head = server.ask("HEAD", &path);
            assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
            assert!(head.head.contains(&length), "{path}: {}", head.head);
        }
    }
}

#[test]
fn nothing_else_is_served_however_it_is_asked_for() {
    let folder = volume();
    let server = Server::start(folder.path(), &[]);
    let others = OTHERS.iter().map(|(path, _)| format!("/{path}"));
    let ways = others.flat_map(|path| {
        let below = ["/tile", "/tile/0", "/issuer", "/tile/0/000.p"];
        let up = below.map(|folder| {
            let up = "/..".repeat(folder.matches('/').count());
            format!("{folder}{up}{path}")
        });
        let encoded = up.clone().map(|path| path.replace("..", "%2e%2e"));
        let slashes = up.clone().map(|path| path.replace("/..", "%2f.."));
        [vec![path], up.into(), encoded.into(), slashes.into()].concat()
    });
    let more = [
        "/",
        "//checkpoint",
        "/checkpoint/",
        "/tile/0/",
        "/api/v2/checkpoint",
        "/tile/9/000",
    ];
    for path in ways.chain(more.map(String::from)) {
        let got = server.get(&path);
        assert_eq!(got.status, 404, "{path}");
        assert!(got.head.contains("no-store"), "{path}: {}", got.head);
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let got = server.ask(method, "/checkpoint");
        assert_eq!(got.status, 405, "{method}");
        assert!(got.head.contains("allow: get, head"), "{}", got.head);
    }
}

#[test]
fn no_link_leads_anywhere_and_a_folder_or_pipe_is_no_file() {
    let folder = volume();
    let at = |path: &str| folder.path().join(path);
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("000"), "PRIVATE").unwrap();
    symlink(at("key.pem"), at("tile/0/007")).unwrap();
    symlink("../../key.pem", at("tile/0/008")).unwrap();
    symlink(outside.path(), at("tile/1")).unwrap();
    symlink("000.p/1", at("tile/0/009")).unwrap();
    fs::create_dir(at("tile/0/010")).unwrap();
    let pipe = Command::new("mkfifo").arg(at("tile/0/011")).status();
    assert!(pipe.unwrap().success());
    fs::remove_file(at("checkpoint")).unwrap();
    symlink(at("key.pem"), at("checkpoint")).unwrap();
    let server = Server::start(folder.path(), &[]);
    for path in ["0/007", "0/008", "1/000", "0/009", "0/010", "0/011"] {
        assert_eq!(server.get(&format!("/tile/{path}")).status, 404, "{path}");
    }
    assert_eq!(server.get("/checkpoint").status, 404);
}

#[test]
fn what_the_logs_server_writes_is_served_at_once() {
    let folder = volume();
    let server = Server::start(folder.path(), &[]);
    for size in 0..20 {
        let new = folder.path().join("checkpoint.new");
        fs::write(&new, size.to_string()).unwrap();
        fs::rename(&new, folder.path().join("checkpoint")).unwrap();
        assert_eq!(server.get("/checkpoint").body, size.to_string().as_bytes());
    }
    fs::remove_file(folder.path().join("checkpoint")).unwrap();
    assert_eq!(server.get("/checkpoint").status, 404);
}

/// A hundred clients that ask for four megabytes, and don't take them.
#[test]
fn slow_clients_cost_little_memory() {
    let folder = volume();
    let large = File::create(folder.path().join("tile/data/001")).unwrap();
    large.set_len(4 << 20).unwrap();
    let server = Server::start(folder.path(), &[]);
    let slow: Vec<_> = (0..100)
        .map(|_| send(server.port, "GET", "/tile/data/001"))
        .collect();
    for mut client in &slow {
        client
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        client.read_exact(&mut [0; 1024]).unwrap();
    }
    assert_eq!(server.get("/tile/data/001").body.len(), 4 << 20);
    let status = fs::read_to_string(format!("/proc/{}/status", server.process.id())).unwrap();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(peak < 40 * 1024, "{peak} KiB");
}

#[test]
fn probes_metrics_and_a_calm_end() {
    let folder = volume();
    let recorded = folder.path().join("recorded");
    fs::write(&recorded, "rekor.example.com\n31\nroot\n").unwrap();
    let flag = format!("--recorded={}", recorded.display());
    let mut server = Server::start(folder.path(), &[&flag]);
    assert_eq!(server.told("/healthz").status, 200);
    assert_eq!(server.told("/readyz").status, 200);
    server.get("/checkpoint");
    server.get("/nothing");
    let metrics = String::from_utf8(server.told("/metrics").body).unwrap();
    for line in [
        "tileserver_requests_total{status=\"200\"} 1\n",
        "tileserver_requests_total{status=\"404\"} 1\n",
        "tileserver_entries 1\n",
        "tileserver_recorded_entries 31\n",
    ] {
        assert!(metrics.contains(line), "{metrics}");
    }
    let pid = server.process.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(server.process.wait().unwrap().code(), Some(0));
    let mut log = String::new();
    server.log.read_to_string(&mut log).unwrap();
    assert!(log.contains("stopped by SIGTERM"), "{log}");

    let server = Server::start(&folder.path().join("not-there"), &[]);
    assert_eq!(server.told("/readyz").status, 503);
    let metrics = String::from_utf8(server.told("/metrics").body).unwrap();
    assert!(!metrics.contains("entries"), "{metrics}");
    assert_eq!(server.told("/healthz").status, 200);
    assert_eq!(server.get("/checkpoint").status, 404);
}

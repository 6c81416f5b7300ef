//! A stack of real servers on loopback: Fulcio, TesseraCT, any number of Rekor v2s, a timestamp
//! authority, and an issuer of tokens. Rekor v1 needs a database: its place in the signing config
//! is one that only counts who comes.

mod issuer;

use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, sleep},
    time::{Duration, Instant, SystemTime},
};

use anyhow::{Context as _, Result, ensure};
use certs::{Subject, Validity};
use keys::{Kind, PrivateKey};
use testbed::Entries;

pub use issuer::{ISSUER, Issuer};

use crate::{Site, verifiers::PASSWORD};

/// The flags that tell createtuf where the servers are.
pub const URLS: [&str; 6] = [
    "--fulcio-url=http://localhost:5555",
    "--tsa-url=http://localhost:3004/api/v1/timestamp",
    "--oidc-issuer=http://localhost:8000",
    "--rekor-url=http://localhost:3099/rekor",
    "--ctlog-url=http://localhost:6963/sigstorescaffolding",
    "--ctlog-tiles-url=http://localhost:6962/sigstorescaffolding",
];

/// The servers, and their keys in a folder.
pub struct Stack<'a> {
    home: &'a Path,
    servers: Vec<Server>,
    v1: Arc<AtomicUsize>,
}

/// A process that ends with this value.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // One that is gone already needs no end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl<'a> Stack<'a> {
    /// Makes keys in `home`, and starts all but a Rekor.
    ///
    /// # Errors
    ///
    /// When one of them doesn't start.
    pub fn start(home: &'a Path) -> Result<Self> {
        let mut stack = Self {
            home,
            servers: vec![],
            v1: count_visits()?,
        };
        stack.make_keys()?;
        stack.run(
            "tesseract",
            &[
                "--http_endpoint=127.0.0.1:6962",
                "--origin=localhost/sigstorescaffolding",
                "--path_prefix=sigstorescaffolding",
                "--storage_dir=ctlog",
                "--private_key=ctlog-tiles.key",
                "--roots_pem_file=fulcio.pem",
                "--ext_key_usages=CodeSigning",
            ],
        )?;
        stack.run(
            "timestamp-server",
            &[
                "serve",
                "--host=127.0.0.1",
                "--port=3004",
                "--timestamp-signer=file",
                "--file-signer-key-path=tsa.key",
                "--file-signer-passwd=password",
                "--certificate-chain-path=tsa.pem",
                "--disable-ntp-monitoring",
            ],
        )?;
        let issuers = format!(
            "oidc-issuers:\n  {ISSUER}:\n    issuer-url: {ISSUER}\n    client-id: sigstore\n    type: kubernetes\n"
        );
        fs::write(home.join("fulcio.yaml"), issuers)?;
        stack.run(
            "fulcio",
            &[
                "serve",
                "--host=127.0.0.1",
                "--port=5555",
                "--grpc-host=127.0.0.1",
                "--grpc-port=5554",
                "--metrics-port=2113",
                "--ca=fileca",
                "--fileca-key=fulcio.key",
                "--fileca-cert=fulcio.pem",
                "--fileca-key-passwd=password",
                "--config-path=fulcio.yaml",
                "--ct-log-url=http://localhost:6962/sigstorescaffolding",
            ],
        )?;
        wait_for(6962, "/healthz")?;
        wait_for(3004, "/ping")?;
        wait_for(5555, "/healthz")?;
        Ok(stack)
    }

    fn make_keys(&self) -> Result<()> {
        let validity = Validity::from(SystemTime::now(), Duration::from_secs(24 * 3600))?;
        let subject = Subject {
            common_name: "loopback".into(),
            ..Subject::default()
        };
        let [fulcio, ctlog, tiles, rekor, tsa, intermediate, above] =
            [(); 7].map(|()| PrivateKey::generate(Kind::EcdsaP256));
        let root = certs::root_certificate(&fulcio, &subject, validity)?.to_pem();
        let chain = certs::timestamping_chain(&tsa, &intermediate, &above, "loopback", validity)?;
        for (file, content) in [
            ("fulcio.key", fulcio.to_encrypted_pem(PASSWORD)),
            ("fulcio.pem", root),
            ("ctlog.key", ctlog.to_legacy_pem(PASSWORD)),
            ("ctlog.pub", ctlog.public_key().to_pem()),
            ("ctlog-tiles.key", sec1(&tiles)?),
            ("ctlog-tiles.pub", tiles.public_key().to_pem()),
            ("rekor.key", rekor.to_encrypted_pem(PASSWORD)),
            ("rekor.pub", rekor.public_key().to_pem()),
            ("tsa.key", tsa.to_legacy_pem(PASSWORD)),
            ("tsa.pem", chain.to_pem()),
        ] {
            fs::write(self.home.join(file), content)?;
        }
        Ok(())
    }

    /// Starts a Rekor v2 at that port with a new key of that kind.
    ///
    /// # Errors
    ///
    /// When it doesn't start.
    pub fn start_rekor(&mut self, port: u16, kind: Kind) -> Result<Rekor> {
        let key = PrivateKey::generate(kind);
        let name = format!("rekor-{port}");
        let pem = key.to_encrypted_pem(PASSWORD);
        fs::write(self.home.join(format!("{name}.key")), pem)?;
        self.run(
            "rekor-tiles",
            &[
                "serve",
                "--http-address=127.0.0.1",
                &format!("--http-port={port}"),
                &format!("--grpc-port={}", port + 1),
                &format!("--http-metrics-port={}", port + 2),
                "--hostname=localhost",
                &format!("--signer-filepath={name}.key"),
                "--signer-password=password",
                &format!("--storage-dir={name}"),
                "--checkpoint-interval=2s",
            ],
        )?;
        wait_for(port, "/healthz")?;
        Ok(Rekor {
            url: format!("--rekor-tiles-url=http://localhost:{port}"),
            public: key.public_key().to_pem(),
        })
    }

    fn run(&mut self, program: &str, args: &[&str]) -> Result<()> {
        let number = self.servers.len();
        let log = File::create(self.home.join(format!("{number}-{program}.log")))?;
        let child = Command::new(program)
            .args(args)
            .current_dir(self.home)
            .env("HOME", self.home)
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("starting {program}"))?;
        self.servers.push(Server(child));
        Ok(())
    }

    /// Writes the Secrets of the servers that every stack has, and with `v1` those of the older two
    /// logs.
    ///
    /// # Errors
    ///
    /// When a file of a key is gone.
    pub fn publish(&self, site: &Site<'_>, v1: bool) -> Result<()> {
        let file = |name: &str| fs::read(self.home.join(name)).with_context(|| name.to_owned());
        site.set_input("fulcio-pub-key", "cert", file("fulcio.pem")?);
        site.set_input("tsa-cert-chain", "cert-chain", file("tsa.pem")?);
        if v1 {
            site.set_input("rekor-pub-key", "public", file("rekor.pub")?);
            site.set_input("ctlog-public-key", "public", file("ctlog.pub")?);
        }
        Ok(())
    }

    /// Writes the Secrets of that Rekor v2, and of TesseraCT.
    ///
    /// # Errors
    ///
    /// When a file of a key is gone.
    pub fn publish_tiles(&self, site: &Site<'_>, rekor: &Rekor) -> Result<()> {
        let with_origin = |key: Vec<u8>, origin: &str| -> Entries {
            let origin = ("origin".into(), origin.into());
            [("public".into(), key), origin].into()
        };
        let ctlog = fs::read(self.home.join("ctlog-tiles.pub"))?;
        let ctlog = with_origin(ctlog, "localhost/sigstorescaffolding");
        site.set_secret("ctlog-tiles-public-key", &ctlog);
        let rekor = with_origin(rekor.public.clone().into(), "localhost");
        site.set_secret("rekor-tiles-pub-key", &rekor);
        Ok(())
    }

    /// How often somebody came to the place of Rekor v1.
    pub fn visits_to_v1(&self) -> usize {
        self.v1.load(Ordering::SeqCst)
    }
}

/// A Rekor v2 that runs.
pub struct Rekor {
    /// createtuf's flag for it.
    pub url: String,
    public: String,
}

/// The one form that TesseraCT reads.
fn sec1(key: &PrivateKey) -> Result<String> {
    let key = key.ecdsa_p256().context("no P-256 key")?;
    let der = p256::SecretKey::from(key).to_sec1_der()?;
    Ok(keys::to_pem("EC PRIVATE KEY", &der))
}

/// Answers 503 to everyone, and counts them.
fn count_visits() -> Result<Arc<AtomicUsize>> {
    let visits = Arc::new(AtomicUsize::new(0));
    let listener = TcpListener::bind("localhost:3099").context("listening as Rekor v1")?;
    let counted = Arc::clone(&visits);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            counted.fetch_add(1, Ordering::SeqCst);
            let mut request = [0; 1 << 16];
            // What it wants is nobody's concern.
            let _ = stream.read(&mut request);
            let _ = stream.write_all(
                b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            );
        }
    });
    Ok(visits)
}

fn wait_for(port: u16, path: &str) -> Result<()> {
    let start = Instant::now();
    while !is_well(port, path) {
        ensure!(start.elapsed() < PATIENCE, "nothing answers at port {port}");
        sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn is_well(port: u16, path: &str) -> bool {
    let ask = || -> Result<bool> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.split(' ').nth(1) == Some("200"))
    };
    ask().unwrap_or(false)
}

const PATIENCE: Duration = Duration::from_secs(30);

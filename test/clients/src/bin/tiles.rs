//! Rekor v2 and TesseraCT: with whom clients sign, and what they verify, while a stack comes from
//! Trillian to tiles.
//!
//! Real servers on loopback sign for real clients, with the trust that createtuf makes of their
//! keys; what is of Rekor v1 is signed by its own code (`signer/`). What comes out are the tables
//! in `docs/tiles.md`. `UPDATE=1` records them.

#![expect(clippy::print_stdout, reason = "what it shows is what it is for")]

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use base64ct::{Base64, Encoding as _};
use clients::{
    Site,
    client::{CLIENTS, Served, Signed},
    loopback::{Issuer, Rekor, Stack, URLS},
    signers::{SIGNERS, sign, version},
    verifiers::{VERIFIERS, sign_as_servers, verdicts},
};
use keys::Kind;
use serde_json::Value;
use tempfile::TempDir;
use testbed::Kubernetes;
use trust::TRUSTED_ROOT;

fn main() -> ExitCode {
    clients::exit_code(run().map(|()| 0))
}

fn run() -> Result<()> {
    let folder = TempDir::new()?;
    let issuer = Issuer::start()?;
    let mut stack = Stack::start(folder.path())?;
    let rekor = stack.start_rekor(3000, Kind::Ed25519)?;
    let second = stack.start_rekor(3010, Kind::EcdsaP256)?;
    let mut way = Way {
        home: folder.path(),
        stack,
        issuer,
        signed: BTreeMap::new(),
        signing: vec![],
        verifying: vec![],
    };
    way.new_stacks(&rekor)?;
    way.migrate(&rekor, &second)?;
    way.recorded()
}

/// What was signed so far, and what became of it.
struct Way<'a> {
    home: &'a Path,
    stack: Stack<'a>,
    issuer: Issuer,
    /// The first that each client signed, by the log that it is in.
    signed: BTreeMap<(&'static str, &'static str), Signed>,
    /// A column for each state: a cell for each of [`SIGNERS`].
    signing: Vec<Vec<String>>,
    /// The same for each of [`CLIENTS`].
    verifying: Vec<Vec<String>>,
}

impl Way<'_> {
    /// Two repositories that are made with a Rekor v2 in them.
    fn new_stacks(&mut self, rekor: &Rekor) -> Result<()> {
        for (number, v1) in [false, true].into_iter().enumerate() {
            let kubernetes = Kubernetes::start();
            let mut site = Site::new(&kubernetes)?;
            self.stack.publish(&site, v1)?;
            self.stack.publish_tiles(&site, rekor)?;
            let alone = if v1 { &[][..] } else { &TILES_ALONE };
            createtuf(&site, &[alone, &TILES, &[rekor.url.as_str()]].concat())?;
            if number == 0 {
                self.write_first(&mut site)?;
            }
            if v1 {
                self.sign_in_v1()?;
            }
            self.look(&mut site)?;
        }
        Ok(())
    }

    /// A repository that begins with Rekor v1, step by step to v2 alone; at last v2's key is taken
    /// out.
    fn migrate(&mut self, rekor: &Rekor, second: &Rekor) -> Result<()> {
        let kubernetes = Kubernetes::start();
        let mut site = Site::new(&kubernetes)?;
        self.stack.publish(&site, true)?;
        createtuf(&site, &[])?;
        self.stack.publish_tiles(&site, rekor)?;
        let tiles = [&TILES[..], &[rekor.url.as_str(), "--accept-changes"]].concat();
        let trusted = Instant::now();
        createtuf(&site, &[&tiles[..], &["--overlap=1m"]].concat())?;
        // Clients sign at once, long before the minute is over.
        self.look(&mut site)?;
        sleep(Duration::from_secs(61).saturating_sub(trusted.elapsed()));
        self.look(&mut site)?;
        let alone = [&tiles[..], &TILES_ALONE, &["--overlap=1s"]].concat();
        createtuf(&site, &alone)?;
        sleep(Duration::from_secs(2));
        self.look(&mut site)?;
        let stolen = log_id(&site)?;
        self.stack.publish_tiles(&site, second)?;
        let withdraw = format!("--withdraw={stolen}");
        let args = [
            &TILES[..],
            &TILES_ALONE,
            &[&second.url, &withdraw, "--accept-changes"],
        ];
        createtuf(&site, &args.concat())?;
        self.write_first(&mut site)?;
        // What comes from now on is in the second one.
        for (_, client) in SIGNERS {
            let old = self.signed.remove(&("v2", client));
            let old = old.with_context(|| format!("{client} signed nothing in v2"))?;
            self.signed.insert((TAKEN_OUT, client), old);
        }
        self.look(&mut site)
    }

    /// The first entry of a log, which sigstore-python can't read: JSON leaves its index 0 out.
    fn write_first(&self, site: &mut Site<'_>) -> Result<()> {
        site.mount()?;
        let home = TempDir::new_in(self.home)?;
        sign("cosign", &Served::by(site)?, &self.issuer, home.path())?;
        Ok(())
    }

    fn sign_in_v1(&mut self) -> Result<()> {
        let signed = sign_as_servers(self.home)?.context("a server can't sign with its key")?;
        self.signed.insert(("v1", "its own code"), signed);
        Ok(())
    }

    /// Lets every client sign, and verify what was signed so far.
    fn look(&mut self, site: &mut Site<'_>) -> Result<()> {
        site.mount()?;
        let served = Served::by(site)?;
        let state = STATES[self.signing.len()];
        println!("-- {state}");
        let home = self.home.join(state.replace(' ', "-"));
        let (mut cells, mut new) = (vec![], vec![]);
        for (program, name) in SIGNERS {
            let before = self.stack.visits_to_v1();
            let outcome = sign(program, &served, &self.issuer, &home.join(program));
            let cell = match outcome {
                Ok(signed) => {
                    let log = version(&signed)?;
                    new.push(((log, name), signed));
                    log.to_owned()
                }
                // The place of v1 takes no entry.
                Err(_) if self.stack.visits_to_v1() > before => "v1".into(),
                Err(failure) => {
                    println!("      {name}: {failure:#}");
                    "no".into()
                }
            };
            println!("      {name} signs with {cell}");
            cells.push(cell);
        }
        self.signing.push(cells);
        let column = self.verify(&served, &new, &home)?;
        self.verifying.push(column);
        for (by, signed) in new {
            self.signed.entry(by).or_insert(signed);
        }
        Ok(())
    }

    /// Which logs' signatures each of [`CLIENTS`] verifies, new ones and the first; `follows` of
    /// one that only gets the trusted root.
    fn verify(&self, served: &Served, new: &[New], home: &Path) -> Result<Vec<String>> {
        let all: Vec<_> = CLIENTS.iter().collect();
        let mut verifies = vec![BTreeMap::new(); CLIENTS.len()];
        let new = new.iter().map(|(by, signed)| (by, signed));
        for (number, ((log, by), signed)) in self.signed.iter().chain(new).enumerate() {
            let home = home.join(number.to_string());
            fs::create_dir_all(&home)?;
            for (client, failure) in verdicts(&all, served, signed, &home)?.iter().enumerate() {
                *verifies[client].entry(*log).or_insert(true) &= failure.is_none();
                if let (Some(failure), true) = (failure, *log != TAKEN_OUT) {
                    println!("      {log}, signed by {by}: {failure}");
                }
            }
        }
        let told = CLIENTS.iter().zip(verifies).map(|(client, logs)| {
            let logs = logs.iter().filter(|(_, verifies)| **verifies);
            let logs: Vec<_> = logs.map(|(log, _)| *log).collect();
            let verifier = VERIFIERS.iter().any(|(name, _)| *name == client.name);
            match (verifier, logs.is_empty()) {
                (_, true) => "none".to_owned(),
                (true, false) => logs.join(" and "),
                (false, false) => "follows".to_owned(),
            }
        });
        Ok(told.collect())
    }

    /// Compares the tables with the recorded ones, or records them.
    fn recorded(&self) -> Result<()> {
        let signers = SIGNERS.map(|(_, name)| name);
        let signing = table("signs in Rekor", &signers, &self.signing);
        let clients = CLIENTS.each_ref().map(|client| people_call(client.name));
        let verifying = table("verifies what is in Rekor", &clients, &self.verifying);
        let tables = format!("\n{signing}\n{verifying}");
        println!("{tables}");
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/tiles.md");
        let page = fs::read_to_string(&path)?;
        let (before, rest) = page.split_once(BEGIN).context("the page has no table")?;
        let (_, after) = rest.split_once(END).context("the table has no end")?;
        let new = format!("{before}{BEGIN}{tables}{END}{after}");
        if env::var_os("UPDATE").is_some() {
            fs::write(&path, &new)?;
        } else {
            ensure!(page == new, "docs/tiles.md says something else");
        }
        println!("{} passed, 0 failed", STATES.len());
        Ok(())
    }
}

/// What people call one of [`CLIENTS`].
fn people_call(client: &'static str) -> &'static str {
    let verifier = VERIFIERS.iter().find(|(name, _)| *name == client);
    verifier.map_or(client, |(_, called)| called)
}

fn table(title: &str, rows: &[&str], columns: &[Vec<String>]) -> String {
    let head = format!("| {title} | {} |\n", STATES.join(" | "));
    let rule = format!("{}|\n", "|---".repeat(STATES.len() + 1));
    let lines = rows.iter().enumerate().map(|(row, name)| {
        let cells: Vec<_> = columns.iter().map(|column| column[row].as_str()).collect();
        format!("| {name} | {} |\n", cells.join(" | "))
    });
    format!("{head}{rule}{}", lines.collect::<String>())
}

fn createtuf(site: &Site<'_>, args: &[&str]) -> Result<()> {
    let outcome = site.createtuf()?.args(URLS).args(args).run();
    ensure!(outcome.code == 0, "createtuf: {}", outcome.log);
    Ok(())
}

/// The ID of the newest log in the trusted root, in hexadecimal.
fn log_id(site: &Site<'_>) -> Result<String> {
    let repository = site.repository()?;
    let trusted = repository.target(TRUSTED_ROOT).context("no trusted root")?;
    let trusted: Value = serde_json::from_slice(trusted)?;
    for log in trusted["tlogs"].as_array().into_iter().flatten() {
        if log["publicKey"]["keyDetails"] == "PKIX_ED25519" {
            let id = log["logId"]["keyId"].as_str().context("a log without ID")?;
            let id = Base64::decode_vec(id).map_err(|_| anyhow::anyhow!("{id} isn't base64"))?;
            return Ok(id.iter().map(|byte| format!("{byte:02x}")).collect());
        }
    }
    bail!("no Rekor v2 is trusted")
}

/// Who signed it in which log, and what.
type New = ((&'static str, &'static str), Signed);

const TAKEN_OUT: &str = "v2 of before";
const STATES: [&str; 6] = [
    "v2 alone",
    "both from the start",
    "v2 trusted, not yet offered",
    "v2 offered",
    "v1 ended",
    "v2's key taken out",
];
const TILES: [&str; 2] = [
    "--rekor-tiles-secret=rekor-tiles-pub-key",
    "--ctlog-tiles-secret=ctlog-tiles-public-key",
];
const TILES_ALONE: [&str; 2] = ["--rekor-secret=", "--ctlog-secret="];
const BEGIN: &str = "<!-- measured -->";
const END: &str = "<!-- end -->";

//! Holds `createtuf` to what clients read: of hundreds of odd keys and certificates it publishes
//! none that sigstore-go or sigstore-python can't read, and where one is published already, it
//! says so of those that they can't, and takes them out.
//!
//! `hack/clients.sh` runs this.

#![expect(clippy::print_stdout, reason = "what it shows is what it is for")]

mod corpus;
mod der;

use std::{collections::BTreeMap, env, fs, process::Command, process::ExitCode, time::Duration};

use anyhow::{Context as _, Result, ensure};
use base64ct::{Base64, Encoding as _};
use certs::{Chain, Subject, Validity};
use corpus::Odd;
use jiff::Timestamp;
use keys::{Kind, PrivateKey, PublicKey, to_pem};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use trust::{Error, Inputs, Policy, State, TRUSTED_ROOT, TileLog, Urls};
use tuf::{Change, Keys, NewTarget, Repository, Roles, Signer, Versions};

/// What clients are asked to read, and whether `createtuf` says that they can.
struct Case {
    name: String,
    trusted_root: Vec<u8>,
    is_readable: bool,
    is_damaged: bool,
}

fn main() -> ExitCode {
    clients::exit_code(run())
}

/// Returns the number of failures.
fn run() -> Result<usize> {
    let folder = TempDir::new()?;
    env::set_current_dir(folder.path())?;
    let (keys, certificates) = (corpus::keys()?, corpus::certificates()?);
    let stack = Stack::new()?;
    let all = || keys.iter().chain(&certificates);

    let made = all().filter_map(|odd| stack.made_with(odd).transpose());
    let tiles = keys
        .iter()
        .filter_map(|odd| stack.made_with_tiles(odd).transpose());
    let made = made.chain(tiles);
    let made = made.collect::<Result<Vec<_>>>()?;
    let found = all().map(|odd| stack.found_with(odd));
    let found = found.collect::<Result<Vec<_>>>()?;
    let cleaned = all().filter_map(|odd| stack.cleaned_of(odd).transpose());
    let cleaned = cleaned.collect::<Result<Vec<_>>>()?;
    println!(
        "{} keys, {} certificates: {} published, {} withdrawn",
        keys.len(),
        certificates.len(),
        made.len(),
        cleaned.len()
    );
    Ok(compare("made", &made)? + compare("found", &found)? + compare("cleaned", &cleaned)?)
}

/// Prints where clients don't read what they are said to, or read what they are said not to.
fn compare(what: &str, cases: &[Case]) -> Result<usize> {
    fs::create_dir(what)?;
    for (number, case) in cases.iter().enumerate() {
        fs::write(format!("{what}/{number}"), &case.trusted_root)?;
    }
    let go = refusals(&["go-clients", "trusted-roots", what], cases.len())?;
    let python = refusals(&["trusted-roots.py", what], cases.len())?;
    let (mut readable, mut stricter, mut failed) = (0, 0, 0);
    for (number, case) in cases.iter().enumerate() {
        let (go, python) = (go.get(&number), python.get(&number));
        let is_read = go.is_none() && python.is_none();
        readable += usize::from(is_read);
        match (is_read, case.is_readable) {
            (true, false) if case.may_be_refused() => stricter += 1,
            _ if is_read == case.is_readable => (),
            _ => {
                failed += 1;
                let said = [("sigstore-go", go), ("sigstore-python", python)];
                let said = said.map(|(client, said)| match said {
                    Some(said) => format!("{client} refuses it ({said})"),
                    None => format!("{client} reads it"),
                });
                println!("FAIL  {what}: {}: {}", case.name, said.join(", "));
            }
        }
    }
    println!(
        "{what}: {readable} read by both clients, {} refused by one or both; {stricter} not read \
         here, for a reason; {failed} not as createtuf says",
        cases.len() - readable
    );
    Ok(failed)
}

impl Case {
    /// Whether there is a reason not to read it, though clients do.
    fn may_be_refused(&self) -> bool {
        let mut listed = corpus::STRICTER.iter();
        self.is_damaged || listed.any(|(part, _)| self.name.contains(part))
    }
}

/// What a client says of the files that it doesn't read, by their numbers.
fn refusals(command: &[&str], count: usize) -> Result<BTreeMap<usize, String>> {
    let output = Command::new(command[0]).args(&command[1..]).output();
    let output = output.with_context(|| format!("starting {}", command[0]))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let lines: Vec<_> = said.lines().collect();
    ensure!(
        output.status.success() && lines.len() == count,
        "{}: {}",
        command.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
    let mut refusals = BTreeMap::new();
    for line in lines {
        let (number, verdict) = line.split_once(' ').context("a line without a verdict")?;
        if verdict != "ok" {
            refusals.insert(number.parse()?, verdict.into());
        }
    }
    Ok(refusals)
}

/// A stack whose inputs are as they should be.
struct Stack {
    /// Private keys, by the names that they are kept under.
    keys: BTreeMap<String, Vec<u8>>,
    inputs: Inputs,
    /// What a Rekor v2 needs beside it.
    tsa: Chain,
    policy: Policy,
    published: Repository,
}

impl Stack {
    fn new() -> Result<Self> {
        let key = PrivateKey::generate(Kind::EcdsaP256);
        let year = Duration::from_secs(365 * 24 * 60 * 60);
        let subject = Subject {
            common_name: "sigstore".into(),
            ..Subject::default()
        };
        let validity = Validity::from(Timestamp::now().into(), 10 * year)?;
        let root = certs::root_certificate(&key, &subject, validity)?;
        let tsa = certs::timestamping_chain(&key, &key, &key, "sigstore", validity)?;
        let url = || "http://example.com".to_owned();
        let inputs = Inputs {
            fulcio: vec![Chain::ordered(vec![root])?],
            rekor: vec![key.public_key().clone()],
            rekor_tiles: vec![],
            ctlog_tiles: vec![],
            ctlog: vec![],
            tsa: vec![],
            urls: Urls {
                fulcio: url(),
                rekor: url(),
                ctlog: url(),
                tsa: url(),
                issuer: url(),
            },
            valid_from: Timestamp::UNIX_EPOCH,
            metadata_targets: false,
            signing_config: false,
        };
        let policy = Policy {
            lifetimes: Roles {
                root: 10 * year,
                snapshot: year,
                targets: year,
                timestamp: year,
            },
            ..Policy::default()
        };
        let keys = Keys::default().complete();
        let state = state(&keys, None)?;
        let published = state.next(Some(&inputs), &policy, Timestamp::now())?;
        Ok(Self {
            keys,
            inputs,
            tsa,
            policy,
            published: published.context("nothing is published")?,
        })
    }

    /// What is published with `odd` among the inputs, if it can be.
    fn made_with(&self, odd: &Odd) -> Result<Option<Case>> {
        let (mut rekor, mut fulcio) = (self.inputs.rekor.clone(), self.inputs.fulcio.clone());
        match odd.details {
            Some(_) => match PublicKey::from_pem(to_pem("PUBLIC KEY", &odd.der).as_bytes()) {
                Ok(key) => rekor.push(key),
                Err(_) => return Ok(None),
            },
            None => match Chain::from_pem(to_pem("CERTIFICATE", &odd.der).as_bytes()) {
                Ok(chain) => fulcio.push(chain),
                Err(_) => return Ok(None),
            },
        }
        let inputs = Inputs {
            fulcio,
            rekor,
            rekor_tiles: vec![],
            ctlog_tiles: vec![],
            ctlog: vec![],
            tsa: vec![],
            urls: self.inputs.urls.clone(),
            ..self.inputs
        };
        self.made_of(odd, odd.name.clone(), &inputs)
    }

    /// What is published with `odd` as the key of a Rekor v2, if it can be.
    fn made_with_tiles(&self, odd: &Odd) -> Result<Option<Case>> {
        let key = PublicKey::from_pem(to_pem("PUBLIC KEY", &odd.der).as_bytes());
        let urls = ["http://tiles.example.com".to_owned()];
        let log = key.map(|key| TileLog::rekor(key, "tiles.example.com", &urls));
        let Ok(Ok(log)) = log else {
            return Ok(None);
        };
        let inputs = Inputs {
            fulcio: self.inputs.fulcio.clone(),
            rekor: self.inputs.rekor.clone(),
            rekor_tiles: vec![log],
            ctlog: vec![],
            ctlog_tiles: vec![],
            tsa: vec![self.tsa.clone()],
            urls: self.inputs.urls.clone(),
            ..self.inputs
        };
        self.made_of(odd, format!("{} as a Rekor v2's", odd.name), &inputs)
    }

    fn made_of(&self, odd: &Odd, name: String, inputs: &Inputs) -> Result<Option<Case>> {
        let state = state(&self.keys, None)?;
        match state.next(Some(inputs), &self.policy, Timestamp::now()) {
            Ok(Some(repository)) => Ok(Some(Case {
                name,
                trusted_root: trusted_root(&repository).into(),
                is_readable: true,
                is_damaged: odd.is_damaged,
            })),
            Ok(None) | Err(_) => Ok(None),
        }
    }

    /// A repository that has `odd` in it already, and what is said of that.
    fn found_with(&self, odd: &Odd) -> Result<Case> {
        let repository = self.poisoned_with(odd)?;
        let trusted_root = trusted_root(&repository).into();
        let state = state(&self.keys, Some(repository))?;
        let is_readable = match state.news(&self.inputs, &self.policy, Timestamp::now()) {
            Ok(_) => true,
            Err(Error::Unreadable(_)) => false,
            Err(error) => return Err(error).with_context(|| odd.name.clone()),
        };
        Ok(Case {
            name: odd.name.clone(),
            trusted_root,
            is_readable,
            is_damaged: odd.is_damaged,
        })
    }

    /// The same after it was withdrawn, by the ID that it is named by, if it can't be read.
    fn cleaned_of(&self, odd: &Odd) -> Result<Option<Case>> {
        let state = state(&self.keys, Some(self.poisoned_with(odd)?))?;
        let now = Timestamp::now();
        let Err(Error::Unreadable(entries)) = state.next(Some(&self.inputs), &self.policy, now)
        else {
            return Ok(None);
        };
        let policy = Policy {
            withdraw: entries.into_iter().map(|entry| entry.id).collect(),
            ..self.policy.clone()
        };
        let next = state.next(Some(&self.inputs), &policy, now)?;
        let next = next.context("nothing is withdrawn")?;
        Ok(Some(Case {
            name: odd.name.clone(),
            trusted_root: trusted_root(&next).into(),
            is_readable: true,
            is_damaged: odd.is_damaged,
        }))
    }

    fn poisoned_with(&self, odd: &Odd) -> Result<Repository> {
        let (list, entry) = match odd.details {
            Some(details) => ("tlogs", log(&odd.der, details)),
            None => ("certificateAuthorities", authority(&odd.der)),
        };
        let mut trust: serde_json::Value = serde_json::from_slice(trusted_root(&self.published))?;
        let list = trust[list].as_array_mut();
        list.context("no such list")?.push(entry);
        let target = NewTarget {
            bytes: trust.to_string().into_bytes(),
            ..NewTarget::default()
        };
        let change = Change {
            new: [(TRUSTED_ROOT.into(), target)].into(),
            ..Change::default()
        };
        let keys = read(&self.keys)?;
        let signer = Signer::new(&keys, Versions::default(), Some(&self.published))?;
        let (lifetimes, rotate) = (&self.policy.lifetimes, Roles::default());
        let next = signer.next(Some(change), lifetimes, &rotate, Timestamp::now())?;
        next.context("nothing is signed")
    }
}

fn state(
    keys: &BTreeMap<String, Vec<u8>>,
    repository: Option<Repository>,
) -> Result<State, tuf::Error> {
    Ok(State {
        keys: read(keys)?,
        published: Versions::default(),
        repository,
        withdrawn: [].into(),
    })
}

fn read(keys: &BTreeMap<String, Vec<u8>>) -> Result<Keys, tuf::Error> {
    Keys::read(
        keys.iter()
            .map(|(name, key)| (name.as_str(), key.as_slice())),
    )
}

fn trusted_root(repository: &Repository) -> &[u8] {
    repository.target(TRUSTED_ROOT).unwrap_or_default()
}

fn log(der: &[u8], details: &str) -> serde_json::Value {
    serde_json::json!({
        "baseUrl": "http://example.com",
        "hashAlgorithm": "SHA2_256",
        "publicKey": {
            "rawBytes": Base64::encode_string(der),
            "keyDetails": details,
            "validFor": {"start": "1970-01-01T00:00:00Z"}
        },
        "logId": {"keyId": Base64::encode_string(&Sha256::digest(der))}
    })
}

fn authority(der: &[u8]) -> serde_json::Value {
    serde_json::json!({
        "subject": {"organization": "", "commonName": "odd"},
        "uri": "http://example.com",
        "certChain": {"certificates": [{"rawBytes": Base64::encode_string(der)}]},
        "validFor": {"start": "1970-01-01T00:00:00Z"}
    })
}

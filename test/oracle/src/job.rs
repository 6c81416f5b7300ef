//! The Jobs, each run against a cluster that holds what somebody brings.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context as _, Result, bail, ensure};
use base64ct::{Base64, Encoding as _};
use contract::{
    CTLOG, CTLOG_TILES, CTLOG_TILES_LOG, FULCIO, KeyPair, PUBLIC, REKOR, REKOR_TILES,
    REKOR_TILES_LOG, ROOT_CA, TSA,
};
use keys::PublicKey;
use sha2::{Digest as _, Sha256};
use testbed::{Entries, Fulcio, Kubernetes, Outcome, Process};

use crate::{
    input::{Input, Reader},
    oracle::{Oracles, Question},
};

/// A Job's verdict.
pub(crate) enum Verdict {
    /// With what is wrong with what it then published.
    Accepts(Result<()>),
    /// With the refusal's text.
    Refuses(String),
}

/// Runs the Job that the input's reader waits for. What it then publishes is asked about as well.
///
/// # Errors
///
/// When it ends in another way.
pub(crate) fn judge(input: &Input, jobs: &Path, oracles: &mut Oracles) -> Result<Verdict> {
    let kubernetes = Kubernetes::start();
    let binary = |name: &str| jobs.join(name).display().to_string();
    let outcome = match input.reader {
        Reader::Fulcio | Reader::FulcioWithoutChain => {
            set_pair(&kubernetes, &FULCIO, input);
            let job = kubernetes.job("fulcio-system", "createcerts", &binary("createcerts"));
            run(job)
        }
        Reader::Rekor => {
            set_pair(&kubernetes, &REKOR, input);
            run(kubernetes.job("rekor-system", "createsecret", &binary("createsecret")))
        }
        Reader::RekorTiles => {
            kubernetes.add_log(&REKOR_TILES, &REKOR_TILES_LOG);
            set_pair(&kubernetes, &REKOR_TILES, input);
            run(kubernetes.log_job(&REKOR_TILES_LOG, &binary("createsecret"), "rekor"))
        }
        Reader::Tsa | Reader::TsaWithoutChain => {
            set_pair(&kubernetes, &TSA, input);
            run(kubernetes.job("tsa-system", "createcertchain", &binary("createcertchain")))
        }
        Reader::CtLog | Reader::CtLogImport | Reader::TrustBundle => {
            kubernetes.set_config_map(CTLOG.private.namespace, "ctlog-config", &[("treeID", "42")]);
            let namespace = CTLOG.private.namespace;
            let job = kubernetes.job(namespace, "createctconfig", &binary("createctconfig"));
            ct_log(&kubernetes, &CTLOG, input, job)
        }
        Reader::TesseraCt | Reader::TesseraCtImport => {
            kubernetes.add_log(&CTLOG_TILES, &CTLOG_TILES_LOG);
            let binary = binary("createctconfig");
            let job = kubernetes.log_job(&CTLOG_TILES_LOG, &binary, "ctlog/log");
            ct_log(&kubernetes, &CTLOG_TILES, input, job)
        }
        Reader::PublicKey => {
            let entries = Entries::from([(PUBLIC.into(), input.key.clone())]);
            kubernetes.set_secret("tuf-system", REKOR.copy, &entries);
            let job = kubernetes.job("tuf-system", "createtuf", &binary("createtuf"));
            run(job.args(["--fulcio-secret=", "--ctlog-secret=", "--tsa-secret="]))
        }
    };
    match outcome.code {
        0 => Ok(Verdict::Accepts(check_published(
            input,
            &kubernetes,
            oracles,
        ))),
        3 => Ok(Verdict::Refuses(refusals(&outcome))),
        // The gate stays shut until somebody puts something else there, or until time has passed.
        1 if outcome.log.contains("not yet: ") => Ok(Verdict::Refuses("not yet".into())),
        code => bail!("exit code {code}:\n{}", outcome.log),
    }
}

/// There is nothing to wait for, so nothing takes long.
fn run(job: Process<'_>) -> Outcome {
    job.args(["--timeout=20s"]).run()
}

/// The reasons, without the objects and the ways out, which are the same for all.
fn refusals(outcome: &Outcome) -> String {
    let lines = outcome
        .log
        .lines()
        .filter_map(|line| line.strip_prefix("ERROR refused: "));
    let reason = |line: &str| {
        let inner = line
            .split_once(" (")
            .and_then(|(_, rest)| rest.rsplit_once("): "));
        inner.map_or(line, |(reason, _)| reason).to_owned()
    };
    lines.map(reason).collect::<Vec<_>>().join("; ")
}

fn set_pair(kubernetes: &Kubernetes, pair: &KeyPair, input: &Input) {
    let mut entries = Entries::from([(pair.key.into(), input.key.clone())]);
    if let Some(password) = &input.password {
        entries.extend(pair.password.map(|entry| (entry.into(), password.clone())));
    }
    if [Reader::Fulcio, Reader::Tsa].contains(&input.reader) {
        entries.insert(pair.trusted.into(), input.chain.clone());
    }
    kubernetes.set_secret(pair.private.namespace, pair.private.name, &entries);
}

fn ct_log(kubernetes: &Kubernetes, pair: &KeyPair, input: &Input, mut job: Process<'_>) -> Outcome {
    let namespace = pair.private.namespace;
    let fulcio = Fulcio::start(&String::from_utf8_lossy(&input.chain));
    job = job.args([format!("--fulcio-url={}", fulcio.url())]);
    match input.reader {
        Reader::CtLog | Reader::TesseraCt => set_pair(kubernetes, pair, input),
        Reader::CtLogImport | Reader::TesseraCtImport => {
            allow_own(kubernetes, namespace);
            let own = Entries::from([(pair.key.into(), input.key.clone())]);
            kubernetes.set_secret(namespace, OWN, &own);
            job = job.args(["--private-secret=own"]);
            if let Some(password) = &input.password {
                job = job.args([format!(
                    "--key-password={}",
                    String::from_utf8_lossy(password)
                )]);
            }
        }
        _ => (),
    }
    run(job)
}

/// Lets the Job read the Secret of the user's own.
fn allow_own(kubernetes: &Kubernetes, namespace: &str) {
    let mut role = kubernetes
        .get("Role", namespace, "createctconfig")
        .expect("the Job has a Role");
    let names = role["rules"][1]["resourceNames"].as_array_mut();
    names.expect("the rule names Secrets").push(OWN.into());
    kubernetes.apply(&role);
}

/// Asks the server once more, with what the Job made of it.
fn check_published(input: &Input, kubernetes: &Kubernetes, oracles: &mut Oracles) -> Result<()> {
    let [private, public] = match pair(input.reader) {
        Some(pair) => [&pair.private, &pair.public]
            .map(|secret| kubernetes.secret(secret.namespace, secret.name)),
        None => return check_trusted_root(input, kubernetes, oracles),
    };
    let answer = oracles.ask(&question_of(input.reader, &private))?;
    ensure!(
        answer.accepted,
        "the server refuses what the Job made: {}",
        answer.error
    );
    if !answer.log_id.is_empty() {
        check_public(&public, &answer.log_id)?;
    }
    Ok(())
}

/// What the server finds in its Secret.
fn question_of(reader: Reader, private: &Entries) -> Question {
    let entry = |name: &str| private.get(name).cloned().unwrap_or_default();
    match reader {
        Reader::Rekor => Question::new(
            "rekor",
            "rekor",
            &[("key", entry(REKOR.key))],
            REKOR.password.map(entry).as_deref(),
        ),
        Reader::RekorTiles => Question::new(
            "rekor-tiles",
            "rekor-tiles",
            &[("key", entry(REKOR_TILES.key))],
            REKOR_TILES.password.map(entry).as_deref(),
        ),
        Reader::TesseraCt | Reader::TesseraCtImport => {
            let files = [
                ("privkey.pem", entry(CTLOG_TILES.key)),
                ("roots.pem", entry(ROOT_CA)),
            ];
            Question::new("tesseract", "tesseract", &files, None)
        }
        Reader::Fulcio | Reader::FulcioWithoutChain => {
            let files = [("key", entry(FULCIO.key)), ("cert", entry(FULCIO.trusted))];
            Question::new(
                "fulcio",
                "fulcio",
                &files,
                FULCIO.password.map(entry).as_deref(),
            )
        }
        Reader::Tsa | Reader::TsaWithoutChain => {
            let files = [("key", entry(TSA.key)), ("chain", entry(TSA.trusted))];
            Question::new("tsa", "tsa", &files, TSA.password.map(entry).as_deref())
        }
        _ => {
            // As config/700-ctlog.yaml mounts them.
            let mounted = [(CTLOG.key, "privkey.pem"), (ROOT_CA, "roots.pem")];
            let mounted = mounted.map(|(name, path)| (path, entry(name)));
            let files: Vec<_> = private
                .iter()
                .map(|(name, file)| (name.as_str(), file.clone()))
                .chain(mounted)
                .collect();
            Question::new("ctlog", "ctlog", &files, None)
        }
    }
}

/// A public key is published as OpenSSL writes it, and its digest is the log's ID.
fn check_public(public: &BTreeMap<String, Vec<u8>>, log_id: &str) -> Result<()> {
    let pem = public.get(PUBLIC).context("no public key is published")?;
    let key = PublicKey::from_pem(pem).context("reading the published key")?;
    ensure!(
        key.to_pem().as_bytes() == pem,
        "the published key isn't canonical"
    );
    let digest = hex::encode(Sha256::digest(key.der()));
    ensure!(
        digest == log_id,
        "the published key has the log ID {digest}, the server's is {log_id}"
    );
    Ok(())
}

/// Clients read what is trusted, and the log in it has the ID that the server gives itself.
fn check_trusted_root(input: &Input, kubernetes: &Kubernetes, oracles: &mut Oracles) -> Result<()> {
    let trust = kubernetes.config_map("tuf-system", "sigstore-trust");
    let file = trust
        .get("trusted_root.json")
        .context("nothing is published")?;
    let question = Question::client(
        "trusted-root",
        &[("trusted_root.json", file.clone().into())],
    );
    let answer = oracles.ask(&question)?;
    ensure!(
        answer.accepted,
        "clients refuse trusted_root.json: {}",
        answer.error
    );
    let server = oracles.ask(&input.question())?;
    let root: serde_json::Value = serde_json::from_str(file)?;
    let id = root["tlogs"][0]["logId"]["keyId"]
        .as_str()
        .unwrap_or_default();
    let id = Base64::decode_vec(id).map_or_else(|_| id.to_owned(), hex::encode);
    ensure!(
        id == server.log_id,
        "the published log ID is {id}, clients compute {}",
        server.log_id
    );
    Ok(())
}

fn pair(reader: Reader) -> Option<&'static KeyPair> {
    match reader {
        Reader::Fulcio | Reader::FulcioWithoutChain => Some(&FULCIO),
        Reader::Rekor => Some(&REKOR),
        Reader::RekorTiles => Some(&REKOR_TILES),
        Reader::Tsa | Reader::TsaWithoutChain => Some(&TSA),
        Reader::TesseraCt | Reader::TesseraCtImport => Some(&CTLOG_TILES),
        Reader::CtLog | Reader::CtLogImport | Reader::TrustBundle => Some(&CTLOG),
        Reader::PublicKey => None,
    }
}

const OWN: &str = "own";

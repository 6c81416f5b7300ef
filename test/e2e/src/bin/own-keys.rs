//! A stack with keys of one's own: the phases of `docs/own-keys.md`.
//!
//! They are made before the first apply as `docs/own-keys.md` says, Fulcio's below a root and an
//! intermediate that stay outside. Then clients of every language sign and verify. At last a
//! Secret of one's own is put over another, and Fulcio's CA changes.

use std::{fs, path::Path, process::ExitCode};

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use contract::{CTLOG, FULCIO, KeyPair, REKOR, TSA};
use e2e::{
    Cluster, Cosign, Manifests, Phases, client, job, namespaces, newest, openssl, outside, process,
};
use k8s_openapi::api::batch::v1::Job;
use kube::api::DeleteParams;
use tempfile::TempDir;
use testbed::Entries;
use tokio::process::Command;

#[derive(Parser)]
#[command(
    version,
    about = "Stands up a stack with keys of one's own on a real cluster, and signs with it"
)]
struct Args {}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    Args::parse();
    let own = Own {
        cluster: Cluster::connect().await?,
        folder: TempDir::new()?,
    };
    let mut phases = Phases::default();
    if own.stand_up(&mut phases).await {
        own.use_it(&mut phases).await;
    }
    Ok(phases.end())
}

/// The keys, in the folder in which they were made.
struct Own {
    cluster: Cluster,
    folder: TempDir,
}

impl Own {
    /// Returns whether there is a stack to sign with.
    async fn stand_up(&self, phases: &mut Phases) -> bool {
        let all = [&namespaces()[..], &["e2e".into()]].concat();
        let empty = self.cluster.delete_namespaces(&all, true);
        phases.run("empty volumes", empty).await
            && phases
                .run("keys and chains as docs/own-keys.md says", self.make())
                .await
            && phases.run("kubectl apply -f config/", self.apply()).await
            && phases
                .run("hack/wait.sh --servers", self.cluster.wait_for_servers())
                .await
            && phases
                .run("the Jobs kept and published these", self.check_published())
                .await
            && phases.run("a client in the cluster", client::start()).await
    }

    async fn use_it(&self, phases: &mut Phases) {
        for cosign in Cosign::BOTH {
            let what = format!("{}: signs and verifies", cosign.name());
            phases.run(&what, self.sign(cosign)).await;
        }
        let signed = Cosign::BOTH.map(|cosign| (cosign, BLOB.to_owned()));
        for (name, program) in outside::CLIENTS {
            let what = format!("{name}: verifies what both cosigns signed");
            let verify = outside::verify(&self.cluster, program, &signed);
            phases.run(&what, verify).await;
        }
        phases
            .run(
                "a Secret over another: refused, and nothing changes",
                self.put_over(),
            )
            .await;
        phases
            .run(
                "a Secret that cert-manager made: refused, then taken",
                self.rename(),
            )
            .await;
        let what = "another CA after the first apply: both cosigns sign under it";
        phases.run(what, self.change()).await;
    }

    /// Runs the document's commands up to the first apply.
    async fn make(&self) -> Result<()> {
        let config = Path::new(process::CHECKOUT).join("config");
        let copy = ["-r", &config.display().to_string(), "."];
        self.run("cp", &copy).await?;
        let mut script = vec![];
        for above in BEFORE {
            script.push(docs::block(OWN_KEYS, above)?);
        }
        self.script(&script.join("\n")).await
    }

    async fn apply(&self) -> Result<()> {
        self.run("kubectl", &["apply", "-f", "config/"]).await
    }

    /// Checks that what was brought is in the private Secrets still, and that what is public is of
    /// it.
    async fn check_published(&self) -> Result<()> {
        let file = |name: &str| fs::read(self.folder.path().join(name)).context(name.to_owned());
        for (layout, key) in [
            (REKOR, "rekor.key"),
            (FULCIO, "fulcio-issuing.key"),
            (TSA, "tsa.key"),
        ] {
            let private = self.secret(layout.private.namespace, layout.private.name);
            ensure!(private.await?[layout.key] == file(key)?, "another {key}");
        }
        for (layout, chain) in [(FULCIO, "fulcio-chain.pem"), (TSA, "tsa-chain.pem")] {
            let published = self.published(layout).await?;
            ensure!(published == file(chain)?, "another {chain}");
        }
        for (layout, key) in [(REKOR, "rekor.key"), (CTLOG, "ctlog.key")] {
            let published = String::from_utf8(self.published(layout).await?)?;
            let brought = openssl::public_half(&file(key)?, &file("password")?).await?;
            openssl::check_same(&[published, brought])?;
        }
        Ok(())
    }

    /// Has a cosign sign, and verify, with the newest keys. (JSON leaves the index 0 of a first
    /// entry out, and sigstore-python reads no bundle without one.)
    async fn sign(&self, cosign: Cosign) -> Result<()> {
        cosign.initialize(&self.cluster).await?;
        cosign.sign("first").await?;
        cosign.sign(BLOB).await?;
        newest::check(&self.cluster, &cosign.bundle(BLOB).await?).await
    }

    /// Puts another CA over the one that is trusted. createcerts refuses it; with the first one
    /// back, all is as it was.
    async fn put_over(&self) -> Result<()> {
        let before = self.cluster.contents(&namespaces()).await?;
        let [basics, chain] =
            [BEFORE[0], "### A CA for Fulcio"].map(|above| docs::block(OWN_KEYS, above));
        let (basics, chain) = (basics?, chain?);
        let make = format!("mkdir other; cd other\nkubectl() {{ :; }}\n{basics}\n{chain}");
        self.script(&make).await?;
        let create = chain.find("kubectl ").map(|start| &chain[start..]);
        let create = create.context("nothing creates fulcio-secret")?;
        let delete = "kubectl -n fulcio-system delete secret fulcio-secret";
        let replace = |folder: &str| format!("{delete}\ncd {folder}\n{create}");
        self.script(&replace("other")).await?;
        let words = ["fulcio-pub-key is of another key than", "docs/changes.md"];
        let refused = self.run_createcerts(3, &words).await;
        self.script(&replace(".")).await?;
        refused?;
        self.run_createcerts(0, &[]).await?;
        e2e::unchanged(&before, &self.cluster.contents(&namespaces()).await?)
    }

    /// Moves the CA's key and chain to the names that cert-manager gives. createcerts refuses them
    /// until they are copied as the document says.
    async fn rename(&self) -> Result<()> {
        let before = self.published(FULCIO).await?;
        self.script(
            "kubectl -n fulcio-system delete secret fulcio-secret fulcio-pub-key
            openssl pkey -in fulcio-issuing.key -passin file:password -out plain.key
            kubectl -n fulcio-system create secret generic fulcio-secret --type=kubernetes.io/tls \
              --from-file=tls.key=plain.key --from-file=tls.crt=fulcio-chain.pem",
        )
        .await?;
        let copy = r#"[{"op":"copy","from":"/data/tls.key","path":"/data/private"}]"#;
        self.run_createcerts(3, &["as \"tls.key\"", copy]).await?;
        let copies = docs::block(OWN_KEYS, "of a Secret that cert-manager made")?;
        self.script(&copies).await?;
        self.run_createcerts(0, &[]).await?;
        ensure!(self.published(FULCIO).await? == before, "another chain");
        Ok(())
    }

    /// Changes Fulcio's CA to the other one as the document says, and publishes it as the next one
    /// does.
    async fn change(&self) -> Result<()> {
        let change = docs::block(OWN_KEYS, "## After the first apply")?;
        self.script(&format!("cd other; ln -s ../config .\n{change}"))
            .await?;
        for step in ["## 2. Publish it", "## 3. Restart the servers"] {
            process::script(&docs::block("docs/changes.md", step)?).await?;
        }
        for cosign in Cosign::BOTH {
            cosign.initialize(&self.cluster).await?;
            cosign.sign("changed").await?;
            newest::check(&self.cluster, &cosign.bundle("changed").await?).await?;
            cosign.verify(BLOB).await?;
        }
        Ok(())
    }

    /// Runs createcerts again, under another name, and checks how it ends. (One that succeeds
    /// leaves no last words.)
    async fn run_createcerts(&self, code: i32, words: &[&str]) -> Result<()> {
        let namespace = FULCIO.private.namespace;
        let mut again: Job = Manifests::moved(namespace, namespace).object("createcerts")?;
        again.metadata.name = Some("again".into());
        again.metadata.labels = None; // it is no gate
        let ended = job::run(&self.cluster, &again).await?;
        let jobs = self.cluster.objects::<Job>(namespace);
        jobs.delete("again", &DeleteParams::foreground()).await?;
        e2e::wait_until("the Job is gone", async || {
            Ok(jobs.get_opt("again").await?.is_none())
        })
        .await?;
        ended.check(code, words)
    }

    async fn secret(&self, namespace: &str, name: &str) -> Result<Entries> {
        self.cluster.secret(namespace, name).await
    }

    /// What clients get to know of a server's key.
    async fn published(&self, layout: KeyPair) -> Result<Vec<u8>> {
        let public = self.secret(layout.public.namespace, layout.public.name);
        Ok(public.await?[layout.trusted].clone())
    }

    async fn script(&self, script: &str) -> Result<()> {
        process::text(bash(self.folder.path(), script), b"").await?;
        Ok(())
    }

    async fn run(&self, program: &str, args: &[&str]) -> Result<()> {
        let mut command = process::command(program, args);
        command.current_dir(&self.folder);
        process::text(command, b"").await?;
        Ok(())
    }
}

fn bash(folder: &Path, script: &str) -> Command {
    let mut command = process::command("bash", &["-euo", "pipefail", "-c", script]);
    command.current_dir(folder);
    command
}

const OWN_KEYS: &str = "docs/own-keys.md";
/// Above which commands there are, in this order.
const BEFORE: [&str; 5] = [
    "## Before the first apply",
    "### Rekor's key",
    "### A CA for Fulcio",
    "### A chain for the timestamp authority",
    "### The CT log's key",
];
const BLOB: &str = "own-keys";

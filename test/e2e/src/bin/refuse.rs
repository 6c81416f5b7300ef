//! Bad input on the real cluster: the last phases of `hack/e2e.sh`.
//!
//! Each is one Job of `config/`, with its own account and rights, in a namespace of its own, where
//! what it has to refuse is prepared.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Parser;
use contract::{CERT_CHAIN, COPIED, CTLOG_CONFIG, FULCIO, PRIVATE, PUBLIC, TREE_ID, TSA};
use e2e::{
    Cluster, Manifests, Phases,
    job::{self, Ended},
    openssl, process, unchanged,
};
use k8s_openapi::{
    ByteString,
    api::{
        batch::v1::Job,
        core::v1::{ConfigMap, Namespace, Secret},
        rbac::v1::RoleBinding,
    },
};
use kube::api::{DeleteParams, ObjectMeta};
use testbed::Entries;

#[derive(Parser)]
#[command(version, about = "Shows bad input to the Jobs of a running stack")]
struct Args {
    /// Phases that passed before, to be counted as well
    #[arg(long, default_value_t = 0)]
    passed: usize,

    /// Phases that failed before
    #[arg(long, default_value_t = 0)]
    failed: usize,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let args = Args::parse();
    let cluster = &Cluster::connect().await?;
    let mut phases = Phases::after(args.passed, args.failed);
    let scene = |name, original| Scene::new(cluster, name, original);
    let flag = scene("wrong-flag", "fulcio-system").play(wrong_flag);
    phases.run("wrong flag: exit 2, names it", flag).await;
    // hack/wait.sh looks at every Job in the cluster, and there may be no failed one.
    let failed = ["e2e-wrong-flag".to_owned()];
    let failed = cluster.delete_namespaces(&failed, true);
    let image = scene("no-image", "fulcio-system").play(no_image);
    phases
        .run(
            "an image that can't be pulled: hack/wait.sh stops, names it",
            async { failed.await.and(image.await) },
        )
        .await;
    let tree = scene("no-dependency", "ctlog-system").play(no_dependency);
    phases
        .run(
            "no tree: gives up at --timeout, exit 1, says who makes it",
            tree,
        )
        .await;
    let rights = scene("no-rights", "fulcio-system").play(no_rights);
    phases
        .run("no rights: says which verb on which object", rights)
        .await;
    let pem = scene("broken-pem", "fulcio-system").play(broken_pem);
    phases
        .run("a Secret with a broken PEM: exit 3, nothing changes", pem)
        .await;
    let key = scene("other-public-key", "fulcio-system").play(other_public_key);
    phases
        .run(
            "a public key of another private key: exit 3, nothing changes",
            key,
        )
        .await;
    let tree = scene("unknown-tree", "ctlog-system").play(unknown_tree);
    phases
        .run(
            "a tree that Trillian does not have: exit 3, nothing changes",
            tree,
        )
        .await;
    let chain = scene("wrong-order", "tuf-system").play(wrong_order);
    phases
        .run("a chain in the wrong order: exit 3, nothing changes", chain)
        .await;
    Ok(phases.end())
}

async fn wrong_flag(scene: &Scene<'_>) -> Result<()> {
    let ended = scene.run("createcerts", &["--no-such-flag"]).await?;
    ended.check(2, &["--no-such-flag"])?;
    let wait = process::run("hack/wait.sh", &[]);
    process::fails(wait, &["exit code 2", "--no-such-flag"]).await
}

async fn no_dependency(scene: &Scene<'_>) -> Result<()> {
    let ended = scene.run("createctconfig", &["--timeout=5s"]).await?;
    ended.check(1, &[TREE_ID, "createtree"])
}

async fn no_rights(scene: &Scene<'_>) -> Result<()> {
    let bindings = scene.cluster.objects::<RoleBinding>(&scene.namespace);
    let params = DeleteParams::default();
    bindings.delete("createcerts", &params).await?;
    let ended = scene.run("createcerts", &["--timeout=5s"]).await?;
    let what = format!("reading ConfigMap {}/fulcio-config", scene.namespace);
    ended.check(1, &[&what, "cannot get resource \"configmaps\""])
}

async fn broken_pem(scene: &Scene<'_>) -> Result<()> {
    let secret = FULCIO.private.name;
    let mut entries = scene.original(secret).await?;
    let key = entries
        .get_mut(PRIVATE)
        .context("there is no private key")?;
    let mut ends = key.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    let (second, _) = ends.nth(1).context("the private key has no third line")?;
    key[second + 1] = b'!';
    scene.create_secret(secret, entries).await?;
    scene.refuses("createcerts", &[secret, PRIVATE]).await
}

async fn other_public_key(scene: &Scene<'_>) -> Result<()> {
    let secret = FULCIO.private.name;
    let mut entries = scene.original(secret).await?;
    let public = openssl::new_public_key().await?;
    entries.insert(PUBLIC.into(), public.into_bytes());
    scene.create_secret(secret, entries).await?;
    scene.refuses("createcerts", &[secret, PUBLIC]).await
}

async fn unknown_tree(scene: &Scene<'_>) -> Result<()> {
    let name = CTLOG_CONFIG.name;
    let map = ConfigMap {
        metadata: scene.metadata(name),
        data: Some([(TREE_ID.into(), "42".into())].into()),
        ..ConfigMap::default()
    };
    scene.cluster.create(&[map]).await?;
    scene.refuses("createtree", &["tree 42", name]).await
}

async fn wrong_order(scene: &Scene<'_>) -> Result<()> {
    for pair in COPIED {
        let mut entries = scene.original(pair.copy).await?;
        if pair == TSA {
            let chain = entries.get_mut(CERT_CHAIN).context("there is no chain")?;
            let text = String::from_utf8(chain.clone())?;
            let certificates: Vec<_> = text.split_inclusive(END).collect();
            *chain = certificates
                .into_iter()
                .rev()
                .collect::<String>()
                .into_bytes();
        }
        scene.create_secret(pair.copy, entries).await?;
    }
    scene.refuses("createtuf", &[TSA.copy]).await
}

async fn no_image(scene: &Scene<'_>) -> Result<()> {
    let mut job: Job = scene.manifests.object("createcerts")?;
    let pod = job.spec.iter_mut().flat_map(|spec| &mut spec.template.spec);
    for container in pod.flat_map(|pod| &mut pod.containers) {
        container.image = Some("localhost/scaffolding/no-such:dev".into());
    }
    scene.cluster.create(&[job]).await?;
    let said = process::script("hack/wait.sh 2>&1 || [ $? = 4 ]").await?;
    process::says(
        &said,
        &[&scene.namespace, "createcerts", "can't start", "Image"],
    )?;
    process::says(&said, &["localhost/scaffolding/no-such:dev"])
}

/// A namespace with the accounts, rights and ConfigMaps that `config/` has in another.
struct Scene<'a> {
    cluster: &'a Cluster,
    original: &'static str,
    namespace: String,
    manifests: Manifests,
}

impl<'a> Scene<'a> {
    fn new(cluster: &'a Cluster, name: &str, original: &'static str) -> Self {
        let namespace = format!("e2e-{name}");
        Self {
            cluster,
            original,
            manifests: Manifests::moved(original, &namespace),
            namespace,
        }
    }

    /// Makes the namespace, plays `case` in it, and deletes it.
    async fn play(self, case: impl AsyncFn(&Self) -> Result<()>) -> Result<()> {
        self.manifests.create_accounts(self.cluster).await?;
        let result = case(&self).await;
        let namespaces = self.cluster.all::<Namespace>();
        namespaces
            .delete(&self.namespace, &DeleteParams::default())
            .await?;
        result
    }

    /// Runs a Job with more arguments.
    async fn run(&self, name: &str, args: &[&str]) -> Result<Ended> {
        let mut job: Job = self.manifests.object(name)?;
        job::add_args(&mut job, args);
        job::run(self.cluster, &job).await
    }

    /// Checks that a Job refuses what it finds, in one line with all of `words`, and changes
    /// nothing.
    async fn refuses(&self, job: &str, words: &[&str]) -> Result<()> {
        let namespaces = [self.namespace.clone()];
        let before = self.cluster.versions(&namespaces).await?;
        self.run(job, &[]).await?.check(3, words)?;
        unchanged(&before, &self.cluster.versions(&namespaces).await?)
    }

    /// The entries of the Secret of that name in the running stack.
    async fn original(&self, secret: &str) -> Result<Entries> {
        self.cluster.secret(self.original, secret).await
    }

    async fn create_secret(&self, name: &str, entries: Entries) -> Result<()> {
        let entries = entries.into_iter();
        let secret = Secret {
            metadata: self.metadata(name),
            data: Some(
                entries
                    .map(|(entry, value)| (entry, ByteString(value)))
                    .collect(),
            ),
            ..Secret::default()
        };
        self.cluster.create(&[secret]).await
    }

    fn metadata(&self, name: &str) -> ObjectMeta {
        ObjectMeta {
            namespace: Some(self.namespace.clone()),
            name: Some(name.into()),
            ..ObjectMeta::default()
        }
    }
}

const END: &str = "-----END CERTIFICATE-----\n";

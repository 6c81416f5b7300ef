//! Two of every Job at once: the programs themselves as processes, with the arguments, the rights
//! and the names that `config/` gives them, against the real API server, Trillian and Fulcio.

use std::{env::consts::ARCH, path::PathBuf};

use anyhow::{Context as _, Result};
use e2e::{Manifests, process, unchanged};
use k8s_openapi::api::{batch::v1::Job, core::v1::Container};
use kube::{ResourceExt as _, config::Kubeconfig};
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::{halves, stack::Stack};

/// Starts all Jobs at once, as a first apply does, and each of them twice. When they are run again,
/// nothing may change. All that is done `times` times, in new namespaces each time.
pub(crate) async fn race(stack: &Stack, times: usize) -> Result<()> {
    let cluster = &stack.cluster;
    let mut namespaces = Manifests::prefixed("race-0-").namespaces();
    for time in 1..=times {
        let prefix = format!("race-{time}-");
        let manifests = Manifests::prefixed(&prefix);
        manifests.create_accounts(cluster).await?;
        run(&manifests, &prefix, 2).await?;
        halves::check_pairs(cluster, &prefix).await?;
        let before = cluster.versions(&manifests.namespaces()).await?;
        run(&manifests, &prefix, 1).await?;
        unchanged(&before, &cluster.versions(&manifests.namespaces()).await?)?;
        namespaces.extend(manifests.namespaces());
    }
    if stack.has_database() {
        stack.count_trees().await?;
    }
    cluster.delete_namespaces(&namespaces, false).await
}

/// Runs several instances of every Job at once, but of those that record a log, which needs its
/// servers. Each has to end with 0.
async fn run(manifests: &Manifests, prefix: &str, instances: usize) -> Result<()> {
    let folder = TempDir::new()?;
    let mut running = JoinSet::new();
    for job in manifests.objects::<Job>()? {
        if job.name_any() == "createlog" {
            continue;
        }
        let program = Program::of_job(&job, prefix).with_context(|| job.name_any())?;
        let kubeconfig = program.kubeconfig(&folder)?;
        for _ in 0..instances {
            let command = program.command(&kubeconfig);
            running.spawn(async move { process::output(command, b"").await });
        }
    }
    while let Some(ended) = running.join_next().await {
        ended??;
    }
    Ok(())
}

/// What a Job runs.
struct Program {
    name: String,
    args: Vec<String>,
    namespace: String,
    account: String,
}

impl Program {
    fn of_job(job: &Job, prefix: &str) -> Result<Self> {
        let pod = job
            .spec
            .as_ref()
            .and_then(|spec| spec.template.spec.as_ref());
        let pod = pod.context("a Job has a pod")?;
        let container: &Container = pod.containers.first().context("a pod has a container")?;
        let namespace = job.namespace().context("it is in a namespace")?;
        let args = container.args.iter().flatten();
        let mut args: Vec<_> = args
            .map(|arg| arg.replace("$(NAMESPACE)", &namespace))
            .collect();
        if container.name == "copysecrets" {
            args = sources(&args, prefix);
        }
        args.push("--timeout=1m".into());
        Ok(Self {
            name: container.name.clone(),
            args,
            account: pod
                .service_account_name
                .clone()
                .context("it has an account")?,
            namespace,
        })
    }

    /// Writes a kubeconfig with which the administrator acts as the Job's account.
    fn kubeconfig(&self, folder: &TempDir) -> Result<PathBuf> {
        let Self {
            namespace, account, ..
        } = self;
        let mut kubeconfig = Kubeconfig::read().context("reading KUBECONFIG")?;
        for user in kubeconfig
            .auth_infos
            .iter_mut()
            .flat_map(|user| &mut user.auth_info)
        {
            user.impersonate = Some(format!("system:serviceaccount:{namespace}:{account}"));
        }
        let file = folder.path().join(format!("{namespace}-{account}"));
        std::fs::write(&file, serde_json::to_vec(&kubeconfig)?)?;
        Ok(file)
    }

    fn command(&self, kubeconfig: &std::path::Path) -> tokio::process::Command {
        let path = format!("target/{ARCH}-unknown-linux-musl/release/{}", self.name);
        let mut command = process::command(&path, &[]);
        command.args(&self.args).env_clear();
        command
            .env("KUBECONFIG", kubeconfig)
            .env("NAMESPACE", &self.namespace);
        command
    }
}

/// The flags that name the Secrets to copy, from other namespaces than the Job's have them.
fn sources(args: &[String], prefix: &str) -> Vec<String> {
    let args = args.iter();
    args.map(|arg| arg.replace("--copy=", &format!("--copy={prefix}")))
        .collect()
}

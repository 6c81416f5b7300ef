//! New keys, and what is done to have them trusted and used: what `docs/changes.md` says.

use anyhow::{Context as _, Result, ensure};
use contract::{CTLOG, FULCIO, Published, REKOR, TSA, TUF_ROOT};
use docs::{block, row};
use e2e::{Cluster, Manifests, job, process};
use k8s_openapi::api::batch::v1::Job;
use kube::api::DeleteParams;

/// A change of one key.
pub(crate) struct Change {
    pub(crate) name: &'static str,
    /// Its row in the table of commands.
    row: &'static str,
    /// What clients get to know of the key; nothing for the keys of TUF.
    public: Option<Published>,
    /// The servers to restart, in this order.
    servers: &'static [&'static str],
}

/// All changes.
pub(crate) const CHANGES: [Change; 5] = [
    Change {
        name: "rekor-key",
        row: "key of Rekor",
        public: Some(REKOR.public),
        servers: &["tuf", "rekor"],
    },
    Change {
        name: "fulcio-root",
        row: "root of Fulcio",
        public: Some(FULCIO.public),
        servers: &["ctlog", "tuf", "fulcio"],
    },
    Change {
        name: "ctlog-key",
        row: "key of the CT log",
        public: Some(CTLOG.public),
        servers: &["ctlog", "tuf"],
    },
    Change {
        name: "tsa-chain",
        row: "chain of the timestamp authority",
        public: Some(TSA.public),
        servers: &["tuf", "tsa"],
    },
    Change {
        name: "tuf-keys",
        row: "keys of TUF",
        public: None,
        servers: &["tuf"],
    },
];

impl Change {
    /// Changes the key in a running stack.
    pub(crate) async fn make(&self, cluster: &Cluster) -> Result<()> {
        match self.public {
            Some(public) => {
                self.make_key(cluster, public).await?;
                self.publish(cluster).await?;
            }
            None => {
                process::script(&row(CHANGES_MD, self.row)?).await?;
                let job = ["job/rotate", "--namespace=tuf-system", "--timeout=2m"];
                let wait = ["wait", "--for=condition=Complete"];
                process::run("kubectl", &[&wait[..], &job].concat()).await?;
            }
        }
        restart(cluster, self.servers).await
    }

    /// Step 1 of the document: makes the new key.
    async fn make_key(&self, cluster: &Cluster, public: Published) -> Result<()> {
        let before = cluster.secret(public.namespace, public.name).await?;
        let mut script = vec![
            block(CHANGES_MD, "## 1. Make it")?,
            row(CHANGES_MD, self.row)?,
        ];
        if public == FULCIO.public {
            script.push(block(CHANGES_MD, "it is added by hand")?);
        }
        process::script(&script.join("\n")).await?;
        let after = cluster.secret(public.namespace, public.name).await?;
        ensure!(after != before, "the key is the old one");
        Ok(())
    }

    /// Step 2: publishes it. Each of the two Jobs refuses at first, since nobody has said that the
    /// change is wanted. The last line of the log names the servers to restart.
    async fn publish(&self, cluster: &Cluster) -> Result<()> {
        let script = block(CHANGES_MD, "## 2. Publish it")?;
        let second = script.find("kubectl -n tuf-system create job publish");
        let (copy, publish) = script.split_at(second.context("step 2 has no Job publish")?);
        check_refused(cluster, "copysecrets").await?;
        process::script(copy).await?;
        check_refused(cluster, "createtuf").await?;
        let log = process::script(publish).await?;
        let names = self.servers.iter().map(|server| name_in_log(server));
        let names: Vec<_> = names.collect();
        process::says(&log, &[&names.join(", ")])
    }
}

/// Step 3: restarts the servers, and waits until their old pods are gone.
async fn restart(cluster: &Cluster, servers: &[&str]) -> Result<()> {
    let namespaces = servers.iter().map(|server| format!("{server}-system"));
    let namespaces: Vec<_> = namespaces.collect();
    let labels = format!("app in ({})", servers.join(", "));
    let before = cluster.pods(&namespaces, &labels).await?;
    let script = block(CHANGES_MD, "## 3. Restart the servers")?;
    ensure!(
        script.contains(FOR_FULCIO),
        "step 3 doesn't restart {FOR_FULCIO}"
    );
    let restart = script.replace(FOR_FULCIO, &servers.join(" "));
    process::script(&restart).await?;
    cluster.wait_for_end_of(&before, &namespaces).await
}

/// Takes Rekor's key with this ID out of what clients trust, as the document says.
pub(crate) async fn withdraw(cluster: &Cluster, id: &str) -> Result<()> {
    let function = block(CHANGES_MD, "# Take something back")?;
    let log = process::script(&format!("{function}\nwithdraw {id}")).await?;
    process::says(&log, &[id, "verifies nowhere any more"])?;
    restart(cluster, &["tuf"]).await
}

/// Runs a Job of `tuf-system` again, under another name, and checks that it refuses the change.
async fn check_refused(cluster: &Cluster, job: &str) -> Result<()> {
    let namespace = TUF_ROOT.namespace;
    let mut job: Job = Manifests::moved(namespace, namespace).object(job)?;
    job.metadata.name = Some("refuses".into());
    job.metadata.labels = None; // it is no gate
    let ended = job::run(cluster, &job).await?;
    let jobs = cluster.objects::<Job>(namespace);
    jobs.delete("refuses", &DeleteParams::background()).await?;
    ended.check(3, &["--accept-changes"])
}

/// What `createtuf` calls a server.
fn name_in_log(server: &str) -> &'static str {
    match server {
        "ctlog" => "the CT log",
        "fulcio" => "Fulcio",
        "rekor" => "Rekor",
        "tsa" => "the timestamp authority",
        _ => "the TUF server",
    }
}

const CHANGES_MD: &str = "docs/changes.md";
/// The servers in the example of step 3.
const FOR_FULCIO: &str = "ctlog tuf fulcio";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_in_the_documentation() {
        for change in CHANGES {
            row(CHANGES_MD, change.row).unwrap();
        }
        let by_hand = block(CHANGES_MD, "it is added by hand").unwrap();
        assert!(
            by_hand.ends_with("again ctlog createctconfig 700-ctlog.yaml"),
            "{by_hand}"
        );
        let restart = block(CHANGES_MD, "## 3. Restart the servers").unwrap();
        assert!(restart.contains(FOR_FULCIO), "{restart}");
        let withdraw = block(CHANGES_MD, "# Take something back").unwrap();
        assert!(withdraw.starts_with("withdraw() {"), "{withdraw}");
    }
}

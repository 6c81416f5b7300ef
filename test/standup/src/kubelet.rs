//! Starts each pod's process when what it waits for exists, as a kubelet would.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Result, anyhow, bail};
use serde_json::json;
use testbed::{Kubernetes, Manifest, Pod, Running};
use tokio::time::sleep;

use crate::{board::Board, servers::Servers, stand_ins::StandIns};

/// The pods of the stack, and what runs for them.
pub(crate) struct Kubelet<'a> {
    kubernetes: &'a Kubernetes,
    pods: &'a [Pod],
    board: Board,
    /// The Jobs' processes, by their pods' positions.
    running: BTreeMap<usize, Running<'a>>,
    servers: Kind<'a>,
}

/// What is run of the servers.
pub(crate) enum Kind<'a> {
    StandIns(Box<StandIns<'a>>),
    Real(Servers<'a>),
}

/// Refuses objects of a kind that nothing is known about.
pub(crate) fn check(manifests: &[Manifest]) -> Result<()> {
    for manifest in manifests {
        if ![&EMBEDDED[..], &RUN, &LEFT_OUT]
            .concat()
            .contains(&manifest.kind())
        {
            bail!(
                "{manifest}: kind: nothing is known here about a {}",
                manifest.kind()
            );
        }
    }
    Ok(())
}

/// Applies all that the API server holds.
pub(crate) fn apply(kubernetes: &Kubernetes, manifests: &[Manifest]) -> Result<()> {
    let applied = manifests
        .iter()
        .filter(|manifest| EMBEDDED.contains(&manifest.kind()));
    for manifest in applied {
        let applied = kubernetes.try_apply(&manifest.object);
        applied.map_err(|refusal| anyhow!("{manifest}: {refusal}"))?;
        if manifest.kind() == "Namespace" {
            // As the controller manager does.
            let namespace = &manifest.object["metadata"]["name"];
            kubernetes.apply(&json!({
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"namespace": namespace, "name": "kube-root-ca.crt"},
                "data": {"ca.crt": ""},
            }));
        }
    }
    Ok(())
}

impl<'a> Kubelet<'a> {
    pub(crate) fn new(kubernetes: &'a Kubernetes, pods: &'a [Pod], servers: Kind<'a>) -> Self {
        let ready = match servers {
            Kind::StandIns(_) => "can start",
            Kind::Real(_) => "ready",
        };
        Self {
            kubernetes,
            pods,
            board: Board::new(pods, ready),
            running: BTreeMap::new(),
            servers,
        }
    }

    /// Runs all Jobs, and the servers or what stands in for them, until all gates are open.
    pub(crate) async fn run(&mut self) -> Result<()> {
        loop {
            for position in 0..self.pods.len() {
                self.look_after(position)?;
            }
            self.board.draw();
            if self.board.all_open() {
                return Ok(());
            }
            sleep(PAUSE).await;
        }
    }

    /// Fails when a server ends.
    pub(crate) async fn watch(&mut self) -> Result<()> {
        loop {
            if let Kind::Real(servers) = &mut self.servers {
                self.pods.iter().try_for_each(|pod| servers.check(pod))?;
            }
            sleep(PAUSE * 20).await;
        }
    }

    /// The stand-ins, if there are some.
    pub(crate) fn stand_ins(&self) -> Option<&StandIns<'a>> {
        match &self.servers {
            Kind::StandIns(stand_ins) => Some(stand_ins),
            Kind::Real(_) => None,
        }
    }

    fn look_after(&mut self, position: usize) -> Result<()> {
        if self.board.is_open(position) {
            return Ok(());
        }
        let pod = &self.pods[position];
        if self.running.contains_key(&position) {
            return self.look_at_job(position);
        }
        let missing = pod.missing(self.kubernetes);
        if !missing.is_empty() {
            let text = format!("waits for {}", missing.join(", "));
            self.board.set_waiting(position, &text);
            return Ok(());
        }
        let waits = match &mut self.servers {
            Kind::StandIns(stand_ins) if pod.is_job() => match stand_ins.missing(pod) {
                Some(missing) => Some(missing.to_owned()),
                None => {
                    self.running.insert(position, stand_ins.start(pod)?);
                    return Ok(());
                }
            },
            Kind::StandIns(stand_ins) => {
                stand_ins.stand_in_for(pod)?;
                None
            }
            Kind::Real(servers) if pod.is_job() => {
                let process = servers.process(pod, &pod.containers()[0])?;
                self.running.insert(position, process.start());
                return Ok(());
            }
            Kind::Real(servers) => servers.advance(pod)?,
        };
        match waits {
            Some(why) => self.board.set_waiting(position, &why),
            None => self.board.set_open(position),
        }
        Ok(())
    }

    fn look_at_job(&mut self, position: usize) -> Result<()> {
        let (pod, process) = (&self.pods[position], self.running.get_mut(&position));
        let Some(process) = process else {
            return Ok(());
        };
        let Some(outcome) = process.ended() else {
            let last = process.log().lines().last().unwrap_or("running");
            self.board.set_waiting(position, last);
            return Ok(());
        };
        if outcome.code != 0 {
            bail!(
                "{}/{} ended with {}:\n{}",
                pod.namespace,
                pod.name,
                outcome.code,
                outcome.log
            );
        }
        self.running.remove(&position);
        self.board.set_open(position);
        Ok(())
    }
}

const EMBEDDED: [&str; 5] = [
    "Namespace",
    "ServiceAccount",
    "Role",
    "RoleBinding",
    "ConfigMap",
];
const RUN: [&str; 3] = ["Job", "Deployment", "StatefulSet"];
/// What has no meaning here: there is no DNS and no time passes.
const LEFT_OUT: [&str; 6] = [
    "PersistentVolumeClaim",
    "Service",
    "CronJob",
    "ClusterRole",
    "ClusterRoleBinding",
    "NetworkPolicy",
];
const PAUSE: Duration = Duration::from_millis(10);

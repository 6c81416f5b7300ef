//! Starts each pod's process when what it waits for exists, as a kubelet would.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Result, anyhow, bail};
use contract::CERT;
use serde_json::json;
use testbed::{Address, Fulcio, Kubernetes, Manifest, Pod, Process, Running, Trillian};
use tokio::time::sleep;

use crate::{binaries::Binaries, board::Board, images::StandIn, tilelog};

/// The pods of the stack, and what runs for them.
pub(crate) struct Kubelet<'a> {
    kubernetes: &'a Kubernetes,
    binaries: &'a Binaries,
    pods: &'a [Pod],
    board: Board,
    /// The processes, by their pods' positions.
    running: BTreeMap<usize, Running<'a>>,
    addresses: Addresses,
    servers: Servers,
    /// By namespace, the servers of logs with tiles, and their URLs.
    tile_logs: BTreeMap<String, (Running<'a>, String)>,
}

/// Where the stand-ins will answer once their gates are open.
struct Addresses {
    trillian: Option<Address>,
    fulcio: Option<Address>,
    admin_server: String,
    fulcio_url: String,
}

/// The stand-ins that answer.
#[derive(Default)]
struct Servers {
    trillian: Option<Trillian>,
    fulcio: Option<Fulcio>,
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

impl<'a> Kubelet<'a> {
    pub(crate) fn new(
        kubernetes: &'a Kubernetes,
        binaries: &'a Binaries,
        manifests: &[Manifest],
        pods: &'a [Pod],
    ) -> Result<Self> {
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
        let [trillian, fulcio] = [Address::reserve(), Address::reserve()];
        let addresses = Addresses {
            admin_server: trillian.get().to_string(),
            fulcio_url: format!("http://{}", fulcio.get()),
            trillian: Some(trillian),
            fulcio: Some(fulcio),
        };
        Ok(Self {
            kubernetes,
            binaries,
            pods,
            board: Board::new(pods),
            running: BTreeMap::new(),
            addresses,
            servers: Servers::default(),
            tile_logs: BTreeMap::new(),
        })
    }

    /// Runs all Jobs, and watches the gates of all servers until they are open.
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

    fn look_after(&mut self, position: usize) -> Result<()> {
        if self.board.is_open(position) {
            return Ok(());
        }
        let pod = &self.pods[position];
        if let Some(process) = self.running.get_mut(&position) {
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
            return Ok(());
        }
        let missing = pod.missing(self.kubernetes);
        if !missing.is_empty() {
            let text = format!("waits for {}", missing.join(", "));
            self.board.set_waiting(position, &text);
            return Ok(());
        }
        let name = format!("{}/{}", pod.namespace, pod.name);
        if pod.is_job()
            && name.ends_with("/createlog")
            && !self.tile_logs.contains_key(&pod.namespace)
        {
            self.board
                .set_waiting(position, "waits for the log's server");
        } else if pod.is_job() {
            let process = self.start(pod)?;
            self.running.insert(position, process);
        } else {
            self.start_stand_in(pod)?;
            self.board.set_open(position);
        }
        Ok(())
    }

    fn start(&self, pod: &Pod) -> Result<Running<'a>> {
        let Some(StandIn::Binary(binary)) = StandIn::for_image(pod.image()) else {
            bail!("{}: no binary", pod.manifest);
        };
        let process = pod.process(self.kubernetes, &self.binaries.path(binary));
        let process = process.map_err(|cause| anyhow!(cause))?;
        // There is no DNS for the names of Services.
        let process = match binary {
            "createtree" => {
                process.args([format!("--admin_server={}", self.addresses.admin_server)])
            }
            "createctconfig" => {
                process.args([format!("--fulcio-url={}", self.addresses.fulcio_url)])
            }
            "createlog" => match self.tile_logs.get(&pod.namespace) {
                Some((_, url)) => process.args([format!("--tiles-url={url}")]),
                None => process,
            },
            "tufserver" => process.args(["--port=0", "--health-port=0"]),
            _ => process,
        };
        Ok(process.start())
    }

    fn start_stand_in(&mut self, pod: &Pod) -> Result<()> {
        match StandIn::for_image(pod.image()) {
            Some(StandIn::Trillian) => {
                let address = self.addresses.trillian.take();
                self.servers.trillian = address.map(Trillian::start_at);
            }
            Some(StandIn::Fulcio) => {
                let chain = self.mounted(pod, CERT).unwrap_or_default();
                let chain = String::from_utf8_lossy(&chain);
                let address = self.addresses.fulcio.take();
                self.servers.fulcio = address.map(|address| Fulcio::start_at(address, &chain));
            }
            Some(StandIn::TileLog) => {
                let volume = tilelog::volume(self.kubernetes, &pod.namespace)?;
                let server = Process::new(self.kubernetes, &self.binaries.path("tileserver"));
                let folder = format!("--volume={}", volume.path().display());
                let server =
                    server.args([&folder, "--port=0", "--health-port=0"].map(String::from));
                let mut server = server.with_folder(volume).start();
                server.wait_for_line("listening on");
                let url = url(&server);
                self.tile_logs.insert(pod.namespace.clone(), (server, url));
            }
            _ => (),
        }
        Ok(())
    }

    /// An entry of the first Secret that a pod mounts and that has it.
    fn mounted(&self, pod: &Pod, entry: &str) -> Option<Vec<u8>> {
        let volumes = pod.manifest.object["spec"]["template"]["spec"]["volumes"].as_array()?;
        let mut names = volumes
            .iter()
            .filter_map(|volume| volume["secret"]["secretName"].as_str());
        names.find_map(|name| {
            let mut entries = self.kubernetes.secret(&pod.namespace, name);
            entries.remove(entry)
        })
    }

    /// Starts the TUF server, and returns it with its URL.
    pub(crate) fn tuf_server(&self) -> Result<(Running<'a>, String)> {
        let is_server =
            |pod: &&Pod| StandIn::for_image(pod.image()) == Some(StandIn::Binary("tufserver"));
        let pod = self.pods.iter().find(is_server);
        let pod = pod.ok_or_else(|| anyhow!("no Deployment runs tufserver"))?;
        let mut server = self.start(pod)?;
        server.wait_for_line("serving root");
        let url = url(&server);
        Ok((server, url))
    }
}

/// The URL of a server of ours. The first address that it tells is the one for clients.
fn url(server: &Running<'_>) -> String {
    let log = server.log();
    let port = log.lines().find_map(|line| {
        let (_, address) = line.split_once("listening on ")?;
        address.rsplit(':').next()
    });
    format!("http://127.0.0.1:{}", port.unwrap_or_default())
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

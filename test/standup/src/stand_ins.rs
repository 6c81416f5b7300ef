//! What answers in the place of servers.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow, bail};
use contract::CERT;
use testbed::{Address, Fulcio, Kubernetes, Pod, Process, Running, Trillian};

use crate::{binaries::Binaries, images::StandIn, tilelog};

/// The stand-ins, and where they will answer once their gates are open.
pub(crate) struct StandIns<'a> {
    kubernetes: &'a Kubernetes,
    binaries: &'a Binaries,
    addresses: Addresses,
    trillian: Option<Trillian>,
    fulcio: Option<Fulcio>,
    /// By namespace, the servers of logs with tiles, and their URLs.
    tile_logs: BTreeMap<String, (Running<'a>, String)>,
}

struct Addresses {
    trillian: Option<Address>,
    fulcio: Option<Address>,
    admin_server: String,
    fulcio_url: String,
}

impl<'a> StandIns<'a> {
    pub(crate) fn new(kubernetes: &'a Kubernetes, binaries: &'a Binaries) -> Self {
        let [trillian, fulcio] = [Address::reserve(), Address::reserve()];
        let addresses = Addresses {
            admin_server: trillian.get().to_string(),
            fulcio_url: format!("http://{}", fulcio.get()),
            trillian: Some(trillian),
            fulcio: Some(fulcio),
        };
        Self {
            kubernetes,
            binaries,
            addresses,
            trillian: None,
            fulcio: None,
            tile_logs: BTreeMap::new(),
        }
    }

    /// What a Job waits for that no object says.
    pub(crate) fn missing(&self, pod: &Pod) -> Option<&'static str> {
        let waits = pod.name == "createlog" && !self.tile_logs.contains_key(&pod.namespace);
        waits.then_some("waits for the log's server")
    }

    /// Starts the process of a Job, or of our own server.
    pub(crate) fn start(&self, pod: &Pod) -> Result<Running<'a>> {
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

    /// Starts what stands in for a server whose gate is open.
    pub(crate) fn stand_in_for(&mut self, pod: &Pod) -> Result<()> {
        match StandIn::for_image(pod.image()) {
            Some(StandIn::Trillian) => {
                let address = self.addresses.trillian.take();
                self.trillian = address.map(Trillian::start_at);
            }
            Some(StandIn::Fulcio) => {
                let chain = self.mounted(pod, CERT).unwrap_or_default();
                let chain = String::from_utf8_lossy(&chain);
                let address = self.addresses.fulcio.take();
                self.fulcio = address.map(|address| Fulcio::start_at(address, &chain));
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
    pub(crate) fn tuf_server(&self, pods: &[Pod]) -> Result<(Running<'a>, String)> {
        let is_server =
            |pod: &&Pod| StandIn::for_image(pod.image()) == Some(StandIn::Binary("tufserver"));
        let pod = pods.iter().find(is_server);
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

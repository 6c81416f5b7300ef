//! Which port of loopback is in the place of which pod's and which Service's.

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;

use crate::{Manifest, Node, Pod, Ports, node::Service, pod::PortRef};

impl Node {
    /// A machine with a port for each port that the pods' arguments name, and whose API server is
    /// at the port of [`API_SERVER`]. Volumes that are claimed stay in the folder, and are found
    /// there again.
    ///
    /// # Errors
    ///
    /// The port that is taken.
    pub fn new(
        folder: &Path,
        manifests: &[Manifest],
        pods: &[Pod],
        ports: &mut Ports,
    ) -> Result<Self, String> {
        let api_server = Service {
            host: "kubernetes.default.svc".into(),
            ports: [(443, ports.of(API_SERVER)?)].into(),
        };
        let mut node = Self {
            folder: folder.into(),
            services: vec![api_server],
            ports: BTreeMap::new(),
        };
        for pod in pods {
            for port in pod.ports_in_arguments() {
                let owner = pod.owner(port);
                let number = ports.of(&owner)?;
                node.ports.insert(owner, number);
            }
        }
        let services = manifests.iter().filter(|it| it.kind() == "Service");
        for manifest in services {
            node.services.extend(node.service(manifest, pods)?);
        }
        Ok(node)
    }

    /// None for one whose pods don't run here.
    fn service(&self, manifest: &Manifest, pods: &[Pod]) -> Result<Option<Service>, String> {
        let spec: ServiceSpec = serde_path_to_error::deserialize(&manifest.object["spec"])
            .map_err(|cause| format!("{manifest}: spec.{cause}"))?;
        let text = |field: &str| {
            let value = manifest.object["metadata"][field].as_str();
            value.unwrap_or_default().to_owned()
        };
        let (name, namespace) = (text("name"), text("namespace"));
        let Some(pod) = pods
            .iter()
            .find(|pod| pod.namespace == namespace && pod.has_labels(&spec.selector))
        else {
            return Ok(None);
        };
        let mut ports = BTreeMap::new();
        for port in spec.ports {
            let target = port.target_port.unwrap_or(PortRef::Number(port.port));
            let here = pod
                .port(&target)
                .and_then(|number| self.port(&pod.owner(number)));
            ports.extend(here.map(|here| (port.port, here)));
        }
        let host = format!("{name}.{namespace}.svc");
        Ok(Some(Service { host, ports }))
    }
}

#[derive(Deserialize)]
struct ServiceSpec {
    #[serde(default)]
    selector: BTreeMap<String, String>,
    #[serde(default)]
    ports: Vec<ServicePort>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ServicePort {
    port: u16,
    target_port: Option<PortRef>,
}

/// Who owns the port of the API server.
pub const API_SERVER: &str = "kubernetes";

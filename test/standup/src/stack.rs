//! A stack of real servers on loopback, from its folder to its end.

use std::{collections::BTreeMap, io::Write as _, path::Path, thread, time::Instant};

use anyhow::{Context as _, Result, anyhow};
use serde_json::{Value, json};
use testbed::{API_SERVER, Address, Kubernetes, Manifest, Node, OTHER_ISSUERS, Pod, Ports};

use crate::{
    binaries,
    guard::Guard,
    images, keep,
    kubelet::{self, Kind, Kubelet},
    programs::Programs,
    servers::Servers,
    state::{State, make_issuer_key},
    variables::Variables,
};

/// Stands one up, says so, and keeps it up until a server ends.
pub(crate) async fn run(
    config: &Path,
    folder: Option<&Path>,
    keep: Option<&Path>,
    tell: impl FnOnce(&Variables, &str) -> Result<()>,
) -> Result<()> {
    let start = Instant::now();
    let state = State::take(folder)?;
    let guard = Guard::start(&state)?;
    // Only once, and this is the first time.
    let _ = tempfile::env::override_temp_dir(&state.part("pods")?);
    // It takes as long as the manifests do.
    let folder = state.folder().to_owned();
    let key = thread::spawn(move || make_issuer_key(&folder));
    let mut manifests = Manifest::read(config).map_err(|cause| anyhow!(cause))?;
    kubelet::check(&manifests)?;
    let mut pods = Pod::read_all(&manifests).map_err(|cause| anyhow!(cause))?;
    images::check_servers(&pods)?;
    pods.iter_mut().for_each(|pod| pod.set_flags(images::flags));
    let programs = Programs::find(&pods)?;
    let binaries = binaries::build()?;

    let mut ports = Ports::known(state.ports()?);
    let node = Node::new(state.folder(), &manifests, &pods, &mut ports).map_err(|taken| {
        let shown = state.folder().display();
        anyhow!("{taken}: end what listens there, or name another folder than {shown}, whose trust names it")
    })?;
    state.keep_ports(ports.numbers())?;
    relocate(&mut manifests, &node)?;
    key.join().map_err(|_| anyhow!("no issuer's key"))??;
    let issuer = state.issuer()?;
    let api_server = ports.of(API_SERVER).map_err(|taken| anyhow!(taken))?;
    ports.release(API_SERVER);
    let address = Address::at(api_server).context("starting the API server")?;
    let objects = state.folder().join("kubernetes.json");
    let kubernetes = Kubernetes::open(address, &objects, state.issuer()?);
    let kubernetes = kubernetes.with_context(|| format!("reading {}", objects.display()))?;
    kubelet::apply(&kubernetes, &manifests)?;

    let servers = Servers {
        kubernetes: &kubernetes,
        node: &node,
        ports,
        binaries: &binaries,
        programs: &programs,
        group: guard.group(),
        logs: state.part("logs")?,
        stages: BTreeMap::new(),
    };
    let mut kubelet = Kubelet::new(&kubernetes, &pods, Kind::Real(servers));
    kubelet.run().await?;
    let variables = Variables::write(&state, &kubernetes, &node, &issuer)?;
    if let Some(keep) = keep {
        keep::write(&kubernetes, keep)?;
    }
    let ready = format!("ready to sign after {:.2} s", start.elapsed().as_secs_f64());
    tell(&variables, &ready)?;
    kubelet.watch().await
}

/// Writes where Services are here into ConfigMaps, and tells Fulcio of the issuers that only this
/// API server has.
fn relocate(manifests: &mut [Manifest], node: &Node) -> Result<()> {
    let config_maps = manifests.iter_mut().filter(|it| it.kind() == "ConfigMap");
    for manifest in config_maps {
        let is_fulcios = manifest.object["metadata"]["name"] == "fulcio-config";
        let entries = manifest.object["data"]
            .as_object_mut()
            .into_iter()
            .flatten();
        for (_, value) in entries {
            let text = node.rewritten(value.as_str().unwrap_or_default());
            *value = match is_fulcios {
                true => with_other_issuers(&text)?.into(),
                false => text.into(),
            };
        }
    }
    Ok(())
}

fn with_other_issuers(config: &str) -> Result<String> {
    let mut config: Value = serde_saphyr::from_str(config).context("reading fulcio-config")?;
    let issuers = config["oidc-issuers"].as_object_mut();
    let issuers = issuers.context("fulcio-config has no oidc-issuers")?;
    let own = issuers
        .keys()
        .find(|url| url.starts_with("http://127.0.0.1:"))
        .cloned();
    for kind in OTHER_ISSUERS {
        let url = format!(
            "{}/{kind}",
            own.as_deref()
                .context("fulcio-config hasn't this API server")?
        );
        let issuer = json!({"issuer-url": url, "client-id": "sigstore", "type": kind});
        issuers.insert(url, issuer);
    }
    // With these Fulcio looks for the API server's CA, and here it is in the clear.
    config["meta-issuers"] = json!({});
    Ok(serde_saphyr::to_string(&config)?)
}

/// Prints it for whoever stays, and ends it with Ctrl-C.
pub(crate) fn show(variables: &Variables, ready: &str) -> Result<()> {
    println!("{ready}\n\n{}\nCtrl-C ends it", variables.exports());
    Ok(std::io::stdout().flush()?)
}

//! Clients on this machine, which reach the TUF server by a forwarded port.

use std::fs;

use anyhow::{Context as _, Result};
use contract::{ROOT, TUF_ROOT};
use tempfile::TempDir;

use crate::{Cluster, Cosign, client, process};

/// Programs of `test/clients`, called with the TUF server's URL, and what people call them.
pub const CLIENTS: [(&str, &str); 2] = [
    ("sigstore-python", "sigstore-python.sh"),
    ("sigstore-js", "sigstore-tuf.js"),
];
const PORT: u16 = 8090;

/// Has one of [`CLIENTS`], new to the stack, verify what cosigns signed, by blob.
///
/// # Errors
///
/// What it says, and of which blob.
pub async fn verify(cluster: &Cluster, program: &str, signed: &[(Cosign, String)]) -> Result<()> {
    let home = TempDir::new()?;
    let write = |name: &str, content: &[u8]| fs::write(home.path().join(name), content);
    let root = cluster.secret(TUF_ROOT.namespace, TUF_ROOT.name).await?;
    write("root.json", root.get(ROOT).context("tuf-root has no root")?)?;
    for (cosign, blob) in signed {
        let (name, bundle) = (cosign.name(), cosign.bundle(blob).await?.to_string());
        write(&format!("{name}-{blob}.json"), bundle.as_bytes())?;
        let blob_file = format!("{name}-{blob}");
        write(
            &blob_file,
            cosign.run(&format!("cat {blob}")).await?.as_bytes(),
        )?;
    }
    let script = format!(
        "kubectl -n tuf-system port-forward service/tuf {PORT}:80 > /dev/null &
        trap 'kill $(jobs -p)' EXIT
        until : < /dev/tcp/localhost/{PORT}; do sleep 0.2; done 2> /dev/null
        for BUNDLE in cosign*.json; do
            export BUNDLE BLOB=${{BUNDLE%.json}}
            {program} http://localhost:{PORT} || {{ echo \"$BLOB doesn't verify\"; exit 1; }}
        done"
    );
    let mut command = process::command("bash", &["-euo", "pipefail", "-c", &script]);
    command.current_dir(home.path());
    command.envs([("IDENTITY", client::IDENTITY), ("ISSUER", client::ISSUER)]);
    command.env("HOME", home.path());
    process::text(command, b"").await?;
    Ok(())
}

//! Who signs with the stack, on default flags where it can.

use std::{fmt, fs};

use anyhow::Result;
use contract::{ROOT, TUF_ROOT};
use e2e::{Cluster, Cosign, client, process};
use tempfile::TempDir;

/// A client. The cosigns are in the client's pod; the others on this machine, where the cluster's
/// names mean the same.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Client {
    Cosign(Cosign),
    /// What `test/clients/sign.sh` calls it, and the program of `test/clients` that verifies.
    Other(&'static str, &'static str),
}

impl Client {
    pub(crate) fn all() -> [Self; 4] {
        [
            Self::Cosign(Cosign::V3),
            Self::Cosign(Cosign::V2),
            Self::Other("sigstore-python", "sigstore-python.sh"),
            Self::Other("sigstore-js", "sigstore-tuf.js"),
        ]
    }

    /// Signs a new blob of this name, and verifies it.
    pub(crate) async fn sign(self, cluster: &Cluster, blob: &str) -> Result<()> {
        match self {
            Self::Cosign(cosign) => {
                cosign.initialize(cluster).await?;
                cosign
                    .run(&format!("date > {blob}; {}", sign(cosign, blob)))
                    .await?;
            }
            Self::Other(name, _) => {
                let sign = format!("date > blob; sign.sh {name} {TUF}");
                let home = self.run(cluster, &[], &sign).await?;
                for (file, name_in_pod) in [("blob", blob.into()), (BUNDLE, format!("{blob}.json"))]
                {
                    let content = fs::read(home.path().join(file))?;
                    client::run_on(name, &format!("cat > {name_in_pod}"), &content).await?;
                }
            }
        }
        self.verify(cluster, self, blob).await
    }

    /// Verifies the blob of this name that another has signed.
    pub(crate) async fn verify(self, cluster: &Cluster, signer: Self, blob: &str) -> Result<()> {
        let folder = signer.to_string();
        match self {
            Self::Cosign(cosign) => {
                let (flag, name) = match cosign {
                    Cosign::V3 => ("", "cosign"),
                    Cosign::V2 => ("--new-bundle-format", "cosign-v2"),
                };
                cosign
                    .run(&format!(
                        "{name} verify-blob {flag} --use-signed-timestamps \
                         --bundle=../{folder}/{blob}.json \
                         --certificate-identity={} --certificate-oidc-issuer={} ../{folder}/{blob}",
                        client::IDENTITY,
                        client::ISSUER
                    ))
                    .await?;
            }
            Self::Other(_, program) => {
                let read = |file| client::run_on(&folder, file, b"");
                let files = [
                    ("blob", read(&format!("cat {blob}")).await?),
                    (BUNDLE, read(&format!("cat {blob}.json")).await?),
                ];
                self.run(cluster, &files, &format!("{program} {TUF}"))
                    .await?;
            }
        }
        Ok(())
    }

    /// Runs a script on this machine, in a folder with the TUF root and these files. Returns
    /// the folder.
    async fn run(
        self,
        cluster: &Cluster,
        files: &[(&str, String)],
        script: &str,
    ) -> Result<TempDir> {
        let home = TempDir::new()?;
        let root = cluster.secret(TUF_ROOT.namespace, TUF_ROOT.name).await?;
        fs::write(home.path().join("root.json"), &root[ROOT])?;
        for (name, content) in files {
            fs::write(home.path().join(name), content)?;
        }
        let mut command = process::command("bash", &["-euo", "pipefail", "-c", script]);
        command.current_dir(home.path()).env("HOME", home.path());
        command.envs([
            ("BUNDLE", BUNDLE),
            ("BLOB", "blob"),
            ("IDENTITY", client::IDENTITY),
            ("ISSUER", client::ISSUER),
            ("TOKEN", &client::token().await?),
        ]);
        process::text(command, b"").await?;
        Ok(home)
    }
}

/// As the client's folder in its pod is called.
impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cosign(cosign) => cosign.name(),
            Self::Other(name, _) => name,
        })
    }
}

/// cosign 2 has to be told that there is a signing config.
fn sign(cosign: Cosign, blob: &str) -> String {
    let flags = match cosign {
        Cosign::V3 => "",
        Cosign::V2 => "--use-signing-config --new-bundle-format",
    };
    let name = cosign.name();
    format!("{name} sign-blob --yes {flags} --bundle={blob}.json {blob}")
}

/// Every client verifies the blob of this name that any has signed.
pub(crate) async fn verify_all(cluster: &Cluster, blob: &str) -> Result<()> {
    for client in Client::all() {
        for signer in Client::all() {
            client.verify(cluster, signer, blob).await?;
        }
    }
    Ok(())
}

const BUNDLE: &str = "bundle.json";
const TUF: &str = "http://tuf.tuf-system.svc";

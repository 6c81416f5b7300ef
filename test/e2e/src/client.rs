//! The client's pod: both cosigns, each with a folder and a `TUF_ROOT` of its own.

use anyhow::{Context as _, Result};
use contract::{ROOT, TUF_ROOT};
use serde_json::Value;

use crate::{Cluster, cluster::wait_until, process};

/// One of the two cosigns, in the client's pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cosign {
    /// cosign 3, which takes servers' URLs from the TUF repository.
    V3,
    /// cosign 2, which is told them.
    V2,
}

impl Cosign {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::V3, Self::V2];

    /// Has it start from the TUF root that the stack publishes.
    ///
    /// # Errors
    ///
    /// What it says.
    pub async fn initialize(self, cluster: &Cluster) -> Result<()> {
        let root = cluster.secret(TUF_ROOT.namespace, TUF_ROOT.name).await?;
        let root = root.get(ROOT).context("tuf-root has no root")?;
        self.run_on("cat > root.json && rm -rf tuf", root).await?;
        self.initialize_again().await
    }

    /// Has it start from the TUF root that it was given last.
    ///
    /// # Errors
    ///
    /// What it says.
    pub async fn initialize_again(self) -> Result<()> {
        let name = self.name();
        let mirror = "--mirror=http://tuf.tuf-system.svc --root=root.json";
        self.run(&format!("{name} initialize {mirror}")).await?;
        Ok(())
    }

    /// Has it sign a new blob of this name, with a timestamp, and verify it.
    ///
    /// # Errors
    ///
    /// What it says.
    pub async fn sign(self, blob: &str) -> Result<()> {
        let signer = signer();
        let sign = match self {
            Self::V3 => format!(
                "cosign sign-blob --yes --bundle={blob}.json {blob}
                grep -q rfc3161Timestamps {blob}.json"
            ),
            Self::V2 => format!(
                "sign='cosign-v2 sign-blob --yes {URLS}'
                $sign --new-bundle-format --bundle={blob}.json {blob}
                $sign --rfc3161-timestamp=timestamp --bundle=old-bundle.json {blob}
                cosign-v2 verify-blob --rekor-url=http://rekor.rekor-system.svc \
                  --use-signed-timestamps --rfc3161-timestamp=timestamp \
                  --bundle=old-bundle.json {signer} {blob}"
            ),
        };
        self.run(&format!("date > {blob}\n{sign}")).await?;
        self.verify(blob).await
    }

    /// Has it sign a new blob of this name with the servers of the signing config, and verify it.
    /// Returns the version of Rekor's entry: of Rekor v1 it is `0.0.1`, of Rekor v2 `0.0.2`.
    ///
    /// # Errors
    ///
    /// What it says.
    pub async fn sign_as_configured(self, blob: &str) -> Result<String> {
        let (name, flags) = match self {
            Self::V3 => ("cosign", ""),
            Self::V2 => ("cosign-v2", "--use-signing-config --new-bundle-format"),
        };
        let sign = format!("{name} sign-blob --yes {flags} --bundle={blob}.json {blob}");
        self.run(&format!("date > {blob}\n{sign}")).await?;
        self.verify(blob).await?;
        let bundle = self.bundle(blob).await?;
        let version = "/verificationMaterial/tlogEntries/0/kindVersion/version";
        let version = bundle.pointer(version).and_then(Value::as_str);
        Ok(version.context("an entry without a version")?.to_owned())
    }

    /// Has it verify the blob of this name.
    ///
    /// # Errors
    ///
    /// What it says.
    pub async fn verify(self, blob: &str) -> Result<()> {
        let format = match self {
            Self::V3 => "",
            Self::V2 => "--new-bundle-format",
        };
        let signer = signer();
        let verify = format!("{} verify-blob {format} --bundle={blob}.json", self.name());
        let script = format!("{verify} --use-signed-timestamps {signer} {blob}");
        self.run(&script).await?;
        Ok(())
    }

    /// The bundle of the blob of this name.
    ///
    /// # Errors
    ///
    /// That it has none.
    pub async fn bundle(self, blob: &str) -> Result<Value> {
        let bundle = self.run(&format!("cat {blob}.json")).await?;
        serde_json::from_str(&bundle).with_context(|| format!("reading {blob}.json"))
    }

    /// Runs a script of sh in its folder.
    ///
    /// # Errors
    ///
    /// As [`process::run`].
    pub async fn run(self, script: &str) -> Result<String> {
        self.run_on(script, b"").await
    }

    async fn run_on(self, script: &str, input: &[u8]) -> Result<String> {
        run_on(self.name(), script, input).await
    }

    /// As it is called on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::V3 => "cosign",
            Self::V2 => "cosign-v2",
        }
    }
}

/// Runs a script of sh on `input` in a folder of the client's pod. Of what `kubectl exec` is given,
/// a part gets lost now and then: it is given again until all of it has arrived.
///
/// # Errors
///
/// As [`process::run`].
pub async fn run_on(folder: &str, script: &str, input: &[u8]) -> Result<String> {
    let enter = format!("mkdir -p {folder}; cd {folder}; export TUF_ROOT=/work/{folder}/tuf");
    if input.is_empty() {
        return exec(&format!("{enter}; {script}"), b"").await;
    }
    let receive = format!("{enter}; cat > .input; wc -c < .input");
    wait_until("the client's pod has its input", async || {
        let received = exec(&receive, input).await?;
        Ok(received.trim() == input.len().to_string())
    })
    .await?;
    exec(&format!("{enter}; {{ {script}\n}} < .input"), b"").await
}

async fn exec(script: &str, input: &[u8]) -> Result<String> {
    let args = [
        "exec",
        "--namespace=default",
        "--stdin",
        "client",
        "--",
        "sh",
        "-euc",
        script,
    ];
    process::text(process::command("kubectl", &args), input).await
}

/// A token of the account that signs in the client's pod, for who signs elsewhere.
///
/// # Errors
///
/// What kubectl says.
pub async fn token() -> Result<String> {
    let create = [
        "create",
        "token",
        "--namespace=default",
        "--audience=sigstore",
        "default",
    ];
    Ok(process::run("kubectl", &create).await?.trim().to_owned())
}

/// The flags by which cosign is told who signed.
fn signer() -> String {
    format!("--certificate-identity={IDENTITY} --certificate-oidc-issuer={ISSUER}")
}

/// Starts the client's pod anew, and the registry's.
///
/// # Errors
///
/// That they don't become ready.
pub async fn start() -> Result<()> {
    process::script(
        "kubectl delete pod client --namespace=default --ignore-not-found
        kubectl apply --filename=hack/e2e.d/client.yaml
        kubectl wait --for=condition=Ready --timeout=1m --namespace=default pod/client
        kubectl wait --for=condition=Ready --timeout=1m --namespace=e2e pod/registry",
    )
    .await?;
    Ok(())
}

/// Does something with both cosigns at once.
///
/// # Errors
///
/// The first that fails.
pub async fn both(action: impl AsyncFn(Cosign) -> Result<()>) -> Result<()> {
    tokio::try_join!(action(Cosign::V3), action(Cosign::V2))?;
    Ok(())
}

/// Checks that Rekor finds what cosign 3 signed, by the hash of the blob.
///
/// # Errors
///
/// What rekor-cli says.
pub async fn search(blob: &str) -> Result<()> {
    let rekor = "rekor-cli --rekor_server=http://rekor.rekor-system.svc --store_tree_state=false";
    let script = format!(
        "found=$({rekor} search --artifact={blob} | tail -n 1)
        {rekor} get --uuid=$found --format=json | grep $(sha256sum {blob} | cut -d' ' -f1)"
    );
    Cosign::V3.run(&script).await?;
    Ok(())
}

const URLS: &str = "--fulcio-url=http://fulcio.fulcio-system.svc \
     --rekor-url=http://rekor.rekor-system.svc \
     --timestamp-server-url=http://tsa.tsa-system.svc/api/v1/timestamp";
/// Who signs in the client's pod.
pub const IDENTITY: &str = "https://kubernetes.io/namespaces/default/serviceaccounts/default";
/// The issuer of that identity's tokens.
pub const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

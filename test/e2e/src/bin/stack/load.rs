//! Entries that come into both logs while servers die, and whether those that were answered are
//! there.

use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use aws_lc_rs::{
    digest::{SHA256, digest},
    encoding::{AsDer as _, PublicKeyX509Der},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64ct::{Base64, Encoding as _};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::entries::{CTLOG, Log, REKOR, WIDTH, number, prefixed, rekor_entries, take, timestamps};

/// Clients that write one entry after another until they are told to stop.
pub(crate) struct Load {
    http: Client,
    token: String,
    stopped: Cell<bool>,
    /// The index and the body of each entry that Rekor answered with.
    entries: RefCell<Vec<(u64, Vec<u8>)>>,
    /// The index and the timestamp of each certificate's entry in the CT log.
    certificates: RefCell<Vec<(u64, u64)>>,
}

impl Load {
    /// Clients that have that token of the client's account.
    pub(crate) fn new(token: String) -> Result<Self> {
        Ok(Self {
            http: Client::builder().timeout(Duration::from_secs(20)).build()?,
            token,
            stopped: Cell::new(false),
            entries: RefCell::default(),
            certificates: RefCell::default(),
        })
    }

    /// Has clients write until [`Load::stop`].
    pub(crate) async fn run(&self) {
        let entries = (0..WRITERS).map(|_| self.repeat(async || self.write().await));
        let certificates = (0..SIGNERS).map(|_| self.repeat(async || self.certify().await));
        let (entries, certificates) = (join(entries), join(certificates));
        tokio::join!(entries, certificates);
    }

    /// Each client ends with what it is at.
    pub(crate) fn stop(&self) {
        self.stopped.set(true);
    }

    /// A server that dies answers nobody, and then the next try may be answered.
    async fn repeat(&self, action: impl AsyncFn() -> Result<()>) {
        while !self.stopped.get() {
            if action().await.is_err() {
                sleep(Duration::from_millis(200)).await;
            }
        }
    }

    /// Writes an entry into Rekor's log.
    async fn write(&self) -> Result<()> {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING)?;
        let artifact = std::array::from_fn::<u8, 32, _>(|_| fastrand::u8(..));
        let signature = key.sign(&SystemRandom::new(), &artifact)?;
        let request = json!({"hashedRekordRequestV002": {
            "digest": Base64::encode_string(digest(&SHA256, &artifact).as_ref()),
            "signature": {
                "content": Base64::encode_string(signature.as_ref()),
                "verifier": {
                    "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                    "publicKey": {"rawBytes": Base64::encode_string(&public_key(&key)?)},
                },
            },
        }});
        let answer = self
            .post(&format!("{}/api/v2/log/entries", REKOR_URL), &request)
            .await?;
        // JSON leaves an index of 0 out.
        let index = answer["logIndex"].as_str().unwrap_or("0").parse()?;
        let body = answer["canonicalizedBody"]
            .as_str()
            .context("an entry has a body")?;
        let body = Base64::decode_vec(body).map_err(|error| anyhow::anyhow!("{error}"))?;
        self.entries.borrow_mut().push((index, body));
        Ok(())
    }

    /// Has Fulcio make a certificate, which it shows to the CT log.
    async fn certify(&self) -> Result<()> {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING)?;
        let public = Base64::encode_string(&public_key(&key)?);
        let proof = key.sign(&SystemRandom::new(), SUBJECT)?;
        let request = json!({
            "credentials": {"oidcIdentityToken": self.token},
            "publicKeyRequest": {
                "publicKey": {
                    "algorithm": "ECDSA",
                    "content": format!("-----BEGIN PUBLIC KEY-----\n{public}\n-----END PUBLIC KEY-----\n"),
                },
                "proofOfPossession": Base64::encode_string(proof.as_ref()),
            },
        });
        let answer = self
            .post(&format!("{FULCIO_URL}/api/v2/signingCert"), &request)
            .await?;
        let chain = &answer["signedCertificateEmbeddedSct"]["chain"]["certificates"];
        let certificate = chain[0].as_str().context("an answer has a certificate")?;
        self.certificates.borrow_mut().push(timestamp(certificate)?);
        Ok(())
    }

    async fn post(&self, url: &str, body: &Value) -> Result<Value> {
        let request = self
            .http
            .post(url)
            .header("content-type", "application/json");
        let answer = request
            .body(body.to_string())
            .send()
            .await?
            .error_for_status()?;
        Ok(serde_json::from_slice(&answer.bytes().await?)?)
    }

    /// Checks that whatever was answered is in the logs, each at the index that was answered, and
    /// says how much that is. A stack that logs certificates elsewhere is asked for entries alone.
    pub(crate) async fn check(&self, logs_certificates: bool) -> Result<()> {
        let entries = self.entries.borrow().clone();
        let certificates = self.certificates.borrow().clone();
        println!(
            "{} entries and {} certificates were answered",
            entries.len(),
            certificates.len()
        );
        ensure!(
            entries.len() >= 100 && certificates.len() >= 20,
            "too few to tell"
        );
        check(REKOR, &entries, rekor_entries).await?;
        match logs_certificates {
            true => check(CTLOG, &certificates, timestamps).await,
            false => Ok(()),
        }
    }
}

/// Checks that a log has each of these at its index.
async fn check<T: PartialEq + Clone>(
    log: Log,
    answered: &[(u64, T)],
    read: impl Fn(&[u8]) -> Result<Vec<T>>,
) -> Result<()> {
    let size = log.size().await?;
    let mut sorted = answered.to_vec();
    sorted.sort_by_key(|(index, _)| *index);
    let twice = sorted.windows(2).find(|both| both[0].0 == both[1].0);
    ensure!(twice.is_none(), "{}: one index for two entries", log.name);
    let mut bundle = (u64::MAX, vec![]);
    for (index, expected) in sorted {
        ensure!(index < size, "{}: entry {index} of {size}", log.name);
        if bundle.0 != index / WIDTH {
            bundle = (index / WIDTH, read(&log.bundle(index, size).await?)?);
        }
        let found = bundle.1.get(usize::try_from(index % WIDTH)?);
        ensure!(
            found == Some(&expected),
            "{}: entry {index} is another",
            log.name
        );
    }
    Ok(())
}

fn public_key(key: &EcdsaKeyPair) -> Result<Vec<u8>> {
    let der: PublicKeyX509Der<'_> = key.public_key().as_der()?;
    Ok(der.as_ref().to_vec())
}

/// The index and the timestamp that a certificate's SCT has: the only one, of a CT log with tiles
/// (RFC 6962 3.3, and the extension `leaf_index` of static-ct-api). An SCT of another log has no
/// index; its is 0.
fn timestamp(certificate: &str) -> Result<(u64, u64)> {
    let text: String = certificate
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect();
    let der = Base64::decode_vec(&text).map_err(|error| anyhow::anyhow!("{error}"))?;
    let start = der
        .windows(SCT_LIST.len())
        .position(|window| window == SCT_LIST);
    let mut rest = &der[start.context("there is no SCT")? + SCT_LIST.len()..];
    for _ in 0..2 {
        octets(&mut rest)?;
    }
    take(&mut rest, 2 + 2 + 1 + 32)?; // the lengths of the list and of the SCT, its version, the log
    let timestamp = number(take(&mut rest, 8)?);
    let mut extensions = prefixed::<2>(&mut rest)?;
    if extensions.is_empty() {
        return Ok((0, timestamp));
    }
    take(&mut extensions, 1)?;
    Ok((number(prefixed::<2>(&mut extensions)?), timestamp))
}

/// Goes into an OCTET STRING.
fn octets(bytes: &mut &[u8]) -> Result<()> {
    let header = take(bytes, 2)?;
    if let 0x81 | 0x82 = header[1] {
        take(bytes, usize::from(header[1] & 0x0f))?;
    }
    Ok(())
}

async fn join(futures: impl Iterator<Item = impl Future<Output = ()>>) {
    let mut futures: Vec<_> = futures.map(Box::pin).collect();
    std::future::poll_fn(|context| {
        futures.retain_mut(|future| future.as_mut().poll(context).is_pending());
        match futures.is_empty() {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        }
    })
    .await;
}

const WRITERS: usize = 16;
const SIGNERS: usize = 3;
const REKOR_URL: &str = "http://rekor.rekor-tiles-system.svc";
const FULCIO_URL: &str = "http://fulcio.fulcio-system.svc";
/// Who the client's token is of, which it signs to show that it has the key.
const SUBJECT: &[u8] = b"system:serviceaccount:default:default";
/// The object identifier of the SCTs in a certificate, 1.3.6.1.4.1.11129.2.4.2, in DER.
const SCT_LIST: [u8; 12] = [6, 10, 0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 4, 2];

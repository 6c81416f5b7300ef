//! Whose work a bundle is, as OpenSSL sees it.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use base64ct::{Base64, Encoding as _};
use contract::{CERT, CERT_CHAIN, CTLOG, FULCIO, KeyPair, PUBLIC, REKOR, TSA};
use serde_json::Value;
use tempfile::TempDir;

use crate::{Cluster, openssl, process};

/// Checks that the bundle is the work of the newest keys: it names Rekor's key, its certificate is
/// of Fulcio's root and known to the CT log, and its timestamp of the timestamp authority's chain.
///
/// # Errors
///
/// What isn't so.
pub async fn check(cluster: &Cluster, bundle: &Value) -> Result<()> {
    let rekor = openssl::log_id(&published(cluster, REKOR, PUBLIC).await?).await?;
    let entry = decoded(bundle, "/verificationMaterial/tlogEntries/0/logId/keyId")?;
    ensure!(entry == rekor, "another key of Rekor");

    let folder = TempDir::new()?;
    let write = |file: &str, content: &[u8]| fs::write(folder.path().join(file), content);
    write(
        "signer.der",
        &decoded(bundle, "/verificationMaterial/certificate/rawBytes")?,
    )?;
    write("fulcio.pem", &published(cluster, FULCIO, CERT).await?)?;
    write("tsa.pem", &published(cluster, TSA, CERT_CHAIN).await?)?;
    let timestamps = "/verificationMaterial/timestampVerificationData/rfc3161Timestamps";
    write(
        "timestamp",
        &decoded(bundle, &format!("{timestamps}/0/signedTimestamp"))?,
    )?;
    write(
        "signature",
        &decoded(bundle, "/messageSignature/signature")?,
    )?;
    let openssl = async |line: &str| {
        let args: Vec<_> = line.split(' ').collect();
        openssl::in_folder(folder.path(), &args).await
    };
    openssl("x509 -inform DER -in signer.der -out signer.pem").await?;
    openssl("verify -CAfile fulcio.pem -no_check_time -ignore_critical signer.pem").await?;
    openssl("ts -verify -in timestamp -data signature -CAfile tsa.pem -untrusted tsa.pem").await?;

    let promises = openssl("x509 -in signer.pem -noout -ext ct_precert_scts").await?;
    let mut promises = promises.to_lowercase();
    promises.retain(|char| !" :\n".contains(char));
    let ctlog = openssl::log_id(&published(cluster, CTLOG, PUBLIC).await?).await?;
    process::says(&promises, &[&format!("logid{}", hex::encode(ctlog))])
}

/// The log ID of Rekor's key now, as hexadecimal digits.
///
/// # Errors
///
/// That it can't be read.
pub async fn rekor_log_id(cluster: &Cluster) -> Result<String> {
    let key = published(cluster, REKOR, PUBLIC).await?;
    Ok(hex::encode(openssl::log_id(&key).await?))
}

/// What clients get to know of a server's key now.
async fn published(cluster: &Cluster, pair: KeyPair, entry: &str) -> Result<Vec<u8>> {
    let public = cluster
        .secret(pair.public.namespace, pair.public.name)
        .await?;
    let value = public.get(entry).cloned();
    value.with_context(|| format!("{} has no {entry}", pair.public.name))
}

fn decoded(bundle: &Value, pointer: &str) -> Result<Vec<u8>> {
    let value = bundle.pointer(pointer).and_then(Value::as_str);
    let value = value.with_context(|| format!("no {pointer} in {bundle}"))?;
    Base64::decode_vec(value).with_context(|| format!("decoding {pointer}"))
}

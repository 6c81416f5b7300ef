//! Private keys and what is published of them, as OpenSSL reads both.

use anyhow::{Context as _, Result, ensure};
use contract::{CERT, CERT_CHAIN, KEY_PAIRS, KeyPair, PUBLIC, Published, ROOT, TUF_KEYS, TUF_ROOT};
use e2e::{Cluster, Manifests, openssl};
use testbed::Entries;

use crate::stack::Stack;

/// Checks that every public object belongs to the private one beside it, in the namespaces whose
/// names begin with this prefix.
pub(crate) async fn match_with_prefix(cluster: &Cluster, prefix: &str) -> Result<()> {
    let contents = cluster
        .contents(&Manifests::prefixed(prefix).namespaces())
        .await?;
    let entries = |namespace: &str, name: &str| {
        let name = format!("Secret {prefix}{namespace}/{name}");
        contents
            .get(&name)
            .with_context(|| format!("there is no {name}"))
    };
    for pair in KEY_PAIRS {
        let KeyPair {
            private,
            public,
            trusted,
            ..
        } = pair;
        let [private, public] = [private, public].map(|of| entries(of.namespace, of.name));
        let (private, public) = (private?, public?);
        let mut keys = vec![public_half(private, &pair).await?];
        for entries in [private, public] {
            keys.extend(published_keys(entries).await?);
        }
        openssl::same(&keys).with_context(|| pair.public.name)?;
        ensure!(keys.len() > 1, "{} has nothing public", pair.public.name);
        let copy = entries(TUF_ROOT.namespace, pair.copy)?;
        ensure!(
            copy.get(trusted) == public.get(trusted),
            "the copy {} differs",
            pair.copy
        );
    }
    let root = entries(TUF_ROOT.namespace, TUF_ROOT.name)?;
    keys_are_in(entries(TUF_KEYS.namespace, TUF_KEYS.name)?, root).await
}

/// The public key of a private one.
async fn public_half(private: &Entries, pair: &KeyPair) -> Result<String> {
    let [key, password] = [pair.key, pair.password].map(|entry| {
        private
            .get(entry)
            .with_context(|| format!("{} has no {entry}", pair.private.name))
    });
    openssl::public_half(key?, password?).await
}

/// The public keys among the entries that may be published.
async fn published_keys(entries: &Entries) -> Result<Vec<String>> {
    let mut keys = vec![];
    for (entry, value) in entries {
        match entry.as_str() {
            PUBLIC => keys.push(openssl::public_key(value).await?),
            CERT | CERT_CHAIN => keys.push(openssl::certified_key(value).await?),
            _ => (),
        }
    }
    Ok(keys)
}

/// Checks that the TUF root knows the public half of each of the keys.
async fn keys_are_in(keys: &Entries, root: &Entries) -> Result<()> {
    let root = root.get(ROOT).context("tuf-root has no root")?;
    let root = String::from_utf8_lossy(root);
    for (entry, key) in keys.iter().filter(|(entry, _)| entry.ends_with(".pem")) {
        let public = openssl::der(openssl::public_half(key, b"").await?.as_bytes()).await?;
        // An Ed25519 key is the end of its DER.
        let raw = public.last_chunk::<32>().context("a key has 32 bytes")?;
        ensure!(
            root.contains(&hex::encode(raw)),
            "the root doesn't know {entry}"
        );
    }
    Ok(())
}

/// Checks that each private key is where it was made, and nowhere else.
pub(crate) async fn no_private_copies(stack: &Stack) -> Result<()> {
    let contents = stack.cluster.contents(&stack.namespaces).await?;
    let is_private = |entries: &Entries| {
        let mut values = entries.values();
        values.any(|value| String::from_utf8_lossy(value).contains("PRIVATE KEY"))
    };
    let private = contents.iter().filter(|(_, entries)| is_private(entries));
    let private: Vec<_> = private.map(|(name, _)| name.clone()).collect();
    let made = KEY_PAIRS
        .map(|pair| pair.private)
        .into_iter()
        .chain([TUF_KEYS]);
    let mut made: Vec<_> = made.map(name).collect();
    made.sort();
    ensure!(
        private == made,
        "private keys are in {private:?}, not in {made:?}"
    );
    Ok(())
}

fn name(secret: Published) -> String {
    format!("Secret {}/{}", secret.namespace, secret.name)
}

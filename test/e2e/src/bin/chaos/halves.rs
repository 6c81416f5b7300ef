//! Private keys and what is published of them, as OpenSSL reads both.

use anyhow::{Context as _, Result, ensure};
use contract::{CERT, CERT_CHAIN, KEY_PAIRS, KeyPair, ORIGIN, Published, ROOT, TUF_KEYS, TUF_ROOT};
use e2e::{Cluster, Manifests, namespaces, openssl};
use testbed::Entries;

/// Checks that every public object belongs to the private one beside it, in the namespaces whose
/// names begin with this prefix.
pub(crate) async fn check_pairs(cluster: &Cluster, prefix: &str) -> Result<()> {
    let namespaces = Manifests::prefixed(prefix).namespaces();
    let contents = cluster.contents(&namespaces).await?;
    let has = |pair: &KeyPair| namespaces.contains(&format!("{prefix}{}", pair.private.namespace));
    let entries = |namespace: &str, name: &str| {
        let name = format!("Secret {prefix}{namespace}/{name}");
        contents
            .get(&name)
            .with_context(|| format!("there is no {name}"))
    };
    for pair in KEY_PAIRS.into_iter().filter(has) {
        let [private, public] =
            [pair.private, pair.public].map(|of| entries(of.namespace, of.name));
        let copy = entries(TUF_ROOT.namespace, pair.copy)?;
        let belong = belong_together(&pair, private?, public?, copy).await;
        belong.with_context(|| format!("{} and its copy", pair.public.name))?;
    }
    let root = entries(TUF_ROOT.namespace, TUF_ROOT.name)?;
    keys_are_in(entries(TUF_KEYS.namespace, TUF_KEYS.name)?, root).await
}

/// Checks that all that is public belongs to the private key, and that the copy is one.
async fn belong_together(
    pair: &KeyPair,
    private: &Entries,
    public: &Entries,
    copy: &Entries,
) -> Result<()> {
    let key = value(private, pair.key)?;
    let password = pair.password.map(|entry| value(private, entry));
    let password = password.transpose()?.map_or(&b""[..], Vec::as_slice);
    let mut keys = vec![openssl::public_half(key, password).await?];
    for entry in pair.public.entries.iter().filter(|entry| **entry != ORIGIN) {
        keys.push(published_key(entry, value(public, entry)?).await?);
        if let Some(own) = private.get(*entry) {
            keys.push(published_key(entry, own).await?);
        }
    }
    openssl::check_same(&keys)?;
    let [copied, original] = [copy, public].map(|entries| value(entries, pair.trusted));
    ensure!(copied? == original?, "the copy differs");
    Ok(())
}

fn value<'a>(entries: &'a Entries, entry: &str) -> Result<&'a Vec<u8>> {
    entries
        .get(entry)
        .with_context(|| format!("there is no {entry}"))
}

/// The public key in an entry that is published.
async fn published_key(entry: &str, value: &[u8]) -> Result<String> {
    match entry {
        CERT | CERT_CHAIN => openssl::certified_key(value).await,
        _ => openssl::public_key(value).await,
    }
}

/// Checks that the TUF root knows the public half of each of the keys.
async fn keys_are_in(keys: &Entries, root: &Entries) -> Result<()> {
    let root = String::from_utf8_lossy(value(root, ROOT)?);
    let keys = keys.iter().filter(|(entry, _)| entry.ends_with(".pem"));
    let keys: Vec<_> = keys.collect();
    ensure!(!keys.is_empty(), "there are no keys of TUF");
    for (entry, key) in keys {
        let public = openssl::public_half(key, b"").await?;
        let der = openssl::der(public.as_bytes()).await?;
        // An Ed25519 key is the end of its DER.
        let key = der.last_chunk::<32>().context("a key has 32 bytes")?;
        ensure!(
            root.contains(&hex::encode(key)),
            "the root doesn't know {entry}"
        );
    }
    Ok(())
}

/// Checks that each private key is where it was made, and nowhere else.
pub(crate) async fn check_no_private_copies(cluster: &Cluster) -> Result<()> {
    let contents = cluster.contents(&namespaces()).await?;
    let is_private = |entries: &Entries| {
        let mut values = entries.values();
        values.any(|value| String::from_utf8_lossy(value).contains("PRIVATE KEY"))
    };
    let private = contents.iter().filter(|(_, entries)| is_private(entries));
    let private: Vec<_> = private.map(|(name, _)| name.clone()).collect();
    let made = KEY_PAIRS.into_iter().map(|pair| pair.private);
    let made = made.filter(|private| namespaces().iter().any(|own| own == private.namespace));
    let mut made: Vec<_> = made.chain([TUF_KEYS]).map(name).collect();
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

#[cfg(test)]
mod tests {
    use contract::{PUBLIC, REKOR};
    use e2e::process;
    use testbed::material::original;

    use super::*;

    #[tokio::test(flavor = "current_thread")]
    async fn what_is_public_belongs_to_its_private_key_or_is_found_out() {
        let private = original(REKOR.private.name);
        let public = original(REKOR.public.name);
        let belong = belong_together(&REKOR, &private, &public, &public).await;
        belong.unwrap();

        let mut other = public.clone();
        let key = openssl::new_public_key().await.unwrap();
        other.insert(PUBLIC.into(), key.into_bytes());
        for (public, copy) in [
            (&other, &other),
            (&public, &other),
            (&Entries::new(), &public),
        ] {
            let belong = belong_together(&REKOR, &private, public, copy).await;
            belong.unwrap_err();
        }
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_key_of_tuf_that_the_root_does_not_know_is_found_out() {
        let key = process::run("openssl", &["genpkey", "-algorithm", "ed25519"]);
        let key = key.await.unwrap();
        let public = openssl::public_half(key.as_bytes(), b"").await.unwrap();
        let der = openssl::der(public.as_bytes()).await.unwrap();
        let keys: Entries = [("root.pem".into(), key.into_bytes())].into();
        let root = |text: String| Entries::from([(ROOT.into(), text.into_bytes())]);
        let known = root(hex::encode(&der[der.len() - 32..]));
        keys_are_in(&keys, &known).await.unwrap();

        let unknown = root("00".repeat(32));
        let failure = keys_are_in(&keys, &unknown).await.unwrap_err();
        assert_eq!(failure.to_string(), "the root doesn't know root.pem");
        keys_are_in(&Entries::new(), &known).await.unwrap_err();
    }
}

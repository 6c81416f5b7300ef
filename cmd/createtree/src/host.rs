//! The host at which clients reach Rekor.

use addresses::REKOR;
use anyhow::{Context as _, Result};
use contract::HOST;
use gate::{ConfigMap, Gate, Kube};
use refusal::{Object, Refusal};
use tracing::warn;

use crate::flags::Args;

/// The host to publish, if `--addresses` says where it is to be read.
///
/// # Errors
///
/// That it isn't said there yet, or is of no use. A [`Refusal`] of another one than is published,
/// unless that is accepted.
pub(crate) async fn read(
    kube: &Kube,
    gate: &Gate<ConfigMap>,
    args: &Args,
) -> Result<Option<String>> {
    let Some(job::Reference { namespace, name }) = &args.addresses else {
        return Ok(None);
    };
    let addresses = addresses::read(kube, namespace, name).await;
    let addresses = addresses.context("reading where clients reach Rekor")?;
    let (host, source) = addresses.host(REKOR)?;
    let object = gate.entry(HOST);
    match moved(&object, gate.bytes(HOST), &source, &host) {
        Some(refusal) if !args.accept_changes => return Err(refusal.into()),
        Some(refusal) => warn!(
            %object,
            namespace = object.namespace(),
            name = object.name(),
            "accepted: {}",
            refusal.what()
        ),
        None => (),
    }
    Ok(Some(host))
}

/// The refusal of a host that isn't the `published` one. A blank entry counts as missing.
fn moved(
    object: &Object,
    published: Option<&[u8]>,
    source: &Object,
    host: &str,
) -> Option<Refusal> {
    let published = String::from_utf8_lossy(published.unwrap_or_default());
    let published = published.trim();
    if published.is_empty() || published == host {
        return None;
    }
    Some(Refusal::new(
        object,
        format!("is {published:?}, Rekor's name in checkpoints, and {source} has {host:?}"),
        "put that back, or add --accept-changes: sigstore-js then verifies nothing that was \
         signed before",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_host_than_the_published_one_is_a_change() {
        let moved = |published: Option<&[u8]>| {
            let refusal = moved(&"the host".into(), published, &"the address".into(), "b");
            refusal.map(|refusal| refusal.to_string())
        };
        for same in [None, Some(&b""[..]), Some(b" \n"), Some(b"b"), Some(b"b\n")] {
            assert_eq!(moved(same), None);
        }
        let refused = moved(Some(b"a")).unwrap();
        assert!(refused.contains(r#"is "a""#), "{refused}");
        assert!(
            refused.contains(r#"the address has "b": put that back"#),
            "{refused}"
        );
    }
}

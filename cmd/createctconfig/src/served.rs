//! What Fulcio serves, and whether that is what is published of it.

use std::{error::Error as _, sync::Once};

use anyhow::Result;
use certs::Chain;
use contract::{CERT, FULCIO};
use ctfe::Roots;
use gate::{Kube, Source};
use job::OrRefuse as _;
use refusal::{Object, Refusal, sentence};
use tracing::{info, warn};

use crate::flags::Args;

/// Asks Fulcio for its chains.
pub(crate) async fn chains(args: &Args) -> Result<Vec<Chain>> {
    let chains = fulcio::chains(&args.fulcio_url, args.fulcio_roots()).await;
    chains.or_refuse("asking for Fulcio's root", |error| {
        let cause = error.source().map_or_else(|| error.to_string(), sentence);
        Refusal::new(
            fulcio_at(args),
            format!("has certificates that can't be used ({cause})"),
            "put the right ones into Fulcio's Secret, and restart it",
        )
    })
}

/// Compares what Fulcio serves with what `createcerts` published, as the original's `verifyfulcio`
/// did with the CT log's roots. They part when Fulcio's Secret was replaced, or when it wasn't
/// restarted since: then whatever it signs verifies nowhere.
///
/// While a root is changed the log `accepted` both before Fulcio is restarted: so that is a
/// warning. Without the right to read the Secret, or without the Secret, there is nothing to
/// compare.
///
/// # Errors
///
/// A [`Refusal`] with both digests.
pub(crate) async fn check(
    args: &Args,
    kube: &Kube,
    served: &[Chain],
    accepted: &Roots,
) -> Result<()> {
    let Some((object, published)) = published(args, kube).await? else {
        return Ok(());
    };
    if served.contains(&published) {
        return Ok(());
    }
    let difference = differing(args, served, &object, &published);
    let roots = served
        .iter()
        .chain([&published])
        .map(|chain| chain.root().clone());
    if accepted.missing(&roots.collect::<Vec<_>>()).is_empty() {
        warn!(%object, "{}", difference.what());
        return Ok(());
    }
    Err(difference.into())
}

/// The chain that `createcerts` published, with the entry that it stands in. Without the right to
/// read its Secret, or without the Secret, there is none.
pub(crate) async fn published(args: &Args, kube: &Kube) -> Result<Option<(Object, Chain)>> {
    let Some((namespace, name)) = args.fulcio_secret() else {
        return Ok(None);
    };
    let secret = match Source::secret(kube, namespace, name).await {
        Err(error @ gate::Error::Forbidden { .. }) => {
            tell_of_no_right(&error);
            return Ok(None);
        }
        other => other?,
    };
    let Some(pem) = secret.bytes(CERT) else {
        return Ok(None);
    };
    let object = secret.entry(CERT);
    let chain = Chain::from_pem(pem).map_err(|cause| {
        let way_out = format!("run {} again, which mends it", FULCIO.public.maker);
        Refusal::new(&object, format!("can't be used ({cause})"), way_out)
    })?;
    Ok(Some((object, chain)))
}

/// The first certificate in which the chains differ, by its SHA-256 in each.
fn differing(args: &Args, served: &[Chain], object: &Object, published: &Chain) -> Refusal {
    let served = served.first().unwrap_or(published);
    let pairs = served.certificates().iter().zip(published.certificates());
    let [ours, theirs] = pairs
        .map(|(served, published)| [served, published].map(|one| one.fingerprint()))
        .find(|[served, published]| served != published)
        .unwrap_or([served.root().fingerprint(), published.root().fingerprint()]);
    let short = |digest: [u8; 32]| hex::encode(&digest[..SHOWN_OCTETS]);
    Refusal::new(
        fulcio_at(args),
        format!(
            "serves a certificate with SHA-256 {}…, and {object} has {}…",
            short(ours),
            short(theirs)
        ),
        "restart Fulcio; or if its Secret was replaced, run createcerts again, and go on as docs/changes.md says",
    )
}

/// Logs once, of the many tries of a Job, that nothing is compared.
fn tell_of_no_right(error: &gate::Error) {
    static TOLD: Once = Once::new();
    TOLD.call_once(|| {
        info!("what Fulcio serves isn't compared with what is published: {error} is forbidden");
    });
}

/// Fulcio's name in messages.
pub(crate) fn fulcio_at(args: &Args) -> Object {
    format!("Fulcio at {}", args.fulcio_url).into()
}

const SHOWN_OCTETS: usize = 8;

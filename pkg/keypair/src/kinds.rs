//! Which kinds of keys a server may have. `docs/key-kinds.md` has the measurements that decide it.

use contract::{CTLOG, CTLOG_TILES, FULCIO, KeyPair, REKOR_TILES, TSA};
use keys::{Kind, PrivateKey};
use refusal::{Object, Refusal};
use tracing::warn;

/// What comes of a kind of key at a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Its signatures verify with every client: cosign 3, cosign 2, sigstore-go, sigstore-python
    /// and sigstore-js.
    Offered,
    /// They verify with cosign and not with all others. A key that exists is kept, and none is
    /// made.
    Kept(&'static str),
    /// They don't verify with cosign, so nobody can sign with that; or the server makes none.
    Refused(&'static str),
}

use Verdict::{Kept, Offered, Refused};

/// The verdict on a key; nothing is the kind of those that aren't made here.
fn verdict(layout: &KeyPair, kind: Option<Kind>) -> Verdict {
    // What Fulcio and the timestamp authority sign with is in certificates, which are checked for
    // themselves.
    if *layout == FULCIO {
        return match kind {
            Some(Kind::Ed25519) => Kept("sigstore-python verifies nothing under it"),
            _ => Offered,
        };
    }
    if *layout == TSA {
        return Offered;
    }
    let is_ctlog = [CTLOG, CTLOG_TILES].contains(layout);
    match kind {
        Some(Kind::Ed25519 | Kind::EcdsaP256) if *layout == REKOR_TILES => Offered,
        Some(_) if *layout == REKOR_TILES => {
            Refused("nobody knows of clients that verify a Rekor v2's checkpoints with it")
        }
        Some(kind) if *layout == CTLOG_TILES && !kind.name().starts_with("ecdsa") => {
            Refused("TesseraCT can't sign with it")
        }
        Some(Kind::EcdsaP256) => Offered,
        Some(Kind::EcdsaP384 | Kind::EcdsaP521) => {
            Refused("the log signs SHA-256 with it, and cosign expects another hash")
        }
        Some(Kind::Rsa2048 | Kind::Rsa3072 | Kind::Rsa4096) if is_ctlog => {
            Kept("sigstore-js can't read a log's RSA key, nor the trusted root with it")
        }
        Some(Kind::Ed25519) if is_ctlog => Refused("ct_server can't sign with it"),
        Some(_) => Refused("Rekor signs with it, and cosign doesn't know that key in a checkpoint"),
        None => Refused("clients have no name for such a key of a log"),
    }
}

/// The kind of key for that server that a flag's value names.
///
/// # Errors
///
/// Why it isn't offered, and what is.
pub fn offered(layout: &KeyPair, name: &str) -> Result<Kind, String> {
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name);
    match kind.map(|kind| (kind, verdict(layout, Some(kind)))) {
        Some((kind, Offered)) => Ok(kind),
        Some((_, Kept(reason) | Refused(reason))) => {
            Err(format!("{reason}: it has to be {}", all_offered(layout)))
        }
        None => Err(format!("it has to be {}", all_offered(layout))),
    }
}

/// Checks the kind of a key that exists. A warning is logged when some clients fail with it.
///
/// # Errors
///
/// A [`Refusal`] of `object`, the key, when all of them do.
pub fn check_kind(layout: &KeyPair, key: &PrivateKey, object: Object) -> Result<(), Refusal> {
    let kind = key.public_key().kind();
    let named = kind.map_or("of an unknown kind", Kind::name);
    match verdict(layout, kind) {
        Offered => Ok(()),
        Kept(reason) => {
            warn!(
                %object,
                namespace = object.namespace(),
                name = object.name(),
                "{object} is {named}: {reason}"
            );
            Ok(())
        }
        Refused(reason) => Err(Refusal::new(
            object,
            format!("can't be used (it is {named}: {reason})"),
            format!("put another key there ({})", all_offered(layout)),
        )),
    }
}

fn all_offered(layout: &KeyPair) -> String {
    let is_offered = |kind: &Kind| matches!(verdict(layout, Some(*kind)), Offered);
    let names = Kind::ALL.into_iter().filter(is_offered).map(Kind::name);
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use contract::REKOR;

    use super::*;

    /// The rows of the measurements: the server, the kind, what the server does, and whether each
    /// client verifies.
    fn rows() -> Vec<Vec<&'static str>> {
        let measured = include_str!("../../../docs/key-kinds.md");
        let rows = measured.lines().filter(|line| line.starts_with("| "));
        let cells = rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect());
        cells
            .filter(|cells: &Vec<_>| cells.len() == 9)
            .skip(1)
            .collect()
    }

    #[test]
    fn what_is_offered_and_kept_is_what_was_measured() {
        let mut tried = 0;
        for (name, layout) in [
            ("Fulcio", FULCIO),
            ("CT log", CTLOG),
            ("Rekor", REKOR),
            ("timestamp authority", TSA),
        ] {
            for row in rows().iter().filter(|row| row[0] == name) {
                let kind = Kind::ALL.into_iter().find(|kind| kind.name() == row[1]);
                let [cosigns, all] = [&row[3..5], &row[3..8]]
                    .map(|clients| clients.iter().all(|verifies| *verifies == "yes"));
                let verdict = verdict(&layout, kind);
                assert!(kind.is_some(), "{row:?}");
                assert_eq!(verdict == Offered, all, "{row:?}: {verdict:?}");
                assert_eq!(
                    matches!(verdict, Refused(_)),
                    !cosigns,
                    "{row:?}: {verdict:?}"
                );
                tried += 1;
            }
        }
        assert_eq!(tried, 4 * Kind::ALL.len());
    }

    #[test]
    fn a_kind_that_is_not_offered_is_named_with_the_reason_and_those_that_are() {
        assert_eq!(offered(&TSA, "ed25519"), Ok(Kind::Ed25519));
        let reason = offered(&REKOR, "ecdsa-p384").unwrap_err();
        assert!(
            reason.ends_with("another hash: it has to be ecdsa-p256"),
            "{reason}"
        );
        assert_eq!(
            offered(&CTLOG, "dsa").unwrap_err(),
            "it has to be ecdsa-p256"
        );
    }
}

//! The CT log's key: the one that is published, else the user's own, else a new one.

use anyhow::Result;
use contract::{KeyPair, PASSWORD, PRIVATE, PUBLIC};
use gate::{Kube, Source};
use keypair::{Encrypt, Halves, Pair};
use keys::{PrivateKey, PublicKey, Reader};
use refusal::{NotYet, Refusal};

use crate::{flags::Args, published::PublishedConfig};

/// The halves of the key that is published, else of the user's own, if there is one.
///
/// The key's password may be in the published configuration: the original kept it nowhere else.
///
/// # Errors
///
/// A [`Refusal`] of a key that can't be used, or that another key's public half or configuration
/// stands beside.
pub(crate) async fn existing(
    args: &Args,
    kube: &Kube,
    pair: &Pair,
    published: Option<&PublishedConfig>,
) -> Result<Option<Halves>> {
    let in_config = published.and_then(PublishedConfig::password);
    let given = match pair.private.bytes(PASSWORD) {
        Some(_) => args.password(),
        None => in_config.or(args.password()),
    };
    let own = own_key(args, kube, pair, in_config).await?;
    let key = match &own {
        Some(own) if is_restored(pair, published, own)? => None,
        _ => pair.private_key(given)?,
    };
    let password = pair.password(given);
    let halves = match (key, own) {
        (Some(key), own) => {
            if !pair.layout().has_origin() {
                check_form(pair, &password)?;
            }
            if own.is_some_and(|own| own.public_key() != key.public_key()) {
                let refusal = Refusal::new(
                    pair.private.entry(PRIVATE),
                    "is another key than the one that --private-secret names, and never replaced",
                    "name the Secret of that key, or leave the flag out",
                );
                return Err(refusal.into());
            }
            pair.halves_of(key, password)?
        }
        (None, Some(own)) => pair.halves_of_new(own, password, form(pair.layout()))?,
        (None, None) => {
            pair.check_new(args.new_key())?;
            return Ok(None);
        }
    };
    if let Some(published) = published {
        published.check_key(halves.key.public_key().der())?;
    }
    Ok(Some(halves))
}

/// A new key.
pub(crate) fn new(args: &Args, pair: &Pair) -> Result<Halves> {
    let key = PrivateKey::generate(pair.check_new(args.new_key())?);
    let password = pair.password(args.password());
    Ok(pair.halves_of_new(key, password, form(pair.layout()))?)
}

/// The one form in which the log's server reads a key.
fn form(layout: &KeyPair) -> Encrypt {
    match layout.has_origin() {
        false => PrivateKey::to_legacy_pem,
        true => |key, _| key.to_sec1_pem().expect("another kind of key was refused"),
    }
}

/// The key's password, as text for the configuration.
pub(crate) fn password(pair: &Pair, halves: &Halves) -> Result<String, Refusal> {
    String::from_utf8(halves.password.clone()).map_err(|_| {
        Refusal::new(
            pair.private.entry(PASSWORD),
            "isn't UTF-8, which ct_server wants",
            format!("put another one there, and {PRIVATE:?} encrypted with it"),
        )
    })
}

/// The key in the user's own Secret, in any form that can be opened. Its password is the one given,
/// else that of the private Secret, else the one `in_config`.
///
/// That Secret may be gone once its key is in the private one.
async fn own_key(
    args: &Args,
    kube: &Kube,
    pair: &Pair,
    in_config: Option<&str>,
) -> Result<Option<PrivateKey>> {
    let Some(name) = args.private_secret() else {
        return Ok(None);
    };
    let source = Source::secret(kube, &args.namespace, name).await?;
    let Some(pem) = source.bytes(PRIVATE) else {
        if pair.private.bytes(PRIVATE).is_some() {
            return Ok(None);
        }
        keypair::refuse_foreign(&source, PRIVATE, |entry| pair.layout().has_entry(entry))?;
        return Err(NotYet::new(source.entry(PRIVATE), "whoever set --private-secret").into());
    };
    let given = args.password().map(str::as_bytes);
    let stored = pair.private.bytes(PASSWORD);
    let key = PrivateKey::from_pem(pem, given.or(stored).or(in_config.map(str::as_bytes)));
    let key = key.map_err(|cause| {
        Refusal::new(
            source.entry(PRIVATE),
            format!("can't be used ({cause})"),
            match cause.mend() {
                Some(command) => format!("mend it ({command})"),
                None => "mend it, or give its password with --key-password-file".into(),
            },
        )
    })?;
    keypair::check_kind(pair.layout(), &key, source.entry(PRIVATE))?;
    Ok(Some(key))
}

/// Whether `own` is the private key that is missing in the private Secret: so it is when what was
/// made from the missing key is still there and belongs to `own`.
fn is_restored(
    pair: &Pair,
    published: Option<&PublishedConfig>,
    own: &PrivateKey,
) -> Result<bool, Refusal> {
    if pair.private.bytes(PRIVATE).is_some() {
        return Ok(false);
    }
    let mut is_proven = published.is_some_and(|published| published.public_key().is_some());
    for gate in [&pair.private, &pair.public] {
        match gate.bytes(PUBLIC).map(PublicKey::from_pem) {
            None => (),
            Some(Ok(half)) if half == *own.public_key() => is_proven = true,
            Some(_) => {
                return Err(Refusal::new(
                    gate.entry(PUBLIC),
                    "doesn't belong to the key that --private-secret names, and its own is gone",
                    "name the Secret of that one, or delete both Secrets of the log to start a new trust",
                ));
            }
        }
    }
    Ok(is_proven)
}

/// Refuses a published key in a form that ct_server doesn't open: it takes a private key only if
/// that is encrypted in the older form.
fn check_form(pair: &Pair, password: &[u8]) -> Result<(), Refusal> {
    let pem = pair.private.bytes(PRIVATE).unwrap_or_default();
    let Err(cause) = PrivateKey::read(Reader::Trillian, pem, Some(password)) else {
        return Ok(());
    };
    Err(Refusal::new(
        pair.private.entry(PRIVATE),
        format!("can't be opened by ct_server ({cause})"),
        format!(
            "move it to {PRIVATE:?} of another Secret, leave the rest as it is, and name that Secret with \
             --private-secret"
        ),
    ))
}

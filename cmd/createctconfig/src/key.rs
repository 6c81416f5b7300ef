//! The CT log's key: the one that is published, else the user's own, else a new one.

use anyhow::{Context as _, Result, bail};
use gate::{Entries, Gate, Kube, Pair};
use job::Refused;
use keys::{PrivateKey, PublicKey};

use crate::{config::Published, flags::Args};

/// The key and what its Secrets are to hold.
pub(crate) struct Key {
    /// The public half.
    pub(crate) public_key: PublicKey,
    /// The private half's password.
    pub(crate) password: String,
    /// What is missing in the private Secret.
    pub(crate) private: Entries,
    /// The public Secret.
    pub(crate) public: Entries,
}

impl Key {
    /// Reads, imports or generates the key. The configuration that is published may tell its
    /// password: the Go job keeps it nowhere else.
    pub(crate) async fn settle(
        args: &Args,
        kube: &Kube,
        pair: &Pair,
        published: Option<&Published>,
    ) -> Result<Self> {
        let given = match pair.private.bytes(PASSWORD) {
            Some(_) => args.password(),
            None => published.and_then(Published::password).or(args.password()),
        };
        let own = own_key(args, kube, pair, given).await?;
        let existing = match &own {
            Some(own) if is_restored(pair, published, own)? => None,
            _ => pair.private_key(PRIVATE, PASSWORD, given, &[PUBLIC, CONFIG])?,
        };
        let password = String::from_utf8(pair.password(PASSWORD, given)).map_err(|_| {
            Refused::new(format!(
                "{}: {PASSWORD} isn't UTF-8, which ct_server wants",
                pair.private
            ))
        })?;

        let mut private = Entries::new();
        let key = match (existing, own) {
            (Some(existing), own) => {
                can_sign(pair, existing.public_key())?;
                is_for_ct_server(pair)?;
                if own.is_some_and(|own| own.public_key() != existing.public_key()) {
                    bail!(Refused::new(format!(
                        "{}: {PRIVATE} is another key than the one that --private-secret names: an existing \
                         key is never replaced; delete {} and {} to start a new trust",
                        pair.private, pair.private, pair.public
                    )));
                }
                existing
            }
            (None, own) => {
                let key = own.unwrap_or_else(|| PrivateKey::generate(args.kind()));
                can_sign(pair, key.public_key())?;
                private.insert(PRIVATE, key.to_legacy_pem(password.as_bytes()));
                key
            }
        };
        let public = Entries::new().with(PUBLIC, pair.public_half(PUBLIC, &key)?);
        private.extend(pair.missing(&public.clone().with(PASSWORD, &*password)));
        Ok(Self {
            public_key: key.public_key().clone(),
            password,
            private,
            public,
        })
    }
}

/// The key in the user's own Secret, in any form that can be opened, with the password of the key
/// that is published if none is given. Once it is imported, that Secret may be gone.
async fn own_key(
    args: &Args,
    kube: &Kube,
    pair: &Pair,
    published: Option<&str>,
) -> Result<Option<PrivateKey>> {
    let Some(name) = args.private_secret() else {
        return Ok(None);
    };
    let gate = Gate::secret(kube, &args.namespace, name).await?;
    let Some(pem) = gate.bytes(PRIVATE) else {
        if pair.private.bytes(PRIVATE).is_some() {
            return Ok(None);
        }
        bail!("{gate} has no {PRIVATE} yet (you make it, and name it with --private-secret)");
    };
    let given = args.password().map(str::as_bytes);
    let stored = pair.private.bytes(PASSWORD);
    let key = PrivateKey::from_pem(pem, given.or(stored).or(published.map(str::as_bytes)));
    key.map(Some)
        .map_err(Refused::because)
        .with_context(|| format!("{gate}: {PRIVATE}"))
}

/// Whether `own` is the key that is gone: what is left of that one proves it.
fn is_restored(
    pair: &Pair,
    published: Option<&Published>,
    own: &PrivateKey,
) -> Result<bool, Refused> {
    if pair.private.bytes(PRIVATE).is_some() {
        return Ok(false);
    }
    let mut is_proven = published.is_some_and(|published| published.public_key().is_some());
    for gate in [&pair.private, &pair.public] {
        match gate.bytes(PUBLIC).map(PublicKey::from_pem) {
            None => (),
            Some(Ok(half)) if half == *own.public_key() => is_proven = true,
            Some(_) => {
                return Err(Refused::new(format!(
                    "{} has no {PRIVATE}, and {gate}: {PUBLIC} doesn't belong to the key that \
                     --private-secret names: name the right one, or delete {} and {} to start a new trust",
                    pair.private, pair.private, pair.public
                )));
            }
        }
    }
    Ok(is_proven)
}

/// ct_server opens no other private key than an encrypted one in the older form.
fn is_for_ct_server(pair: &Pair) -> Result<(), Refused> {
    let pem = pair.private.bytes(PRIVATE).unwrap_or_default();
    if String::from_utf8_lossy(pem).contains("\nDEK-Info:") {
        return Ok(());
    }
    Err(Refused::new(format!(
        "{}: {PRIVATE} isn't encrypted in the form that ct_server opens (DEK-Info): move it to the entry \
         {PRIVATE} of another Secret, leave the rest as it is, and name that Secret with --private-secret",
        pair.private
    )))
}

/// CT logs sign with ECDSA or RSA (RFC 6962, section 2.1.4). With an Ed25519 key ct_server starts,
/// and fails at the first certificate.
fn can_sign(pair: &Pair, key: &PublicKey) -> Result<(), Refused> {
    if !key.der().starts_with(&ED25519) {
        return Ok(());
    }
    Err(Refused::new(format!(
        "{}: the key for it is an Ed25519 key, and ct_server signs with ECDSA or RSA only",
        pair.private
    )))
}

/// How the SubjectPublicKeyInfo of an Ed25519 key begins (RFC 8410, section 4).
const ED25519: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

pub(crate) const PRIVATE: &str = "private";
pub(crate) const PUBLIC: &str = "public";
pub(crate) const PASSWORD: &str = "password";
pub(crate) const CONFIG: &str = "config";

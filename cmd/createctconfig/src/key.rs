//! The CT log's key: the one that is published, else the user's own, else a new one.

use anyhow::{Context as _, Result, bail};
use gate::{Entries, Gate, Kube, Pair};
use job::Refused;
use keys::{PrivateKey, PublicKey};

use crate::flags::Args;

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
    /// Reads, imports or generates the key. `configured` is the password in a configuration that
    /// is published: the Go job keeps it nowhere else.
    pub(crate) async fn settle(
        args: &Args,
        kube: &Kube,
        pair: &Pair,
        configured: Option<&str>,
    ) -> Result<Self> {
        let given = match pair.private.bytes(PASSWORD) {
            Some(_) => args.password(),
            None => configured.or(args.password()),
        };
        let existing = pair.private_key(PRIVATE, PASSWORD, given, &[PUBLIC, CONFIG])?;
        let own = own_key(args, kube).await?;
        let password = String::from_utf8(pair.password(PASSWORD, given)).map_err(|_| {
            Refused::new(format!(
                "{}: {PASSWORD} isn't UTF-8, which ct_server wants",
                pair.private
            ))
        })?;

        let mut private = Entries::new();
        let key = match (existing, own) {
            (Some(existing), own) => {
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
                private.insert(PRIVATE, key.to_legacy_pem(password.as_bytes()));
                key
            }
        };
        can_sign(pair, key.public_key())?;
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

/// The key in the user's own Secret, in any form that can be opened.
async fn own_key(args: &Args, kube: &Kube) -> Result<Option<PrivateKey>> {
    let Some(name) = args.private_secret() else {
        return Ok(None);
    };
    let gate = Gate::secret(kube, &args.namespace, name).await?;
    let Some(pem) = gate.bytes(PRIVATE) else {
        bail!("{gate} has no {PRIVATE} yet (you make it, and name it with --private-secret)");
    };
    let key = PrivateKey::from_pem(pem, args.password().map(str::as_bytes));
    key.map(Some)
        .map_err(Refused::because)
        .with_context(|| format!("{gate}: {PRIVATE}"))
}

/// ct_server opens no other private key than an encrypted one in the older form.
fn is_for_ct_server(pair: &Pair) -> Result<(), Refused> {
    let pem = pair.private.bytes(PRIVATE).unwrap_or_default();
    if String::from_utf8_lossy(pem).contains("\nDEK-Info:") {
        return Ok(());
    }
    Err(Refused::new(format!(
        "{}: {PRIVATE} isn't encrypted in the form that ct_server opens (DEK-Info): move it to another \
         Secret and name that one with --private-secret",
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

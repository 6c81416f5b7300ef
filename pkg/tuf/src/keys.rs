//! The private keys that sign the repository's roles: Ed25519, one entry each of the Secret that
//! `createtuf` keeps to itself.

use std::{collections::BTreeMap, fmt};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use pem::{EncodeConfig, LineEnding, Pem};
use tough::{
    schema::{
        RoleType, Root, Signature,
        decoded::{Decoded, Hex},
    },
    sign::Sign as _,
};

use crate::{
    Error, Result, Roles,
    repository::hex,
    roles::{ROLES, name},
};

/// The private keys of a repository, by the names of their entries: `<role>-<keyid>.pem`.
///
/// An entry is a `PRIVATE KEY` block: plain PKCS#8, which OpenSSL reads too. They don't print.
#[derive(Default)]
pub struct Keys(BTreeMap<String, RoleKey>);

pub(crate) struct RoleKey {
    role: RoleType,
    id: Decoded<Hex>,
    pair: Ed25519KeyPair,
}

impl Keys {
    /// Reads the entries whose names end in `.pem`; others aren't keys.
    ///
    /// # Errors
    ///
    /// [`Error::Key`] for an entry that is no Ed25519 key, or that another name belongs to.
    pub fn read<'a>(entries: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<Self> {
        entries
            .into_iter()
            .filter(|(entry, _)| entry.ends_with(SUFFIX))
            .map(|(entry, pem)| Ok((entry.to_owned(), RoleKey::read(entry, pem)?)))
            .collect::<Result<_>>()
            .map(Self)
    }

    /// Makes a key for each role that has none, and returns the new entries.
    pub fn complete(&mut self) -> BTreeMap<String, Vec<u8>> {
        let mut entries = BTreeMap::new();
        for role in ROLES {
            if !self.0.values().any(|key| key.role == role) {
                let key = RoleKey::generate(role);
                entries.insert(key.entry(), key.to_pem());
                self.0.insert(key.entry(), key);
            }
        }
        entries
    }

    /// The key of each role, for a repository that is to be made.
    ///
    /// # Errors
    ///
    /// [`Error::Key`] unless there is one key for each role: no root says which one counts.
    pub(crate) fn only(&self) -> Result<Roles<&RoleKey>> {
        Roles::try_each(|role| {
            let mut keys = self.0.iter().filter(|(_, key)| key.role == role);
            match (keys.next(), keys.next()) {
                (Some((_, key)), None) => Ok(key),
                (None, _) => Err(Error::key(name(role), "has no key")),
                (_, Some((entry, _))) => Err(Error::key(
                    entry,
                    format!("is a second key of the role {}", name(role)),
                )),
            }
        })
    }

    /// The keys that `root` demands for `role`.
    ///
    /// # Errors
    ///
    /// [`Error::KeyMissing`]
    pub(crate) fn of(&self, role: RoleType, root: &Root) -> Result<Vec<&RoleKey>> {
        let ids = root.roles.get(&role).map_or(&[][..], |role| &role.keyids);
        ids.iter()
            .map(|id| {
                let entry = entry(role, id);
                self.0.get(&entry).ok_or_else(|| Error::KeyMissing {
                    role: name(role).into(),
                    keyid: hex(id),
                })
            })
            .collect()
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl RoleKey {
    fn generate(role: RoleType) -> Self {
        let pair = Ed25519KeyPair::generate().expect("the system has random numbers");
        Self {
            role,
            id: id(&pair),
            pair,
        }
    }

    fn read(entry: &str, pem: &[u8]) -> Result<Self> {
        // The parser's own words may quote the key.
        let block = pem::parse(pem).map_err(|_| Error::key(entry, "is no PEM file"))?;
        if block.tag() != TAG {
            return Err(Error::key(
                entry,
                format!("is no {TAG} but a {}", block.tag()),
            ));
        }
        let pair = Ed25519KeyPair::from_pkcs8(block.contents())
            .map_err(|_| Error::key(entry, "is no Ed25519 key"))?;
        let id = id(&pair);
        let role = ROLES
            .into_iter()
            .find(|role| self::entry(*role, &id) == entry);
        let role = role.ok_or_else(|| {
            Error::key(
                entry,
                format!("holds the key {}, which isn't its name", hex(&id)),
            )
        })?;
        Ok(Self { role, id, pair })
    }

    fn entry(&self) -> String {
        entry(self.role, &self.id)
    }

    fn to_pem(&self) -> Vec<u8> {
        let der = self.pair.to_pkcs8v1().expect("a key that was just made");
        let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
        pem::encode_config(&Pem::new(TAG, der.as_ref()), config).into_bytes()
    }

    pub(crate) fn id(&self) -> &Decoded<Hex> {
        &self.id
    }

    /// The public half as metadata describes it.
    pub(crate) fn public(&self) -> tough::schema::key::Key {
        self.pair.tuf_key()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Signature {
        Signature {
            keyid: self.id.clone(),
            sig: self.pair.sign(message).as_ref().to_vec().into(),
        }
    }
}

fn entry(role: RoleType, id: &Decoded<Hex>) -> String {
    format!("{}-{}{SUFFIX}", name(role), hex(id))
}

fn id(pair: &Ed25519KeyPair) -> Decoded<Hex> {
    debug_assert_eq!(pair.public_key().as_ref().len(), 32);
    pair.tuf_key()
        .key_id()
        .expect("a key without floats has a canonical form")
}

const SUFFIX: &str = ".pem";
const TAG: &str = "PRIVATE KEY";

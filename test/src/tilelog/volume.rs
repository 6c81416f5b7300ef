//! The volume of a log with tiles, as Rekor v2 and TesseraCT write it (`storage/posix` of tessera).

use std::{
    fs,
    path::{Path, PathBuf},
};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair},
};
use base64ct::{Base64, Encoding as _};
use checkpoint::{Checkpoint, Hash, Tile, leaf, root};
use keys::{Kind, PrivateKey};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

/// How a log signs its checkpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    /// As a Rekor v2 with an Ed25519 key.
    Ed25519,
    /// As a Rekor v2 with a P-256 key.
    Ecdsa,
    /// As TesseraCT.
    TreeHead,
}

/// A log's files, in a folder that ends with it.
pub struct Volume {
    folder: TempDir,
    origin: String,
    signed: Signed,
    key: PrivateKey,
    leaves: Vec<Hash>,
}

impl Volume {
    /// The volume of a log that was started and has no entries.
    ///
    /// # Panics
    ///
    /// When there is no room for it, as all that writes.
    pub fn new(origin: &str, signed: Signed) -> Self {
        let kind = match signed {
            Signed::Ed25519 => Kind::Ed25519,
            _ => Kind::EcdsaP256,
        };
        let volume = Self {
            folder: TempDir::new().expect("a folder"),
            origin: origin.into(),
            signed,
            key: PrivateKey::generate(kind),
            leaves: vec![],
        };
        volume.publish();
        volume
    }

    /// What becomes of the log where its server starts on an empty volume, with the same key.
    #[must_use]
    pub fn anew(&self) -> Self {
        self.with(&[])
    }

    /// A copy of the volume when the log had `size` entries.
    #[must_use]
    pub fn snapshot(&self, size: usize) -> Self {
        self.with(&self.leaves[..size])
    }

    fn with(&self, leaves: &[Hash]) -> Self {
        let mut copy = Self {
            folder: TempDir::new().expect("a folder"),
            origin: self.origin.clone(),
            key: PrivateKey::from_pem(self.key.to_encrypted_pem(b"x").as_bytes(), Some(b"x"))
                .expect("our own form"),
            leaves: vec![],
            ..*self
        };
        copy.add(leaves.iter().copied());
        copy
    }

    /// Logs entries, and publishes a checkpoint of a tree that has them.
    pub fn append<'a>(&mut self, entries: impl IntoIterator<Item = &'a [u8]>) {
        self.add(entries.into_iter().map(leaf));
    }

    fn add(&mut self, leaves: impl Iterator<Item = Hash>) {
        self.leaves.extend(leaves);
        let mut hashes = self.leaves.clone();
        let mut level = 0;
        while !hashes.is_empty() {
            for (index, part) in (0..).zip(hashes.chunks(256)) {
                let width = part.len();
                let tile = Tile {
                    level,
                    index,
                    width,
                };
                self.write(&tile.to_string(), &part.concat());
            }
            hashes = hashes.chunks_exact(256).map(root).collect();
            level += 1;
        }
        self.publish();
    }

    fn publish(&self) {
        let (size, root) = (self.size(), Base64::encode_string(&self.root()));
        let state = format!("{{\"size\":{size},\"root\":\"{root}\"}}");
        self.write(".state/treeState", state.as_bytes());
        self.write("checkpoint", self.note().as_bytes());
    }

    /// Writes a file.
    ///
    /// # Panics
    ///
    /// When that can't be done.
    pub fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.folder.path().join(path);
        let parent: PathBuf = path.parent().expect("it is in the folder").into();
        fs::create_dir_all(parent).expect("a folder");
        fs::write(path, bytes).expect("room for a file");
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The log's name.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// How many entries the log has.
    pub fn size(&self) -> u64 {
        self.leaves.len() as u64
    }

    /// The root of its tree.
    pub fn root(&self) -> Hash {
        root(&self.leaves)
    }

    /// The log's public key (PEM).
    pub fn public(&self) -> String {
        self.key.public_key().to_pem()
    }

    /// The place of an entry.
    pub(super) fn find(&self, entry: &[u8]) -> Option<u64> {
        let hash = leaf(entry);
        let place = self.leaves.iter().position(|known| *known == hash);
        place.map(|place| place as u64)
    }

    /// The hashes beside an entry's way up to the root (RFC 6962, section 2.1.1).
    pub(super) fn proof(&self, index: u64) -> Vec<Hash> {
        let (mut part, mut at) = (
            &self.leaves[..],
            usize::try_from(index).expect("it is there"),
        );
        let mut proof = vec![];
        while part.len() > 1 {
            let (left, right) = part.split_at(part.len().next_power_of_two() / 2);
            if at < left.len() {
                proof.push(root(right));
                part = left;
            } else {
                proof.push(root(left));
                at -= left.len();
                part = right;
            }
        }
        proof.reverse();
        proof
    }

    /// What a Rekor v2 calls the log.
    pub(super) fn log_id(&self) -> Hash {
        let key = self.key.public_key();
        let named = |kind: u8, key: &[u8]| {
            let name = format!("{}\n", self.origin);
            Sha256::digest([name.as_bytes(), &[kind], key].concat()).into()
        };
        match self.signed {
            Signed::Ed25519 => named(1, key.bits()),
            Signed::Ecdsa => key.log_id(),
            Signed::TreeHead => named(5, &key.log_id()),
        }
    }

    /// A checkpoint of its tree, signed.
    pub fn note(&self) -> String {
        let checkpoint = Checkpoint {
            origin: self.origin.clone(),
            size: self.size(),
            root: self.root(),
        };
        let body = checkpoint.body();
        let signature = match self.signed {
            Signed::Ed25519 => {
                let key = Ed25519KeyPair::from_pkcs8(self.key.pkcs8_der()).expect("an Ed25519 key");
                key.sign(body.as_bytes()).as_ref().to_vec()
            }
            Signed::Ecdsa => self.ecdsa(body.as_bytes()),
            Signed::TreeHead => {
                let (time, size) = ([0; 8], checkpoint.size.to_be_bytes());
                let head = [&[0, 1], &time[..], &size, &checkpoint.root].concat();
                let signature = self.ecdsa(&head);
                let length = u16::try_from(signature.len()).expect("it is short");
                [&time[..], &[4, 3], &length.to_be_bytes(), &signature].concat()
            }
        };
        let signature = [&self.log_id()[..4], &signature].concat();
        let signature = Base64::encode_string(&signature);
        format!("{body}\n\u{2014} {} {signature}\n", self.origin)
    }

    /// Its newest checkpoint, as it is in its file.
    ///
    /// # Panics
    ///
    /// When somebody removed it.
    pub fn published(&self) -> String {
        let file = self.folder.path().join("checkpoint");
        fs::read_to_string(file).expect("there is a checkpoint")
    }

    fn ecdsa(&self, message: &[u8]) -> Vec<u8> {
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, self.key.pkcs8_der());
        let signature = key
            .expect("a P-256 key")
            .sign(&SystemRandom::new(), message);
        signature.expect("randomness").as_ref().to_vec()
    }
}

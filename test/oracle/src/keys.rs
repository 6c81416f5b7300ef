//! Keys: kinds, containers, ciphers, passwords and line forms.

mod containers;
pub(crate) mod forms;
mod public;

use std::{cell::RefCell, collections::BTreeMap, path::Path};

use anyhow::Result;

use crate::{
    input::{Input, Reader},
    openssl::{self, Keys},
    oracle::Oracles,
};

/// All private and public keys.
///
/// # Errors
///
/// OpenSSL's.
pub(crate) fn inputs(folder: &Path) -> Result<Vec<Input>> {
    let oracles = Oracles::in_folder(folder.parent().expect("the oracles' folder"));
    let mut corpus = Corpus {
        keys: Keys::in_folder(folder)?,
        oracles,
        certificates: RefCell::default(),
        inputs: vec![],
    };
    for server in SERVERS {
        corpus.add_kinds(server)?;
        corpus.add_ciphers(server)?;
        corpus.add_forms(server)?;
        corpus.add_passwords(server)?;
    }
    corpus.add_without_chain()?;
    corpus.add_imports()?;
    corpus.inputs.extend(public::inputs(&corpus.keys)?);
    Ok(corpus.inputs)
}

struct Corpus {
    keys: Keys,
    oracles: Oracles,
    /// By server and kind.
    certificates: RefCell<BTreeMap<(&'static str, &'static str), Vec<u8>>>,
    inputs: Vec<Input>,
}

/// A server that reads a private key.
#[derive(Clone, Copy)]
struct Server {
    name: &'static str,
    reader: Reader,
    /// Whether it opens encrypted keys alone, and these in the older form.
    only_older_form: bool,
}

const SERVERS: [Server; 6] = [
    Server {
        name: "fulcio",
        reader: Reader::Fulcio,
        only_older_form: false,
    },
    Server {
        name: "rekor",
        reader: Reader::Rekor,
        only_older_form: false,
    },
    Server {
        name: "tsa",
        reader: Reader::Tsa,
        only_older_form: false,
    },
    Server {
        name: "ctlog",
        reader: Reader::CtLog,
        only_older_form: true,
    },
    Server {
        name: "rekor-tiles",
        reader: Reader::RekorTiles,
        only_older_form: false,
    },
    Server {
        name: "tesseract",
        reader: Reader::TesseraCt,
        only_older_form: false,
    },
];

/// Kinds of keys, as `openssl genpkey` makes them.
pub(crate) const KINDS: [(&str, &str); 17] = [
    (P256, "-algorithm EC -pkeyopt ec_paramgen_curve:P-256"),
    ("ec-p384", "-algorithm EC -pkeyopt ec_paramgen_curve:P-384"),
    ("ec-p521", "-algorithm EC -pkeyopt ec_paramgen_curve:P-521"),
    (
        "ec-p224",
        "-algorithm EC -pkeyopt ec_paramgen_curve:secp224r1",
    ),
    (
        "ec-secp256k1",
        "-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1",
    ),
    (
        "ec-brainpool",
        "-algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP256r1",
    ),
    ("rsa-1024", "-algorithm RSA -pkeyopt rsa_keygen_bits:1024"),
    (RSA, "-algorithm RSA -pkeyopt rsa_keygen_bits:2048"),
    (
        "rsa-2048-exponent-3",
        "-algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3",
    ),
    ("rsa-2560", "-algorithm RSA -pkeyopt rsa_keygen_bits:2560"),
    ("rsa-3072", "-algorithm RSA -pkeyopt rsa_keygen_bits:3072"),
    ("rsa-4096", "-algorithm RSA -pkeyopt rsa_keygen_bits:4096"),
    ("rsa-8192", "-algorithm RSA -pkeyopt rsa_keygen_bits:8192"),
    (
        "rsa-pss-2048",
        "-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048",
    ),
    ("ed25519", "-algorithm ED25519"),
    ("ed448", "-algorithm ED448"),
    ("x25519", "-algorithm X25519"),
];
const P256: &str = "ec-p256";
const RSA: &str = "rsa-2048";
impl Corpus {
    fn private(&self, kind: &str) -> Result<Vec<u8>> {
        private(&self.keys, kind)
    }

    fn add(
        &mut self,
        server: Server,
        kind: &'static str,
        what: &str,
        key: Vec<u8>,
        password: Option<&[u8]>,
    ) -> Result<()> {
        let chain = self.certificates(server, kind)?;
        self.inputs.push(Input {
            id: format!("{}/{kind}/{what}", server.name),
            reader: server.reader,
            key,
            password: password.map(Into::into),
            chain,
        });
        Ok(())
    }

    /// The certificates that a server wants beside a key of that kind.
    fn certificates(&self, server: Server, kind: &'static str) -> Result<Vec<u8>> {
        let name = match server.reader {
            Reader::Tsa | Reader::TsaWithoutChain => "tsa",
            Reader::Fulcio | Reader::FulcioWithoutChain => "fulcio",
            _ => "root",
        };
        let kind = if name == "root" { P256 } else { kind };
        if let Some(chain) = self.certificates.borrow().get(&(name, kind)) {
            return Ok(chain.clone());
        }
        let key = self.private(kind)?;
        let chain = match name {
            "tsa" => self.timestamping(&key)?,
            // It can't sign.
            _ if kind == "x25519" => issuing(&self.private(P256)?)?,
            _ => issuing(&key)?,
        };
        self.certificates
            .borrow_mut()
            .insert((name, kind), chain.clone());
        Ok(chain)
    }

    /// A leaf for the key, an intermediate and a root.
    fn timestamping(&self, key: &[u8]) -> Result<Vec<u8>> {
        let folder = tempfile::tempdir()?;
        let path = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(path("key"), key)?;
        std::fs::write(path("root.key"), private_number(&self.keys, P256, 1)?)?;
        std::fs::write(path("int.key"), private_number(&self.keys, P256, 2)?)?;
        std::fs::write(
            path("ca.ext"),
            "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nextendedKeyUsage=timeStamping\n",
        )?;
        std::fs::write(
            path("leaf.ext"),
            "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n",
        )?;
        std::fs::write(path("key.pub"), openssl::run("pkey -pubout", key)?)?;
        std::fs::write(
            path("int.pub"),
            openssl::run("pkey -pubout", &private_number(&self.keys, P256, 2)?)?,
        )?;
        let root = openssl::run(
            &format!(
                "req -x509 -new -key {} -subj /CN=root -days 3650 -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign",
                path("root.key")
            ),
            b"",
        )?;
        std::fs::write(path("root.pem"), &root)?;
        let issue = |public: &str, name: &str, ca: &str, ext: &str| {
            openssl::run(
                &format!(
                    "x509 -new -force_pubkey {} -subj /CN={name} -days 3650 -CA {} -CAkey {} -extfile {} -set_serial 7",
                    path(public),
                    path(&format!("{ca}.pem")),
                    path(&format!("{ca}.key")),
                    path(ext)
                ),
                b"",
            )
        };
        let int = issue("int.pub", "intermediate", "root", "ca.ext")?;
        std::fs::write(path("int.pem"), &int)?;
        let leaf = issue("key.pub", "leaf", "int", "leaf.ext")?;
        Ok([leaf, int, root].concat())
    }

    /// Every kind, in the containers that it has.
    fn add_kinds(&mut self, server: Server) -> Result<()> {
        for (kind, _) in KINDS {
            let key = self.private(kind)?;
            for (container, file) in containers::plain(kind, &key)? {
                if !server.only_older_form {
                    self.add(server, kind, &container, file, None)?;
                } else if let Some(file) = containers::older_form(&file, "aes-256-cbc")? {
                    self.add(
                        server,
                        kind,
                        &format!("{container}/dek-aes-256-cbc"),
                        file,
                        Some(PASSWORD),
                    )?;
                }
            }
        }
        Ok(())
    }

    /// Every cipher and key derivation.
    fn add_ciphers(&mut self, server: Server) -> Result<()> {
        for kind in [P256, RSA] {
            let key = self.private(kind)?;
            for (cipher, file) in containers::encrypted(kind, &key, &mut self.oracles)? {
                self.add(server, kind, &cipher, file, Some(PASSWORD))?;
            }
        }
        Ok(())
    }

    /// Every way in which lines get spoilt.
    fn add_forms(&mut self, server: Server) -> Result<()> {
        let key = self.private(P256)?;
        let certificate = self.certificates(SERVERS[0], P256)?;
        let older =
            containers::older_form(&openssl::run("ec", &key)?, "aes-256-cbc")?.unwrap_or_default();
        let (base, file, password) = match server.only_older_form {
            false => ("pkcs8", key, None),
            true => ("dek", older.clone(), Some(PASSWORD)),
        };
        for (form, file) in forms::all(&file, &certificate) {
            self.add(server, P256, &format!("{base}/{form}"), file, password)?;
        }
        for (form, file) in forms::headers(&older) {
            self.add(server, P256, &format!("dek/{form}"), file, Some(PASSWORD))?;
        }
        Ok(())
    }

    fn add_passwords(&mut self, server: Server) -> Result<()> {
        let key = self.private(P256)?;
        let pbes2 = openssl::run("pkcs8 -topk8 -v2 aes-256-cbc -passout pass:hush-hush", &key)?;
        let older =
            containers::older_form(&openssl::run("ec", &key)?, "aes-256-cbc")?.unwrap_or_default();
        for (container, file) in [("plain", key), ("pbes2", pbes2), ("dek", older)] {
            for (name, password) in [
                ("no-password", None),
                ("empty-password", Some(&b""[..])),
                ("wrong-password", Some(b"wrong one")),
                ("password-with-line-end", Some(b"hush-hush\n")),
                ("password-that-isnt-text", Some(b"\xff\xfe")),
            ] {
                self.add(
                    server,
                    P256,
                    &format!("{container}/{name}"),
                    file.clone(),
                    password,
                )?;
            }
        }
        Ok(())
    }

    /// Keys that come without the certificates.
    fn add_without_chain(&mut self) -> Result<()> {
        for (kind, _) in KINDS {
            for (name, reader) in [
                ("fulcio-alone", Reader::FulcioWithoutChain),
                ("tsa-alone", Reader::TsaWithoutChain),
            ] {
                let server = Server {
                    name,
                    reader,
                    only_older_form: false,
                };
                self.add(server, kind, "pkcs8", self.private(kind)?, None)?;
            }
        }
        Ok(())
    }

    /// Keys that `createctconfig` writes anew.
    fn add_imports(&mut self) -> Result<()> {
        for (name, reader) in [
            ("ctlog-import", Reader::CtLogImport),
            ("tesseract-import", Reader::TesseraCtImport),
        ] {
            let server = Server {
                name,
                reader,
                only_older_form: false,
            };
            for (kind, _) in KINDS {
                self.add(server, kind, "pkcs8", self.private(kind)?, None)?;
            }
            self.add_ciphers(server)?;
        }
        Ok(())
    }
}

/// An authority's certificate, signed by itself.
fn issuing(key: &[u8]) -> Result<Vec<u8>> {
    let args = "req -x509 -new -key /dev/stdin -subj /CN=authority -days 3650 \
                -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign";
    openssl::run(args, key)
}

fn private(keys: &Keys, kind: &str) -> Result<Vec<u8>> {
    private_number(keys, kind, 0)
}

fn private_number(keys: &Keys, kind: &str, number: usize) -> Result<Vec<u8>> {
    let (_, args) = KINDS
        .iter()
        .find(|(name, _)| *name == kind)
        .expect("a kind in the list");
    keys.private(args, number)
}

const PASSWORD: &[u8] = b"hush-hush";

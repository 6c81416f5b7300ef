//! Certificates and chains: by length, algorithm, extension, order and defect.

mod certificate;
mod der;
mod edits;
mod keyed;
mod orders;
mod ways;

use std::{collections::BTreeMap, path::Path, rc::Rc};

use anyhow::Result;

use crate::{
    input::{Input, Reader},
    keys::forms,
    openssl,
};
use certificate::{Certificate, Key};

/// All chains, for Fulcio and for the timestamping authority.
///
/// # Errors
///
/// OpenSSL's.
pub(crate) fn inputs(folder: &Path) -> Result<Vec<Input>> {
    let scratch = tempfile::tempdir()?;
    let mut keys = Keys {
        made: openssl::Keys::in_folder(folder)?,
        scratch: scratch.path(),
        known: BTreeMap::new(),
    };
    let mut inputs = vec![];
    for server in [FULCIO, TSA] {
        defects(server, &mut keys, &mut inputs)?;
        ways::inputs(server, &mut keys, &mut inputs)?;
        orders::inputs(server, &mut keys, &mut inputs)?;
        let whole = Chain::new(server, 3, &mut keys)?;
        for (form, file) in forms::all(&whole.file()?, &whole.file()?) {
            inputs.push(whole.input(&format!("form/{form}"), file));
        }
    }
    orders::inputs(RUNNING_FULCIO, &mut keys, &mut inputs)?;
    Ok(inputs)
}

/// Keys by kind and number.
struct Keys<'a> {
    made: openssl::Keys,
    scratch: &'a Path,
    known: BTreeMap<(String, usize), Rc<Key>>,
}

impl Keys<'_> {
    fn key(&mut self, kind: &str, number: usize) -> Result<Rc<Key>> {
        if let Some(key) = self.known.get(&(kind.into(), number)) {
            return Ok(key.clone());
        }
        let key = Key::of(&self.made, self.scratch, kind, number)?;
        self.known.insert((kind.into(), number), key.clone());
        Ok(key)
    }
}

/// Who starts with a chain.
#[derive(Clone, Copy)]
struct Server {
    name: &'static str,
    reader: Reader,
}

impl Server {
    /// Whether it has started with its chain already.
    fn is_running(self) -> bool {
        self.reader == Reader::TrustBundle
    }
}

const FULCIO: Server = Server {
    name: "fulcio",
    reader: Reader::Fulcio,
};
/// The CT log's Job asks it for its chain.
const RUNNING_FULCIO: Server = Server {
    name: "running-fulcio",
    reader: Reader::TrustBundle,
};
const TSA: Server = Server {
    name: "tsa",
    reader: Reader::Tsa,
};

/// Certificates, each signed by the next one.
#[derive(Clone)]
struct Chain {
    server: Server,
    certificates: Vec<Certificate>,
}

impl Chain {
    /// A chain that its server starts with.
    fn new(server: Server, length: usize, keys: &mut Keys<'_>) -> Result<Self> {
        let purpose = match server.reader {
            Reader::Tsa => "1.3.6.1.5.5.7.3.8",
            _ => "1.3.6.1.5.5.7.3.3",
        };
        let mut certificates = vec![];
        for at in 0..length {
            let key = keys.key("p256", at)?;
            let issuer = keys.key("p256", at + 1)?;
            certificates.push(match at {
                _ if at + 1 == length => Certificate::authority("root", &key, &[]),
                0 if server.reader == Reader::Tsa => {
                    Certificate::timestamping("leaf", &key).below(&issuer)
                }
                _ => {
                    let name = format!("authority {at}");
                    Certificate::authority(&name, &key, &[purpose]).below(&issuer)
                }
            });
        }
        Ok(Self {
            server,
            certificates,
        })
    }

    /// Each certificate signed, in PEM.
    fn signed(&self) -> Result<Vec<String>> {
        let issuers = self
            .certificates
            .iter()
            .skip(1)
            .chain(self.certificates.last());
        let pairs = self.certificates.iter().zip(issuers);
        pairs
            .map(|(certificate, issuer)| pem(&certificate.signed_by(issuer)?))
            .collect()
    }

    fn file(&self) -> Result<Vec<u8>> {
        Ok(self.signed()?.concat().into())
    }

    /// A file for the chain's server, whose key is the first certificate's.
    fn input(&self, what: &str, file: Vec<u8>) -> Input {
        let id = format!("{}-chain/{what}", self.server.name);
        let mut input = Input::new(
            id,
            self.server.reader,
            self.certificates[0].key.private.clone(),
        );
        input.chain = file;
        input
    }
}

fn pem(der: &[u8]) -> Result<String> {
    Ok(::keys::to_pem("CERTIFICATE", der))
}

/// Every edit at every place, in chains of every length.
fn defects(server: Server, keys: &mut Keys<'_>, inputs: &mut Vec<Input>) -> Result<()> {
    let keyed = keyed::edits(keys)?;
    for length in 1..=3 {
        let whole = Chain::new(server, length, keys)?;
        inputs.push(whole.input(&format!("{length}/as-it-should-be"), whole.file()?));
        for (at, place) in places(length).iter().enumerate() {
            let mut add = |what: &str, edit: &dyn Fn(&mut Certificate)| -> Result<()> {
                let mut chain = whole.clone();
                edit(&mut chain.certificates[at]);
                let what = format!("{length}/{place}/{what}");
                inputs.push(chain.input(&what, chain.file()?));
                Ok(())
            };
            // Shorter chains are judged by the same rules, but for these.
            let all = length == 3;
            for (kind, edits) in edits::EDITS {
                let some = ["basic-constraints", "key-usage", "purpose", "policy"].contains(kind);
                for (what, edit) in edits.iter().filter(|_| all || some) {
                    add(&format!("{kind}/{what}"), edit)?;
                }
            }
            for (what, edit) in keyed.iter().filter(|_| all) {
                add(what, edit)?;
            }
        }
    }
    Ok(())
}

fn places(length: usize) -> &'static [&'static str] {
    match length {
        1 => &["only"],
        2 => &["first", "last"],
        _ => &["first", "middle", "last"],
    }
}

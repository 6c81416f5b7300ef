//! What somebody brings.

use anyhow::Result;

use crate::oracle::{Answer, Oracles, Question};

/// Files that somebody brings, and for whom.
pub(crate) struct Input {
    /// Its line in the table: words from general to special, with slashes between them.
    pub(crate) id: String,
    pub(crate) reader: Reader,
    /// The private key; for [`Reader::PublicKey`] the public one.
    pub(crate) key: Vec<u8>,
    /// Its password; without one, the Secret has no such entry.
    pub(crate) password: Option<Vec<u8>>,
    /// Its certificates: Fulcio's and the timestamping authority's, the first one the key's.
    pub(crate) chain: Vec<u8>,
}

/// Who reads it in the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reader {
    /// Fulcio, by way of `createcerts`.
    Fulcio,
    /// As before, but the Job has to make the certificates.
    FulcioWithoutChain,
    /// Rekor, by way of `createsecret`.
    Rekor,
    /// Rekor v2, by way of `createsecret --origin`.
    RekorTiles,
    /// timestamp-server, by way of `createcertchain`.
    Tsa,
    /// As before, but the Job has to make the certificates.
    TsaWithoutChain,
    /// ct_server, by way of `createctconfig`, which finds the key in the log's Secret.
    CtLog,
    /// As before, but the key is in a Secret of its owner's, and written anew from there.
    CtLogImport,
    /// TesseraCT, by way of `createctconfig --origin`, which finds the key in the log's Secret.
    TesseraCt,
    /// As before, but the key is in a Secret of its owner's, and written anew from there.
    TesseraCtImport,
    /// Clients, by way of `createtuf`: the public key of a Rekor.
    PublicKey,
    /// ct_server, by way of `createctconfig`, which asks a running Fulcio for its chain.
    TrustBundle,
}

impl Input {
    /// An input without password or certificates.
    pub(crate) fn new(id: impl Into<String>, reader: Reader, key: impl Into<Vec<u8>>) -> Self {
        Self {
            id: id.into(),
            reader,
            key: key.into(),
            password: None,
            chain: vec![],
        }
    }

    /// What its reader says of it; and if that takes certificates, what the CT log and the clients
    /// say of what it makes with them.
    pub(crate) fn ask(&self, oracles: &mut Oracles) -> Result<Answer> {
        let answer = oracles.ask(&self.question())?;
        let further = match self.reader {
            _ if !answer.accepted => &[][..],
            Reader::Fulcio | Reader::TrustBundle => &[("ctlog", "submitted"), ("client", "issued")],
            Reader::Tsa => &[("client", "timestamped")],
            _ => &[],
        };
        for (oracle, check) in further {
            let files = [("issued", answer.output()), ("chain", self.chain.clone())];
            let mut further = oracles.ask(&Question::new(oracle, check, &files, None))?;
            if !further.accepted {
                let refusal = &further.error;
                further.error = format!("(starts; the {oracle} refuses what it makes) {refusal}");
                return Ok(further);
            }
        }
        Ok(answer)
    }

    /// Those of its files that a question names, by the oracle's names.
    pub(crate) fn question(&self) -> Question {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let password = text(self.password.as_deref().unwrap_or_default());
        let key = ("key", self.key.clone());
        let (oracle, files) = match self.reader {
            Reader::Fulcio | Reader::FulcioWithoutChain | Reader::TrustBundle => {
                ("fulcio", vec![key, ("cert", self.chain.clone())])
            }
            Reader::Tsa | Reader::TsaWithoutChain => {
                ("tsa", vec![key, ("chain", self.chain.clone())])
            }
            // What is imported is written anew, so any of the forms that servers read may be.
            Reader::Rekor | Reader::CtLogImport | Reader::TesseraCtImport => ("rekor", vec![key]),
            Reader::RekorTiles => ("rekor-tiles", vec![key]),
            Reader::TesseraCt => {
                let roots = ("roots.pem", self.chain.clone());
                ("tesseract", vec![("privkey.pem", self.key.clone()), roots])
            }
            Reader::CtLog => {
                let config = ct_server_config(&password);
                let root = ("fulcio-0", self.chain.clone());
                (
                    "ctlog",
                    vec![("private", self.key.clone()), ("config", config), root],
                )
            }
            Reader::PublicKey => return Question::client("public-key", &[key]),
        };
        Question::new(oracle, oracle, &files, self.password.as_deref())
    }
}

/// A configuration of ct_server in protobuf's text form, with the private key where it is mounted.
fn ct_server_config(password: &str) -> Vec<u8> {
    format!(
        r#"backends: {{ backend: {{ name: "trillian" backend_spec: "trillian:80" }} }}
            log_configs: {{ config: {{
                log_id: 1 prefix: "log" log_backend_name: "trillian" roots_pem_file: "/ctfe-keys/fulcio-0"
                private_key: {{ [type.googleapis.com/keyspb.PEMKeyFile] {{
                    path: "/ctfe-keys/private" password: {} }} }} }} }}"#,
        serde_json::Value::from(password)
    )
    .into()
}

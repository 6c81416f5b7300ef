//! The file that ct_server reads at `--log_config`: a `LogMultiConfig` in text format
//! (`trillian/ctfe/configpb/config.proto` in certificate-transparency-go).

use std::fmt;

use crate::{
    Error, Result,
    text::{Message, Value},
};

/// One log behind one Trillian server, as ct_server is told about it. It can't be printed, since it
/// has the private key's password.
#[derive(Clone, PartialEq, Eq)]
pub struct Log {
    /// The tree in Trillian.
    pub tree_id: i64,
    /// Under which path the log is served: `/<prefix>/ct/v1/…`.
    pub prefix: String,
    /// Trillian's log server, `host:port`.
    pub trillian: String,
    /// The file of the log's private key. It has to be encrypted, with [`Log::password`].
    pub private_key_path: String,
    /// The private key's password.
    pub password: String,
    /// The public key (SubjectPublicKeyInfo in DER). At its start ct_server checks that it is the
    /// private key's.
    pub public_key: Vec<u8>,
    /// The files of the root certificates that certificates may chain to.
    pub roots_paths: Vec<String>,
}

/// A configuration with one log. Fields that [`Log`] doesn't have are kept when it is changed.
#[derive(Clone)]
pub struct Config(Message);

impl Config {
    /// The configuration of a log that takes certificates for code signing, as Fulcio issues them.
    pub fn new(log: &Log) -> Self {
        let mut config = Self(Message::default());
        config.set(log);
        let usages = [Value::text("CodeSigning")];
        config.part_mut(LOG).set("ext_key_usages", usages);
        config
    }

    /// Reads a configuration.
    ///
    /// # Errors
    ///
    /// [`Error::Syntax`], [`Error::NotOneLog`] when it has several logs or backends, or none, and
    /// [`Error::OtherKey`] when the log's private key isn't in a PEM file.
    pub fn parse(file: &[u8]) -> Result<Self> {
        let text = std::str::from_utf8(file).map_err(|_| Error::Syntax(1))?;
        let mut config = Self(Message::parse(text).map_err(Error::Syntax)?);
        for (set, each) in [LOG, BACKEND] {
            let sets: Vec<_> = config.0.messages(set).collect();
            if sets.len() != 1 || sets[0].messages(each).count() != 1 {
                return Err(Error::NotOneLog);
            }
        }
        let key = config.part_mut(LOG).message_mut("private_key");
        let file = key_file(key).ok_or(Error::OtherKey)?;
        *key = Message::default();
        key.set(KEY_FILE, [Value::Message(file)]);
        Ok(config)
    }

    /// The log as the configuration has it. Fields that it doesn't have are empty, or zero.
    ///
    /// # Errors
    ///
    /// [`Error::Value`].
    pub fn log(&self) -> Result<Log> {
        let (log, backend) = (self.part(LOG), self.part(BACKEND));
        let key = log
            .message("private_key")
            .and_then(|key| key.message(KEY_FILE));
        let public_key = log.message("public_key").and_then(|key| key.get("der"));
        Ok(Log {
            tree_id: match log.get("log_id") {
                None => 0,
                Some(Value::Word(id)) => id.parse().map_err(|_| Error::Value("log_id"))?,
                Some(_) => return Err(Error::Value("log_id")),
            },
            prefix: string(log, "prefix")?,
            trillian: string(backend, "backend_spec")?,
            private_key_path: key.map_or(Ok(String::new()), |key| string(key, "path"))?,
            password: key.map_or(Ok(String::new()), |key| string(key, "password"))?,
            public_key: match public_key {
                None => Vec::new(),
                Some(Value::Text(der)) => der.clone(),
                Some(_) => return Err(Error::Value("der")),
            },
            roots_paths: strings(log, "roots_pem_file")?,
        })
    }

    /// Makes the configuration say what is `asked` of the log.
    pub fn set(&mut self, asked: &Log) {
        let backend = self.part_mut(BACKEND);
        let name = backend.get("name").cloned();
        let name = name.unwrap_or_else(|| Value::text("trillian"));
        backend.set("name", [name.clone()]);
        backend.set("backend_spec", [Value::text(&*asked.trillian)]);

        let log = self.part_mut(LOG);
        log.set("log_id", [Value::Word(asked.tree_id.to_string())]);
        log.set("prefix", [Value::text(&*asked.prefix)]);
        let paths = asked.roots_paths.iter().map(|path| Value::text(&**path));
        log.set("roots_pem_file", paths);
        let key = log.message_mut("private_key").message_mut(KEY_FILE);
        key.set("path", [Value::text(&*asked.private_key_path)]);
        key.set("password", [Value::text(&*asked.password)]);
        let public_key = log.message_mut("public_key");
        public_key.set("der", [Value::text(&*asked.public_key)]);
        log.set("log_backend_name", [name]);
    }

    /// The configuration without the private key's password, for people to read.
    #[must_use]
    pub fn without_password(&self) -> Self {
        let mut config = self.clone();
        let key = config.part_mut(LOG).message_mut("private_key");
        key.message_mut(KEY_FILE).set("password", []);
        config
    }

    fn part(&self, (set, each): (&str, &str)) -> &Message {
        let part = self.0.message(set).and_then(|set| set.message(each));
        part.expect("a configuration has one of each")
    }

    fn part_mut(&mut self, (set, each): (&str, &str)) -> &mut Message {
        self.0.message_mut(set).message_mut(each)
    }
}

/// The file for `--log_config`. The password is in it.
impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The `PEMKeyFile` in an `Any`, which text format writes out (`[type] { … }`) or leaves encoded
/// (`type_url`, `value`).
fn key_file(any: &Message) -> Option<Message> {
    let written_out = any
        .names()
        .find(|name| name.ends_with("/keyspb.PEMKeyFile]"));
    if let Some(name) = written_out {
        return any.message(name).cloned();
    }
    match (any.get("type_url")?, any.get("value")?) {
        (Value::Text(url), Value::Text(wire)) if url.ends_with(b"/keyspb.PEMKeyFile") => {
            decoded_key_file(wire)
        }
        _ => None,
    }
}

/// `PEMKeyFile` on the wire: fields 1 and 2 are strings.
fn decoded_key_file(mut wire: &[u8]) -> Option<Message> {
    let mut file = Message::default();
    while let [tag, length, rest @ ..] = wire {
        let name = match tag {
            0x0a => "path",
            0x12 => "password",
            _ => return None,
        };
        // From 128 on a length takes a second byte. Nobody has a path that long, so it isn't read.
        let length = Some(usize::from(*length)).filter(|length| *length < 128)?;
        let (value, rest) = rest.split_at_checked(length)?;
        file.set(name, [Value::text(value)]);
        wire = rest;
    }
    wire.is_empty().then_some(file)
}

fn string(message: &Message, name: &'static str) -> Result<String> {
    Ok(strings(message, name)?.pop().unwrap_or_default())
}

fn strings(message: &Message, name: &'static str) -> Result<Vec<String>> {
    let string = |value: &Value| match value {
        Value::Text(text) => String::from_utf8(text.clone()).map_err(|_| Error::Value(name)),
        _ => Err(Error::Value(name)),
    };
    message.all(name).map(string).collect()
}

const LOG: (&str, &str) = ("log_configs", "config");
const BACKEND: (&str, &str) = ("backends", "backend");
const KEY_FILE: &str = "[type.googleapis.com/keyspb.PEMKeyFile]";

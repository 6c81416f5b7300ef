//! The CT log's configuration: the one that is published, with what is missing in it.

use contract::{CONFIG, CTLOG_CONFIG, PASSWORD, PRIVATE, TREE_ID};
use ctfe::{Config, Log};
use gate::{ConfigMap, Gate};
use keypair::Pair;
use refusal::{Object, Refusal};

use crate::flags::Args;

/// A configuration that is published.
pub(crate) struct PublishedConfig {
    /// The entry that holds it.
    entry: Object,
    /// How a person removes that entry without losing the key's password.
    removal: String,
    file: Vec<u8>,
    config: Config,
    log: Log,
}

impl PublishedConfig {
    /// The configuration in the private Secret, else the one in the ConfigMap that an older release
    /// of the original wrote.
    ///
    /// The latter counts only for a key without a password in the Secret, since the original kept
    /// the password in the configuration alone. (What is in the ConfigMap otherwise is for people
    /// to read.)
    pub(crate) fn read(pair: &Pair, config_map: &Gate<ConfigMap>) -> Result<Option<Self>, Refusal> {
        let has = |entry| pair.private.bytes(entry).is_some();
        let (entry, file, secret) = if let Some(file) = pair.private.bytes(CONFIG) {
            (pair.private.entry(CONFIG), file, "that Secret".into())
        } else if let Some(file) = config_map.bytes(CONFIG)
            && has(PRIVATE)
            && !has(PASSWORD)
        {
            (config_map.entry(CONFIG), file, pair.private.to_string())
        } else {
            return Ok(None);
        };
        let removal = match has(PASSWORD) {
            true => "remove it".into(),
            false => {
                format!("put its password into {PASSWORD:?} of {secret} first, then remove it")
            }
        };
        Self::parse(entry, removal, file).map(Some)
    }

    fn parse(entry: Object, removal: String, file: &[u8]) -> Result<Self, Refusal> {
        match Config::parse(file).and_then(|config| Ok((config.log()?, config))) {
            Ok((log, config)) => Ok(Self {
                entry,
                removal,
                file: file.into(),
                config,
                log,
            }),
            Err(cause) => Err(Refusal::new(
                entry,
                format!("can't be used ({cause})"),
                format!("correct it, or {removal} to have it written anew"),
            )),
        }
    }

    /// The private key's password, if the configuration tells it.
    pub(crate) fn password(&self) -> Option<&str> {
        Some(self.log.password.as_str()).filter(|password| !password.is_empty())
    }

    /// The public key, if the configuration tells it.
    pub(crate) fn public_key(&self) -> Option<&[u8]> {
        Some(self.log.public_key.as_slice()).filter(|key| !key.is_empty())
    }

    /// Refuses a configuration for another key than the log's.
    pub(crate) fn check_key(&self, public_key: &[u8]) -> Result<(), Refusal> {
        match self.public_key() {
            Some(other) if other != public_key => Err(Refusal::new(
                &self.entry,
                "is for another key than the CT log's",
                format!(
                    "restore the key from a backup, or {} to have it written for this one",
                    self.removal
                ),
            )),
            _ => Ok(()),
        }
    }

    /// The configuration's file with what is asked in it; a refusal of what a person has to decide.
    fn changed(mut self, args: &Args, asked: &Log) -> Result<Vec<u8>, Refusal> {
        if self.log == *asked {
            return Ok(self.file);
        }
        if self.log.tree_id != asked.tree_id {
            let tree_id =
                Object::new(CTLOG_CONFIG.kind, &*args.namespace, &*args.configmap).entry(TREE_ID);
            let (old, new) = (self.log.tree_id, asked.tree_id);
            return Err(Refusal::new(
                self.entry,
                format!("is for tree {old}, and {tree_id} is {new}"),
                "correct the latter, or remove the former to have this log go on with an empty tree",
            ));
        }
        let changes = changes(args, &self.log, asked);
        if !changes.is_empty() && !args.accept_changes {
            return Err(Refusal::new(
                self.entry,
                format!("isn't what the flags ask for ({})", changes.join(", ")),
                "correct the flags, or add --accept-changes",
            ));
        }
        self.config.set(asked);
        Ok(self.config.to_string().into())
    }
}

/// A configuration that is to be published.
pub(crate) struct New {
    /// The file for ct_server.
    pub(crate) file: Vec<u8>,
    /// What is asked, for people to read in the ConfigMap, without the password. Other fields of a
    /// published configuration aren't in it: they may be secret, too.
    pub(crate) readable: String,
}

/// The published configuration if it says what is asked, else a new or a changed one.
pub(crate) fn config(
    args: &Args,
    published: Option<PublishedConfig>,
    asked: &Log,
) -> Result<New, Refusal> {
    let new = Config::new(asked);
    let file = match published {
        None => new.to_string().into(),
        Some(published) => published.changed(args, asked)?,
    };
    let readable = new.without_password().to_string();
    Ok(New { file, readable })
}

/// The flags that contradict what is published, as phrases. More roots than before are no
/// contradiction: the paths are compared as if their number were the old one.
fn changes(args: &Args, published: &Log, asked: &Log) -> Vec<String> {
    let roots_paths = args.roots_paths(published.roots_paths.len());
    [
        ("log-prefix", &published.prefix, &asked.prefix),
        ("trillian-server", &published.trillian, &asked.trillian),
        (
            "private-key-path",
            &published.private_key_path,
            &asked.private_key_path,
        ),
        (
            "roots-path",
            &published.roots_paths.join(" "),
            &roots_paths.join(" "),
        ),
    ]
    .into_iter()
    .filter(|(_, published, asked)| published != asked)
    .map(|(flag, published, asked)| format!("--{flag} was {published:?} and is {asked:?}"))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The configuration that the original's Job published.
    fn published() -> PublishedConfig {
        let file = include_bytes!("../../../test/data/original/ctlog-secret/config");
        PublishedConfig::parse(entry(), "remove it".into(), file).unwrap()
    }

    fn entry() -> Object {
        Object::new("Secret", "a", "b").entry(CONFIG)
    }

    fn refusal<T>(result: Result<T, Refusal>) -> String {
        result.err().expect("refused").to_string()
    }

    #[test]
    fn a_published_configuration_that_says_what_is_asked_stays_to_the_byte() {
        let new = config(&Args::with_flags(&[]), Some(published()), &published().log).unwrap();
        assert_eq!(new.file, published().file);
        assert!(!new.readable.contains("password"), "{}", new.readable);
    }

    #[test]
    fn none_published_makes_a_new_one() {
        let new = config(&Args::with_flags(&[]), None, &published().log).unwrap();
        assert!(Config::parse(&new.file).unwrap().log().unwrap() == published().log);
    }

    #[test]
    fn another_tree_is_refused_whatever_is_accepted() {
        let asked = Log {
            tree_id: 42,
            ..published().log
        };
        let args = Args::with_flags(&["--accept-changes"]);
        let refusal = refusal(config(&args, Some(published()), &asked).map(drop));
        for said in [
            r#""config" of Secret a/b is for tree 4205681293847561234"#,
            r#""treeID" of ConfigMap ctlog-system/ctlog-config is 42"#,
        ] {
            assert!(refusal.contains(said), "{refusal}");
        }
    }

    #[test]
    fn changed_flags_are_refused_by_name_and_can_be_accepted() {
        let flags = ["--roots-path=/ctfe-keys/roots.pem", "--log-prefix=new"];
        let asked = Log {
            prefix: "new".into(),
            roots_paths: vec!["/ctfe-keys/roots.pem".into()],
            ..published().log
        };
        let refusal =
            refusal(config(&Args::with_flags(&flags), Some(published()), &asked).map(drop));
        for said in [
            r#"--log-prefix was "sigstorescaffolding" and is "new""#,
            r#"--roots-path was "/ctfe-keys/fulcio-0" and is "/ctfe-keys/roots.pem""#,
        ] {
            assert!(refusal.contains(said), "{refusal}");
        }
        let accepted = Args::with_flags(&[flags[0], flags[1], "--accept-changes"]);
        let new = config(&accepted, Some(published()), &asked).unwrap();
        assert!(Config::parse(&new.file).unwrap().log().unwrap() == asked);
    }

    #[test]
    fn a_root_that_was_added_to_the_secret_is_added_to_the_configuration() {
        let asked = Log {
            roots_paths: Args::with_flags(&[]).roots_paths(2),
            ..published().log
        };
        let new = config(&Args::with_flags(&[]), Some(published()), &asked).unwrap();
        assert!(
            new.readable.contains("/ctfe-keys/fulcio-1"),
            "{}",
            new.readable
        );
    }

    #[test]
    fn what_cannot_be_read_is_refused_and_not_printed() {
        let broken = b"password: \"hush";
        let refusal = refusal(PublishedConfig::parse(entry(), "remove it".into(), broken));
        assert!(
            refusal.starts_with(r#""config" of Secret a/b can't be used (line 1 isn't"#),
            "{refusal}"
        );
        assert!(!refusal.contains("hush"), "{refusal}");
    }

    #[test]
    fn a_configuration_for_another_key_is_refused() {
        assert!(published().check_key(&published().log.public_key).is_ok());
        assert!(published().check_key(b"another").is_err());
    }
}

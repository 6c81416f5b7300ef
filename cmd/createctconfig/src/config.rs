//! The CT log's configuration: the one that is published, with what is missing in it.

use std::time::SystemTime;

use anyhow::{Context as _, Result, bail};
use certs::Certificate;
use ctfe::{Config, Log, Roots};
use gate::{Entries, Gate, Object, Pair};
use job::Refused;

use crate::{
    flags::Args,
    key::{CONFIG, PASSWORD, PRIVATE},
};

/// A configuration that is published.
pub(crate) struct Published {
    /// The object that holds it.
    place: String,
    /// How it can be removed and nothing is lost.
    removal: String,
    file: Vec<u8>,
    config: Config,
    log: Log,
}

impl Published {
    /// The configuration in the Secret, else, for a key that a Go job made, the one in the
    /// ConfigMap: older ones wrote it there. Beside a password of its own a key isn't theirs.
    pub(crate) fn read<K: Object>(
        pair: &Pair,
        config_map: &Gate<K>,
    ) -> Result<Option<Self>, Refused> {
        let secret = pair.private.bytes(CONFIG);
        let secret = secret.map(|file| (pair.private.to_string(), file));
        let has = |entry| pair.private.bytes(entry).is_some();
        let other = || {
            let file = config_map.bytes(CONFIG)?;
            (has(PRIVATE) && !has(PASSWORD)).then(|| (config_map.to_string(), file))
        };
        let Some((place, file)) = secret.or_else(other) else {
            return Ok(None);
        };
        let removal = match has(PASSWORD) {
            true => "remove it".into(),
            false => format!(
                "move its password to the entry {PASSWORD} of {} first, then remove it",
                pair.private
            ),
        };
        Self::parse(place, removal, file).map(Some)
    }

    fn parse(place: String, removal: String, file: &[u8]) -> Result<Self, Refused> {
        match Config::parse(file).and_then(|config| Ok((config.log()?, config))) {
            Ok((log, config)) => Ok(Self {
                place,
                removal,
                file: file.into(),
                config,
                log,
            }),
            Err(cause) => Err(Refused::new(format!(
                "{place}: {CONFIG}: {cause}: correct it, or {removal} to have it written anew"
            ))),
        }
    }

    /// It as an entry of the Secret.
    pub(crate) fn to_entries(&self) -> Entries {
        Entries::new().with(CONFIG, &*self.file)
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
    pub(crate) fn check_key(&self, public_key: &[u8]) -> Result<(), Refused> {
        match self.public_key() {
            Some(other) if other != public_key => Err(Refused::new(format!(
                "{}: {CONFIG} is for another key than the CT log's: restore the key from a backup, or {} to \
                 have it written for this one",
                self.place, self.removal
            ))),
            _ => Ok(()),
        }
    }
}

/// What is to be published.
pub(crate) struct Settled {
    /// The file for ct_server.
    pub(crate) file: Vec<u8>,
    /// What our flags and the others say in it, to read, without the password. Nothing else leaves
    /// the Secret: it may be secret too.
    pub(crate) copy: String,
}

/// The published configuration if it says what is asked, else a new or a changed one.
pub(crate) fn settle(
    args: &Args,
    published: Option<Published>,
    asked: &Log,
) -> Result<Settled, Refused> {
    let new = Config::new(asked);
    let file = match published {
        None => new.to_string().into(),
        Some(published) if published.log == *asked => published.file,
        Some(Published {
            mut config, log, ..
        }) => {
            let place = format!("Secret {}/{}", args.namespace, args.secret);
            if log.tree_id != asked.tree_id {
                return Err(Refused::new(format!(
                    "{place}: {CONFIG} is for tree {}, and ConfigMap {}/{} has {TREE_ID} {}: correct the latter, \
                     or remove {CONFIG} to have this log go on with an empty tree",
                    log.tree_id, args.namespace, args.configmap, asked.tree_id
                )));
            }
            let changes = changes(args, &log, asked);
            if !changes.is_empty() && !args.accept_changes {
                return Err(Refused::new(format!(
                    "{place}: {CONFIG} says otherwise than the flags: {}: correct the flags, or add \
                     --accept-changes",
                    changes.join(", ")
                )));
            }
            config.set(asked);
            config.to_string().into()
        }
    };
    let copy = new.without_password().to_string();
    Ok(Settled { file, copy })
}

/// The flags that contradict what is published. That there are more roots than before is no
/// contradiction.
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

/// The roots in the private Secret, and Fulcio's.
///
/// A root that is new beside old ones needs `--accept-changes`: whoever can answer in Fulcio's
/// place must not get certificates of their own into the log by waiting for the next run.
pub(crate) fn roots(args: &Args, pair: &Pair, fulcio: &[Certificate]) -> Result<Roots> {
    let secret = &pair.private;
    let published = Roots::in_entries(secret.entries().iter());
    let published = published
        .map_err(Refused::because)
        .with_context(|| secret.to_string())?;
    Ok(trusted(
        args,
        &secret.to_string(),
        published,
        fulcio,
        SystemTime::now(),
    )?)
}

fn trusted(
    args: &Args,
    place: &str,
    published: Roots,
    fulcio: &[Certificate],
    now: SystemTime,
) -> Result<Roots, Refused> {
    let mut roots = published.clone();
    for root in published.missing(fulcio) {
        if !published.is_empty() && !args.accept_changes {
            return Err(Refused::new(format!(
                "{place} has other roots than Fulcio, whose root is {} (not before {}): check it, and add \
                 --accept-changes to trust it beside the old ones",
                root.subject(),
                humantime::format_rfc3339_seconds(root.not_before()),
            )));
        }
        roots.add(root, now).map_err(Refused::because)?;
    }
    Ok(roots)
}

/// The tree that `createtree` published.
pub(crate) fn tree_id<K: Object>(config_map: &Gate<K>) -> Result<i64> {
    let text = config_map.bytes(TREE_ID).map(String::from_utf8_lossy);
    let text = text.as_deref().map(str::trim).unwrap_or_default();
    if text.is_empty() {
        bail!("{config_map} has no {TREE_ID} yet (createtree writes it)");
    }
    let id = text.parse().ok().filter(|id| *id > 0);
    Ok(id.ok_or_else(|| {
        Refused::new(format!(
            "{config_map}: {TREE_ID} is {text:?}, not a tree's ID"
        ))
    })?)
}

const TREE_ID: &str = "treeID";

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use certs::{Subject, Validity};
    use keys::{Kind, PrivateKey};

    use super::*;

    fn args(flags: &[&str]) -> Args {
        let flags = ["createctconfig", "--namespace=ctlog-system"]
            .into_iter()
            .chain(flags.iter().copied());
        job::parse_from(flags.map(Into::into)).unwrap()
    }

    /// The configuration that the Go job published.
    fn published() -> Published {
        let file = include_bytes!("../../../test/data/original/ctlog-secret/config");
        Published::parse("Secret a/b".into(), "remove it".into(), file).unwrap()
    }

    fn refusal<T>(result: Result<T, Refused>) -> String {
        result.err().expect("refused").to_string()
    }

    fn root(common_name: &str) -> Certificate {
        let subject = Subject {
            common_name: common_name.into(),
            ..Subject::default()
        };
        let validity = Validity {
            not_before: NOW,
            not_after: NOW + Duration::from_secs(60),
        };
        certs::root(&PrivateKey::generate(Kind::EcdsaP256), &subject, validity).unwrap()
    }

    const NOW: SystemTime = SystemTime::UNIX_EPOCH;

    #[test]
    fn a_published_configuration_that_says_what_is_asked_stays_to_the_byte() {
        let settled = settle(&args(&[]), Some(published()), &published().log).unwrap();
        assert_eq!(settled.file, published().file);
        assert!(!settled.copy.contains("password"), "{}", settled.copy);
    }

    #[test]
    fn none_published_makes_a_new_one() {
        let settled = settle(&args(&[]), None, &published().log).unwrap();
        assert!(Config::parse(&settled.file).unwrap().log().unwrap() == published().log);
    }

    #[test]
    fn another_tree_is_refused_whatever_is_accepted() {
        let asked = Log {
            tree_id: 42,
            ..published().log
        };
        let refusal =
            refusal(settle(&args(&["--accept-changes"]), Some(published()), &asked).map(drop));
        assert!(
            refusal.contains("is for tree 4205681293847561234"),
            "{refusal}"
        );
        assert!(
            refusal.contains("ctlog-system/ctlog-config has treeID 42"),
            "{refusal}"
        );
    }

    #[test]
    fn changed_flags_are_refused_by_name_and_can_be_accepted() {
        let flags = ["--roots-path=/ctfe-keys/roots.pem", "--log-prefix=new"];
        let asked = Log {
            prefix: "new".into(),
            roots_paths: vec!["/ctfe-keys/roots.pem".into()],
            ..published().log
        };
        let refusal = refusal(settle(&args(&flags), Some(published()), &asked).map(drop));
        for said in [
            r#"--log-prefix was "sigstorescaffolding" and is "new""#,
            r#"--roots-path was "/ctfe-keys/fulcio-0" and is "/ctfe-keys/roots.pem""#,
        ] {
            assert!(refusal.contains(said), "{refusal}");
        }
        let accepted = args(&[flags[0], flags[1], "--accept-changes"]);
        let settled = settle(&accepted, Some(published()), &asked).unwrap();
        assert!(Config::parse(&settled.file).unwrap().log().unwrap() == asked);
    }

    #[test]
    fn a_root_that_was_added_to_the_secret_is_added_to_the_configuration() {
        let asked = Log {
            roots_paths: args(&[]).roots_paths(2),
            ..published().log
        };
        let settled = settle(&args(&[]), Some(published()), &asked).unwrap();
        assert!(
            settled.copy.contains("/ctfe-keys/fulcio-1"),
            "{}",
            settled.copy
        );
    }

    #[test]
    fn what_cannot_be_read_is_refused_and_not_printed() {
        let broken = b"password: \"hush";
        let refusal = refusal(Published::parse(
            "Secret a/b".into(),
            "remove it".into(),
            broken,
        ));
        assert!(
            refusal.starts_with("Secret a/b: config: line 1 isn't"),
            "{refusal}"
        );
        assert!(!refusal.contains("hush"), "{refusal}");
    }

    #[test]
    fn a_configuration_for_another_key_is_refused() {
        assert!(published().check_key(&published().log.public_key).is_ok());
        assert!(published().check_key(b"another").is_err());
    }

    #[test]
    fn the_first_roots_are_trusted_and_later_ones_only_when_accepted() {
        let (old, new) = (root("old"), root("new"));
        let trusted =
            |flags: &[&str], roots, fulcio| trusted(&args(flags), "Secret a/b", roots, fulcio, NOW);
        let first = trusted(&[], Roots::default(), std::slice::from_ref(&old)).unwrap();
        assert_eq!(
            trusted(&[], first.clone(), std::slice::from_ref(&old)).unwrap(),
            first
        );

        let refusal = refusal(trusted(&[], first.clone(), std::slice::from_ref(&new)));
        assert!(
            refusal.contains("CN=new (not before 1970-01-01T00:00:00Z)"),
            "{refusal}"
        );

        let both = trusted(&["--accept-changes"], first, std::slice::from_ref(&new)).unwrap();
        let files: Vec<_> = both.to_entries().map(|(_, file)| file).collect();
        assert_eq!(files[0], old.to_pem() + &new.to_pem());
    }
}

//! What is known of a log, and what contradicts it.

use anyhow::{Context as _, Result};
use checkpoint::{Checkpoint, Error, Files, Flaw, Log};
use contract::{CHECKPOINT, ORIGIN, PUBLIC};
use gate::{ConfigMap, Secret, Source};
use keys::PublicKey;
use refusal::{NotYet, Object, Refusal};

use crate::flags::Args;

/// Whose log it is, and how far it was when that was recorded last.
pub(crate) struct Known {
    pub(crate) log: Log,
    pub(crate) recorded: Checkpoint,
    /// What a message is about: the newest checkpoint, where it was read.
    subject: Object,
    config_map: Object,
    way_out: String,
}

impl Known {
    /// As the objects say.
    pub(crate) fn published(
        args: &Args,
        config_map: &Source<ConfigMap>,
        secret: &Source<Secret>,
    ) -> Result<Self> {
        let entry = |entry| {
            let missing = NotYet::new(secret.entry(entry), MAKERS);
            secret.bytes(entry).ok_or(missing)
        };
        let missing = NotYet::new(config_map.entry(CHECKPOINT), MAKERS);
        let recorded = config_map.bytes(CHECKPOINT).ok_or(missing)?;
        let subject = format!("the checkpoint at {}", args.tiles_url);
        let known = Self::new(args, subject, entry(PUBLIC)?, entry(ORIGIN)?, recorded)?;
        Ok(Self {
            way_out: format!("correct --tiles-url, {}", known.way_out),
            ..known
        })
    }

    /// As these entries of the objects say; `subject` is where the newest checkpoint will be read.
    pub(crate) fn new(
        args: &Args,
        subject: impl Into<Object>,
        public: &[u8],
        origin: &[u8],
        recorded: &[u8],
    ) -> Result<Self> {
        let secret = Object::new("Secret", &args.namespace, &args.secret);
        let config_map = Object::new("ConfigMap", &args.namespace, &args.configmap);
        let wrong = |entry: &str, what: String| {
            let way_out = "restore it from a backup: clients know the log by it";
            Refusal::new(secret.entry(entry), what, way_out)
        };
        let key = PublicKey::from_pem(public);
        let key = key.map_err(|error| wrong(PUBLIC, format!("can't be read ({error})")))?;
        let origin = String::from_utf8_lossy(origin);
        let log = Log::new(origin.trim_end(), key).map_err(|error| match error {
            Error::Origin(_) => wrong(ORIGIN, error.to_string()),
            _ => wrong(PUBLIC, error.to_string()),
        })?;
        let recorded = read_recorded(&log, recorded).map_err(|error| {
            let way_out =
                "restore it from a backup, or write there what the log's server signed last";
            Refusal::new(config_map.entry(CHECKPOINT), error.to_string(), way_out)
        })?;
        Ok(Self {
            log,
            recorded,
            subject: subject.into(),
            config_map,
            way_out: format!(
                "restore the volume's newest backup, or start a new log: delete the volume, {} and \
                 both Secrets of the key",
                args.configmap
            ),
        })
    }

    /// The log's newest checkpoint, which is no smaller than the recorded one.
    pub(crate) fn open(&self, note: &[u8]) -> Result<Checkpoint, Refusal> {
        let newest = self.log.open(note);
        let newest = newest.map_err(|error| self.refuse(error.to_string()))?;
        let (size, recorded) = (newest.size, self.recorded.size);
        match size < recorded {
            true => Err(self.refuse(format!(
                "is of {size} entries, and {} has recorded {recorded}",
                self.config_map
            ))),
            false => Ok(newest),
        }
    }

    /// Checks that `files` have the tree of a newer checkpoint, and that it begins with the
    /// recorded one.
    pub(crate) async fn confirm<F: Files>(&self, files: &F, newer: &Checkpoint) -> Result<()>
    where
        F::Error: std::error::Error + Send + Sync + 'static,
    {
        self.judge(checkpoint::check(files, &self.recorded, newer).await)
    }

    /// Makes a refusal of what waiting doesn't cure.
    pub(crate) fn judge<E>(&self, checked: Result<(), Flaw<E>>) -> Result<()>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        match checked {
            Ok(()) => Ok(()),
            Err(flaw @ Flaw::Read(..)) => Err(flaw).context("comparing the log's trees"),
            Err(Flaw::Fork) => Err(self.forked().into()),
            Err(flaw) => Err(self.refuse(format!("isn't borne out: {flaw}")).into()),
        }
    }

    fn forked(&self) -> Refusal {
        let (config_map, recorded) = (&self.config_map, self.recorded.size);
        self.refuse(format!(
            "has another history than the {recorded} entries that {config_map} tells of"
        ))
    }

    pub(crate) fn refuse(&self, difference: impl Into<String>) -> Refusal {
        Refusal::new(&self.subject, difference, &self.way_out)
    }
}

/// A signed checkpoint, or the body of the first one, which nobody signed.
fn read_recorded(log: &Log, recorded: &[u8]) -> Result<Checkpoint, Error> {
    let empty = Checkpoint::empty(log.origin());
    match recorded == empty.body().as_bytes() {
        true => Ok(empty),
        false => log.open(recorded),
    }
}

/// Who makes the objects of a log.
const MAKERS: &str = "createsecret or createctconfig";

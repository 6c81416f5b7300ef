//! A log that keeps its tree as tiles: its pair, its origin, and how far it is known to be.

use address::Origin;
use checkpoint::Checkpoint;
use contract::{CHECKPOINT, CTLOG, KeyPair, ORIGIN, REKOR};
use gate::{ConfigMap, Entries, Gate, Kube, Secret};
use refusal::{Object, Refusal};

use crate::{Halves, Pair, Result, foreign::LONGEST_REFUSAL};

/// The pair of a log with an origin, and the ConfigMap with the newest checkpoint of the log that
/// was recorded.
///
/// These make the log what it is to those who verify: under another origin, or with an empty tree
/// behind a known key, it would be a fork, which no client notices. So the ConfigMap is written
/// before there is a key, and a key whose ConfigMap is gone is refused.
pub struct Log {
    /// The two Secrets.
    pub pair: Pair,
    recorded: Gate<ConfigMap>,
    origin: Origin,
    size: Option<u64>,
}

impl Log {
    /// Reads the two Secrets and then the ConfigMap, all by their names, and checks that they are
    /// of one log that is called `origin`.
    ///
    /// # Errors
    ///
    /// As [`Pair::read`]; a [`Refusal`] when one of them is of another log, or when a part is gone
    /// that can't be made anew.
    pub async fn read(
        kube: &Kube,
        layout: &'static KeyPair,
        namespace: &str,
        [private, public, recorded]: [&str; 3],
        origin: &Origin,
    ) -> Result<Self> {
        let pair = Pair::read(kube, layout, namespace, private, public).await?;
        let recorded = Gate::config_map(kube, namespace, recorded).await?;
        let mut log = Self {
            pair,
            recorded,
            origin: origin.clone(),
            size: None,
        };
        log.size = log.check()?;
        Ok(log)
    }

    /// Checks that no key is missing: the one of a log that has entries isn't made anew.
    ///
    /// # Errors
    ///
    /// A [`Refusal`]; as [`Gate::confirm`].
    pub async fn check_key(&self) -> Result<()> {
        let (false, Some(size)) = (self.has_key(), self.size.filter(|size| *size > 0)) else {
            return Ok(());
        };
        // It may have come after it wasn't found, and the log have grown since.
        self.pair.private.confirm().await?;
        Err(Refusal::new(
            self.pair.private.entry(self.pair.layout.key),
            format!(
                "is missing, and {} says that its log has {size} entries",
                self.recorded
            ),
            "restore it from a backup, or delete both Secrets, that ConfigMap and the log's volume",
        ))?
    }

    fn has_key(&self) -> bool {
        self.pair.private.bytes(self.pair.layout.key).is_some()
    }

    /// The size that was recorded, when all that is there is of this log.
    fn check(&self) -> Result<Option<u64>, Refusal> {
        let Pair {
            private, public, ..
        } = &self.pair;
        let object = self.recorded.entry(CHECKPOINT);
        let checkpoint = self.recorded.bytes(CHECKPOINT).map(String::from_utf8_lossy);
        let checkpoint = checkpoint.as_deref().map(|text| {
            recorded(text).ok_or_else(|| {
                let way_out = "restore the ConfigMap from a backup";
                Refusal::new(&object, "isn't one", way_out)
            })
        });
        let checkpoint = checkpoint.transpose()?;
        let of_secret = |secret: &Gate<Secret>| {
            let origin = String::from_utf8_lossy(secret.bytes(ORIGIN)?);
            Some((secret.entry(ORIGIN), origin.into_owned()))
        };
        let recorded = checkpoint
            .as_ref()
            .map(|recorded| (object, recorded.origin.clone()));
        let origins = [of_secret(private), of_secret(public), recorded];
        self.check_origins(&origins.into_iter().flatten().collect::<Vec<_>>())?;
        if self.has_key() && checkpoint.is_none() {
            self.check_new()?;
        }
        Ok(checkpoint.map(|recorded| recorded.size))
    }

    /// Checks that all that was found are the origin that is asked for.
    fn check_origins(&self, found: &[(Object, String)]) -> Result<(), Refusal> {
        let asked = self.origin.as_str();
        let Some((object, other)) = found.iter().find(|(_, origin)| origin != asked) else {
            return Ok(());
        };
        let (difference, way_out) = match found.iter().find(|(_, origin)| origin == asked) {
            Some((right, _)) => (
                format!("is of {other:?}, and {right} of {asked:?}"),
                "restore the one that is wrong from a backup",
            ),
            None => (
                format!("is of {other:?}, and --origin asks for {asked:?}"),
                "correct the flag: a log keeps its name, and another log has a key of its own",
            ),
        };
        Err(Refusal::new(object, difference, way_out))
    }

    /// Checks that a key without a checkpoint is one that somebody has just brought.
    fn check_new(&self) -> Result<(), Refusal> {
        let Pair {
            private,
            public,
            layout,
        } = &self.pair;
        let has_origin = |secret: &Gate<Secret>| secret.bytes(ORIGIN).is_some();
        if has_origin(private) || has_origin(public) {
            let refusal = |command: &str| {
                let difference = format!("has no {CHECKPOINT}");
                let way_out = format!("restore it, or if the log is empty: {command}");
                Refusal::new(self.recorded.object(), difference, way_out)
            };
            let command = self.beginning();
            let complete = refusal(&command);
            return Err(match complete.to_string().len() <= LONGEST_REFUSAL {
                true => complete,
                false => refusal("write that there (docs/states.md)"),
            });
        }
        match public.bytes(layout.trusted) {
            None => Ok(()),
            Some(_) => Err(Refusal::new(
                private.object(),
                format!("and {public} are of a log without {ORIGIN:?}"),
                "leave --origin out, or name other Secrets",
            )),
        }
    }

    /// The command that writes the ConfigMap of an empty log.
    fn beginning(&self) -> String {
        let object = self.recorded.object();
        let [namespace, name] = [object.namespace(), object.name()].map(Option::unwrap_or_default);
        let checkpoint = Checkpoint::empty(self.origin.as_str())
            .body()
            .replace('\n', "\\n");
        format!(
            "kubectl -n {namespace} create configmap {name} --from-literal={CHECKPOINT}=$'{checkpoint}'"
        )
    }

    /// Publishes where the log begins, then its private half, then the public one, each of both
    /// with the origin.
    ///
    /// # Errors
    ///
    /// As [`Gate::publish`].
    pub async fn publish(&mut self, mut halves: Halves) -> Result<()> {
        if self.recorded.bytes(CHECKPOINT).is_none() {
            let beginning =
                Entries::new().with(CHECKPOINT, Checkpoint::empty(self.origin.as_str()).body());
            self.recorded.publish(beginning).await?;
        }
        self.pair
            .add(&mut halves, ORIGIN, self.origin.as_str().into());
        self.pair.publish(halves).await
    }
}

impl Pair {
    /// Refuses the Secrets of a log with an origin where one without is meant, and the other way
    /// round.
    pub(crate) fn refuse_the_other_kind_of_log(&self) -> Result<(), Refusal> {
        let expected = self.layout.has_origin();
        if !expected && ![REKOR, CTLOG].contains(self.layout) {
            return Ok(());
        }
        for secret in [&self.private, &self.public] {
            let object = secret.object();
            let named = object.name().and_then(contract::key_pair);
            if named.is_some_and(|pair| pair.has_origin() != expected) {
                let (kind, way_out) = match expected {
                    true => ("without", "name another Secret, or leave --origin out"),
                    false => ("with", "name another Secret, or add --origin"),
                };
                let difference = format!("is by its name that of a log {kind} an origin");
                return Err(Refusal::new(object, difference, way_out));
            }
            let origin = secret.bytes(ORIGIN).map(String::from_utf8_lossy);
            let origin = origin.and_then(|text| text.parse::<Origin>().ok());
            if let (false, Some(origin)) = (expected, origin) {
                return Err(Refusal::new(
                    secret.entry(ORIGIN),
                    "says that it is of a log with an origin",
                    format!("add --origin={origin}, or name other Secrets"),
                ));
            }
        }
        Ok(())
    }
}

/// What a checkpoint says, signed or not.
fn recorded(text: &str) -> Option<Checkpoint> {
    let end = text.find("\n\n").map_or(text.len(), |end| end + 1);
    Checkpoint::from_body(&text[..end])
}

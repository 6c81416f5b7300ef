//! Published trust and asked-for trust, put together: nothing that signatures were made under is
//! ever dropped.

use std::{collections::BTreeSet, time::Duration};

use jiff::{SignedDuration, Timestamp};

use crate::{
    Result,
    trust::{Log, TrustedRoot, Validity},
};

impl TrustedRoot {
    /// What was published, with `self` as the part that is in use. Whatever else was in use gets
    /// an end of validity: the first full second after `overlap`. Also returns what a person should know about the change;
    /// nothing is to be done when that is empty.
    ///
    /// # Errors
    ///
    /// [`Error::Expired`](crate::Error::Expired) for a new certificate.
    pub(crate) fn over(
        self,
        published: &Self,
        overlap: Duration,
        now: Timestamp,
    ) -> Result<(Self, BTreeSet<String>)> {
        let end = now.saturating_add(overlap).unwrap_or(Timestamp::MAX);
        let mut merge = Merge {
            now,
            // Python's clients know no nanoseconds, and what was signed until then stays valid.
            end: Timestamp::from_second(end.as_second() + 1).unwrap_or(end),
            differences: BTreeSet::new(),
        };
        let merged = Self {
            tlogs: merge.entries("Rekor", &published.tlogs, self.tlogs)?,
            certificate_authorities: merge.entries(
                "Fulcio",
                &published.certificate_authorities,
                self.certificate_authorities,
            )?,
            ctlogs: merge.entries("the CT log", &published.ctlogs, self.ctlogs)?,
            timestamp_authorities: merge.entries(
                "the timestamping authority",
                &published.timestamp_authorities,
                self.timestamp_authorities,
            )?,
            ..Self::empty()
        };
        Ok((merged, merge.differences))
    }
}

/// One of the things that clients trust.
pub(crate) trait Entry: Clone {
    /// Whether both are the same key or chain.
    fn is(&self, other: &Self) -> bool;

    /// The key or chain in a few words.
    fn describe(&self) -> String;

    /// Where the service is that uses it.
    fn url(&self) -> &str;

    fn set_url(&mut self, url: &str);

    fn validity(&self) -> &Validity;

    fn set_end(&mut self, end: Option<Timestamp>);

    /// Where its validity ends if nobody replaces it.
    fn natural_end(&self) -> Option<Timestamp>;

    /// Refuses what no client would accept from now on.
    fn check_new(&self, now: Timestamp) -> Result<()>;

    /// Whether it is in use, rather than kept for what was signed under it.
    fn is_current(&self) -> bool {
        self.validity().end == self.natural_end()
    }
}

const SECOND: SignedDuration = SignedDuration::from_secs(1);

struct Merge {
    now: Timestamp,
    end: Timestamp,
    differences: BTreeSet<String>,
}

impl Merge {
    fn entries<E: Entry>(&mut self, owner: &str, published: &[E], asked: Vec<E>) -> Result<Vec<E>> {
        let mut merged = published.to_vec();
        for entry in &mut merged {
            let has_ended = entry.validity().end.is_some_and(|end| end <= self.now);
            let in_use = entry.is_current() && !has_ended;
            if in_use && !asked.iter().any(|asked| asked.is(entry)) {
                self.note(format!(
                    "{owner}'s {} is published, but not among the inputs",
                    entry.describe()
                ));
                // An end that is not the natural one says that it isn't in use.
                let natural = entry.natural_end().unwrap_or(Timestamp::MAX);
                entry.set_end(Some(self.end.min(natural - SECOND)));
            }
        }
        for asked in asked {
            let Some(entry) = merged.iter_mut().find(|entry| entry.is(&asked)) else {
                asked.check_new(self.now)?;
                self.note(format!("{owner}'s {} isn't published", asked.describe()));
                merged.push(asked);
                continue;
            };
            if !entry.is_current() {
                self.note(format!(
                    "{owner}'s {} was replaced before",
                    entry.describe()
                ));
                entry.set_end(entry.natural_end());
            }
            if entry.url() != asked.url() {
                self.note(format!(
                    "{owner} is at {} (published: {})",
                    asked.url(),
                    entry.url()
                ));
                entry.set_url(asked.url());
            }
        }
        merged.sort_by_key(|entry| entry.validity().start);
        Ok(merged)
    }

    fn note(&mut self, difference: String) {
        self.differences.insert(difference);
    }
}

impl Entry for Log {
    fn is(&self, other: &Self) -> bool {
        self.public_key.raw_bytes == other.public_key.raw_bytes
    }

    fn describe(&self) -> String {
        format!("key with the log ID {}", self.id())
    }

    fn url(&self) -> &str {
        &self.base_url
    }

    fn set_url(&mut self, url: &str) {
        self.base_url = url.into();
    }

    fn validity(&self) -> &Validity {
        &self.public_key.valid_for
    }

    fn set_end(&mut self, end: Option<Timestamp>) {
        self.public_key.valid_for.end = end;
    }

    fn natural_end(&self) -> Option<Timestamp> {
        None
    }

    fn check_new(&self, _now: Timestamp) -> Result<()> {
        Ok(())
    }
}

//! Published trust and asked-for trust, put together: nothing that signatures were made under is
//! ever dropped.

use std::{collections::BTreeSet, time::Duration};

use jiff::{SignedDuration, Timestamp};

use crate::{
    Error, Result,
    trusted_root::{CTLOG, FULCIO, REKOR, TSA, TrustedRoot, Validity},
};

impl TrustedRoot {
    /// What was published, with `self` as the part that is in use. Whatever else was in use gets
    /// an end of validity: the first full second after `overlap`. Also returns what a person should
    /// know about the change; nothing is to be done when that is empty.
    ///
    /// # Errors
    ///
    /// [`Error::Expired`] for a new certificate, [`Error::OtherLog`].
    pub(crate) fn in_place_of(
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
            tlogs: merge.all(REKOR, &published.tlogs, self.tlogs)?,
            certificate_authorities: merge.all(
                FULCIO,
                &published.certificate_authorities,
                self.certificate_authorities,
            )?,
            ctlogs: merge.all(CTLOG, &published.ctlogs, self.ctlogs)?,
            timestamp_authorities: merge.all(
                TSA,
                &published.timestamp_authorities,
                self.timestamp_authorities,
            )?,
            ..Self::empty()
        };
        Ok((merged, merge.differences))
    }
}

/// One of the things that clients trust.
pub(crate) trait Trusted: Clone {
    /// Whether both are the same key or chain.
    fn is_same(&self, other: &Self) -> bool;

    /// Whether the service with this key or chain is the one that is published with it: a log with
    /// tiles is more than its key.
    ///
    /// # Errors
    ///
    /// Where that one is.
    fn check_is_log(&self, _known: &Self) -> Result<(), String> {
        Ok(())
    }

    /// Whose it is, if not the `owner` of the list that it is in.
    fn owner(&self, owner: &'static str) -> &'static str {
        owner
    }

    /// Whether any client refuses what was signed after the end of its validity.
    fn has_end(&self) -> bool {
        true
    }

    /// What it can be named by, one at least, as hexadecimal digits: a log's ID, the SHA-256 of
    /// each certificate.
    fn digests(&self) -> Vec<String>;

    /// Whether clients can read it, beside the certificates in it, which are read here as there:
    /// with an entry that they can't read, they refuse the whole file.
    ///
    /// # Errors
    ///
    /// Why they can't.
    fn check_readable(&self) -> Result<(), String> {
        Ok(())
    }

    /// The key or chain in a few words.
    fn description(&self) -> String;

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
    /// All that one service has to be trusted for.
    fn all<T: Trusted>(
        &mut self,
        owner: &'static str,
        published: &[T],
        asked: Vec<T>,
    ) -> Result<Vec<T>> {
        let mut merged = published.to_vec();
        for known in &mut merged {
            let has_ended = known.validity().end.is_some_and(|end| end <= self.now);
            let in_use = known.is_current() && !has_ended;
            if in_use && !asked.iter().any(|asked| asked.is_same(known)) {
                let price = match known.has_end() {
                    true => "",
                    false => ", and no client heeds its end: withdraw it if it is stolen",
                };
                self.note(format!(
                    "{}'s {} is published, but not among the inputs{price}",
                    known.owner(owner),
                    known.description()
                ));
                // An end that is not the natural one says that it isn't in use.
                let natural = known.natural_end().unwrap_or(Timestamp::MAX);
                known.set_end(Some(self.end.min(natural - SECOND)));
            }
        }
        for asked in asked {
            match merged.iter_mut().find(|known| known.is_same(&asked)) {
                Some(known) => {
                    let owner = asked.owner(owner);
                    asked.check_is_log(known).map_err(|url| Error::OtherLog {
                        log: format!("{owner}'s {}", asked.description()),
                        url,
                    })?;
                    self.take_up(owner, known, &asked);
                }
                None => {
                    asked.check_new(self.now)?;
                    let owner = asked.owner(owner);
                    self.note(format!("{owner}'s {} isn't published", asked.description()));
                    merged.push(asked);
                }
            }
        }
        merged.sort_by_key(|known| known.validity().start);
        Ok(merged)
    }

    /// Has what is published be as it is asked for: in use, and at that URL.
    fn take_up<T: Trusted>(&mut self, owner: &str, known: &mut T, asked: &T) {
        if !known.is_current() {
            self.note(format!(
                "{owner}'s {} was replaced before",
                known.description()
            ));
            known.set_end(known.natural_end());
        }
        if known.url() != asked.url() {
            let (asked, published) = (asked.url(), known.url());
            self.note(format!("{owner} is at {asked} (published: {published})"));
            known.set_url(asked);
        }
    }

    fn note(&mut self, difference: String) {
        self.differences.insert(difference);
    }
}

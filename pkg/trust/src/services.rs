//! Services of one kind in the signing config: which of them clients are told of, and when.
//!
//! Which one clients take, of those they know the API version of (1 for Fulcio and the timestamp
//! authority, 1 and 2 for Rekor), with the selector `ANY`:
//!
//! - sigstore-go, so cosign (`pkg/root/signing_config.go`, `SelectServices`) passes over a start in
//!   the future and an end in the past, and takes of each operator the highest version, of that the
//!   newest start; of the operators one by chance;
//! - sigstore-python (`sigstore/models.py`, `_get_valid_services`) passes over the same, and takes
//!   of the first operator the highest version, of that the last in the list;
//! - sigstore-js (`sign/src/config.ts`, `sortServicesByStartDate`) passes over an end in the past,
//!   but **over no start**, and takes the newest start, of that the first in the list;
//! - sigstore-rust (`sigstore-trust-root`, `eligible_rekor_urls`) passes over what the first two
//!   do, and takes the highest version, of that the first in the list.
//!
//! So higher versions come first, and of one version the oldest. And before one that begins later
//! stands in for it what is used until then: see [`stand_in`].

use std::{cmp::Reverse, collections::BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::tile_log::host;

/// `Service` of sigstore's protobuf-specs. What isn't known here is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Service {
    pub(crate) url: String,
    #[serde(default)]
    pub(crate) major_api_version: u32,
    #[serde(default)]
    pub(crate) valid_for: Period,
    #[serde(default)]
    pub(crate) operator: String,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// From when to when clients sign with a service, both inclusive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Period {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    end: Option<Timestamp>,
}

/// A service that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) url: String,
    version: u32,
}

/// When the services are looked at, and what holds for all of them.
pub(crate) struct Turn {
    pub(crate) now: Timestamp,
    /// When what isn't offered yet begins beside what is.
    pub(crate) start: Timestamp,
    /// Whose services these are. Those of other operators stay as they are.
    pub(crate) operator: String,
    /// The hosts of logs that are trusted no more.
    pub(crate) gone: BTreeSet<String>,
    /// What a person should know, one sentence each.
    pub(crate) differences: BTreeSet<String>,
}

impl Service {
    fn start(&self) -> Timestamp {
        self.valid_for.start.unwrap_or(Timestamp::UNIX_EPOCH)
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.valid_for.end.is_some_and(|end| end < now)
    }

    fn is_valid(&self, now: Timestamp) -> bool {
        self.start() <= now && !self.is_over(now)
    }

    fn is_stand_in(&self) -> bool {
        self.valid_for.end == Some(self.start())
    }
}

impl Wanted {
    pub(crate) fn new(url: &str, version: u32) -> Self {
        let url = url.into();
        Self { url, version }
    }

    /// Whether that is the service, perhaps at another URL: a Rekor v2 is known by its host.
    fn is(&self, service: &Service) -> bool {
        self.version == service.major_api_version
            && (self.version == 1 || host(&self.url) == host(&service.url))
    }
}

impl Turn {
    /// The services to offer in place of those that are `published`: those that are `wanted`, and
    /// what has to stay. There is always one that is valid now, if any is wanted: one that isn't
    /// any more goes when a wanted one begins.
    ///
    /// `name` says whose they are, and `versions` which of them are known here; others stay.
    pub(crate) fn next(
        &mut self,
        name: &str,
        versions: &[u32],
        published: &[Service],
        wanted: &[Wanted],
    ) -> Vec<Service> {
        let (mut ours, others): (Vec<_>, Vec<_>) = published.iter().cloned().partition(|service| {
            service.operator == self.operator && versions.contains(&service.major_api_version)
        });
        ours.retain(|service| {
            let is_wanted = wanted.iter().any(|wanted| wanted.is(service));
            let is_trusted = is_wanted || !self.gone.contains(host(&service.url));
            is_trusted && !service.is_stand_in()
        });
        let offered = ours.clone();
        let mut next = vec![];
        for one in wanted {
            next.push(match taken(&mut ours, one) {
                Some(known) => self.kept(name, known, one),
                None => self.begun(name, one, self.first_start(one, &offered, wanted)),
            });
        }
        self.leave_no_gap(name, &mut next, &ours);
        let successor = next.iter().map(Service::start).min();
        let staying = ours.into_iter();
        next.extend(staying.filter_map(|service| self.until(name, service, successor)));
        next.sort_by_key(|service| (Reverse(service.major_api_version), service.start()));
        let first = stand_in(&next, self.now);
        first.into_iter().chain(next).chain(others).collect()
    }

    /// One that is published, as it is wanted. Its start never moves.
    fn kept(&mut self, name: &str, known: Service, wanted: &Wanted) -> Service {
        let name = named(name, wanted.version);
        if known.url != wanted.url {
            self.note(format!(
                "{name} is at {} (published: {})",
                wanted.url, known.url
            ));
        }
        if let Some(end) = known.valid_for.end {
            self.note(format!("{name} was to be used until {end}"));
        }
        Service {
            url: wanted.url.clone(),
            valid_for: Period {
                start: known.valid_for.start,
                end: None,
            },
            ..known
        }
    }

    /// When one that isn't published begins: after the overlap, if clients have another one until
    /// then, so that all of them trust it by the time that something is signed with it. One that is
    /// only for clients that don't know a higher version has none to wait for.
    fn first_start(&self, new: &Wanted, offered: &[Service], wanted: &[Wanted]) -> Timestamp {
        let is_preferred = |other: &Service| {
            other.major_api_version > new.version && wanted.iter().any(|wanted| wanted.is(other))
        };
        let mut others = offered.iter().filter(|other| other.is_valid(self.now));
        match others.any(|other| !is_preferred(other)) {
            true => self.start,
            false => Timestamp::UNIX_EPOCH,
        }
    }

    fn begun(&mut self, name: &str, wanted: &Wanted, start: Timestamp) -> Service {
        let name = named(name, wanted.version);
        self.note(format!("{name} is at {} (published: nowhere)", wanted.url));
        Service {
            url: wanted.url.clone(),
            major_api_version: wanted.version,
            valid_for: Period {
                start: Some(start),
                end: None,
            },
            operator: self.operator.clone(),
            others: Map::new(),
        }
    }

    /// Has the first of the `wanted` begin at once if clients would have none until then: what
    /// they had instead was taken out.
    fn leave_no_gap(&mut self, name: &str, wanted: &mut [Service], others: &[Service]) {
        let now = self.now;
        if wanted
            .iter()
            .chain(others)
            .any(|service| service.is_valid(now))
        {
            return;
        }
        if let Some(first) = wanted.iter_mut().min_by_key(|service| service.start()) {
            let name = named(name, first.major_api_version);
            let start = first.start();
            first.valid_for.start = Some(whole_seconds(now));
            self.note(format!(
                "{name} was to be used from {start} on, and is at once"
            ));
        }
    }

    /// One that isn't wanted any more, until its `successor` begins. None when that is now.
    fn until(
        &mut self,
        name: &str,
        service: Service,
        successor: Option<Timestamp>,
    ) -> Option<Service> {
        let Service { url, valid_for, .. } = &service;
        if service.is_over(self.now) {
            return None;
        }
        if valid_for.end.is_none() {
            let name = named(name, service.major_api_version);
            self.note(format!("{name} is at nowhere (published: {url})"));
        }
        let end = successor.filter(|successor| *successor > self.now);
        let end = end.filter(|_| service.is_valid(self.now))?;
        let valid_for = Period {
            start: valid_for.start,
            end: Some(end),
        };
        Some(Service {
            valid_for,
            ..service
        })
    }

    fn note(&mut self, difference: String) {
        self.differences.insert(difference);
    }
}

/// What sigstore-js takes until one of the `services` begins, since it looks at no start: what is
/// used now, listed once more before that, with its start, and an end at the same moment. Other
/// clients pass over it. With more than one that begins later, sigstore-js takes the last at once.
fn stand_in(services: &[Service], now: Timestamp) -> Option<Service> {
    let starts: BTreeSet<_> = services.iter().map(Service::start).collect();
    let mut later = starts.into_iter().filter(|start| *start > now);
    let (Some(start), None) = (later.next(), later.next()) else {
        return None;
    };
    let used = services.iter().filter(|service| service.is_valid(now));
    let used = used.max_by_key(|service| (service.major_api_version, service.start()))?;
    let valid_for = Period {
        start: Some(start),
        end: Some(start),
    };
    Some(Service {
        valid_for,
        ..used.clone()
    })
}

/// Takes the service that `wanted` is, at its URL if there are more than one.
fn taken(services: &mut Vec<Service>, wanted: &Wanted) -> Option<Service> {
    let at = services
        .iter()
        .position(|service| wanted.is(service) && wanted.url == service.url);
    let at = at.or_else(|| services.iter().position(|service| wanted.is(service)));
    at.map(|at| services.remove(at))
}

fn named(name: &str, version: u32) -> String {
    match version {
        1 => name.into(),
        _ => format!("{name} v{version}"),
    }
}

/// `time` without its fraction: sigstore-python knows no nanoseconds.
pub(crate) fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).expect("a time without its fraction")
}

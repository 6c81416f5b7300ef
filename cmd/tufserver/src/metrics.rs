//! What Prometheus reads at `/metrics`: traffic, reloads, and when the repository expires.

use std::fmt;

use hyper::{Method, Request, Response, body::Body};
use jiff::{SignedDuration, Timestamp};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric as _, text},
    metrics::{MetricType, counter::Counter, family::Family, gauge::ConstGauge},
    registry::Registry,
};
use tuf::Roles;

use crate::site::Served;

/// Everything that is counted here.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Status, Counter>,
    bytes: Counter,
    pub(crate) reloads: Family<Reload, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Status {
    status: u16,
}

/// How reading the repository went: `ok` or `failed`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Reload {
    pub(crate) result: &'static str,
}

impl Metrics {
    pub(crate) fn new(served: Served) -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("tufserver"),
            requests: Family::default(),
            bytes: Counter::default(),
            reloads: Family::default(),
        };
        let Self {
            registry,
            requests,
            bytes,
            reloads,
        } = &mut metrics;
        registry.register("requests", "Requests of clients", requests.clone());
        registry.register("sent_bytes", "Bytes of files sent", bytes.clone());
        registry.register(
            "reloads",
            "Times that the repository was read",
            reloads.clone(),
        );
        registry.register_collector(Box::new(RoleGauges(served)));
        for result in ["ok", "failed"] {
            reloads.get_or_create(&Reload { result }).inc_by(0);
        }
        metrics
    }

    /// Counts what a client is sent.
    pub(crate) fn count<B>(&self, request: &Request<B>, answer: &Response<impl Body>) {
        let status = answer.status().as_u16();
        self.requests.get_or_create(&Status { status }).inc();
        if request.method() != Method::HEAD {
            self.bytes
                .inc_by(answer.body().size_hint().exact().unwrap_or_default());
        }
    }

    /// All of it, in OpenMetrics' text format.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        text::encode(&mut text, &self.registry).expect("memory takes what is written to it");
        text
    }
}

/// The version of each role that is served now, and the days until it expires.
#[derive(Debug)]
struct RoleGauges(Served);

impl Collector for RoleGauges {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let Some(site) = self.0.borrow().clone() else {
            return Ok(());
        };
        let mut gauges = |name, help, values: [(&'static str, f64); 4]| {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            for (role, value) in values {
                ConstGauge::new(value).encode(family.encode_family(&[("role", role)])?)?;
            }
            Ok(())
        };
        let now = Timestamp::now();
        let days =
            |expires: Timestamp| expires.duration_since(now).as_secs_f64() / DAY.as_secs_f64();
        gauges(
            "role_version",
            "Version of each role",
            with_names(site.versions.map(|version| version as f64)),
        )?;
        gauges(
            "role_days_to_expiry",
            "Days until each role expires",
            with_names(site.expires.map(days)),
        )
    }
}

fn with_names<T>(roles: Roles<T>) -> [(&'static str, T); 4] {
    [
        ("root", roles.root),
        ("snapshot", roles.snapshot),
        ("targets", roles.targets),
        ("timestamp", roles.timestamp),
    ]
}

const DAY: SignedDuration = SignedDuration::from_hours(24);

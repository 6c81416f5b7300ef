//! What Prometheus reads at `/metrics`: traffic, reloads, and when the repository expires.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric as _},
    metrics::{MetricType, counter::Counter, family::Family, gauge::ConstGauge},
};
use tuf::Roles;
use web::Traffic;

use crate::site::Served;

/// How reading the repository went: `ok` or `failed`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Reload {
    pub(crate) result: &'static str,
}

/// The times that the repository was read.
pub(crate) type Reloads = Family<Reload, Counter>;

/// Everything that is counted here, and the reloads among it.
pub(crate) fn metrics(served: Served) -> (Traffic, Reloads) {
    let mut traffic = Traffic::new("tufserver");
    let reloads = Reloads::default();
    let registry = traffic.registry();
    registry.register(
        "reloads",
        "Times that the repository was read",
        reloads.clone(),
    );
    registry.register_collector(Box::new(Gauges(served)));
    for result in ["ok", "failed"] {
        reloads.get_or_create(&Reload { result }).inc_by(0);
    }
    (traffic, reloads)
}

/// The version of each role that is served now, and the days until it expires, as do the
/// certificates that clients are told to trust.
#[derive(Debug)]
struct Gauges(Served);

impl Collector for Gauges {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let Some(site) = self.0.borrow().clone() else {
            return Ok(());
        };
        let now = Timestamp::now();
        let days =
            |expires: Timestamp| expires.duration_since(now).as_secs_f64() / DAY.as_secs_f64();
        let mut role_gauges = |name, help, values: Roles<f64>| {
            let values = with_names(values);
            let values = values.map(|(role, value)| ([("role", role)], value));
            gauges(&mut encoder, name, help, values)
        };
        role_gauges(
            "role_version",
            "Version of each role",
            site.versions.map(|version| version as f64),
        )?;
        role_gauges(
            "role_days_to_expiry",
            "Days until each role expires",
            site.expires.map(days),
        )?;
        let certificates = site.certificates.iter().map(|certificate| {
            let labels = [
                ("service", certificate.service),
                ("subject", &certificate.subject),
                ("sha256", &certificate.sha256),
            ];
            (labels, days(certificate.at))
        });
        gauges(
            &mut encoder,
            "certificate_days_to_expiry",
            "Days until each certificate expires in the chains of Fulcio and of the timestamp \
             authority that are in use",
            certificates,
        )
    }
}

/// A gauge for each of `values`, with its labels.
fn gauges<'a, const LABELS: usize>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    values: impl IntoIterator<Item = ([(&'static str, &'a str); LABELS], f64)>,
) -> Result<(), fmt::Error> {
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for (labels, value) in values {
        ConstGauge::new(value).encode(family.encode_family(&labels)?)?;
    }
    Ok(())
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

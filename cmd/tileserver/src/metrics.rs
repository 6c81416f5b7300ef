//! What Prometheus reads at `/metrics`: traffic, and how far the log is and was recorded to be.

use std::{fmt, fs, path::PathBuf, sync::Arc};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric as _},
    metrics::{MetricType, gauge::ConstGauge},
};
use web::Traffic;

use crate::file::Volume;

/// Everything that is counted here. `recorded` is where the recorded checkpoint is mounted.
pub(crate) fn metrics(volume: Arc<Volume>, recorded: Option<PathBuf>) -> Traffic {
    let mut traffic = Traffic::new("tileserver");
    let entries = Entries { volume, recorded };
    traffic.registry().register_collector(Box::new(entries));
    traffic
}

/// How many entries the log has, by two checkpoints. Nobody looks at signatures here.
struct Entries {
    volume: Arc<Volume>,
    recorded: Option<PathBuf>,
}

impl Collector for Entries {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let newest = self.volume.checkpoint();
        let recorded = self.recorded.as_ref();
        let recorded = recorded.and_then(|file| fs::read_to_string(file).ok());
        for (name, help, checkpoint) in [
            ("entries", "Entries of the log", newest),
            (
                "recorded_entries",
                "Entries of the log when createlog recorded that last",
                recorded,
            ),
        ] {
            if let Some(size) = checkpoint.as_deref().and_then(size) {
                let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
                ConstGauge::new(size).encode(metric)?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Entries {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Entries")
    }
}

/// The size that a checkpoint tells in its second line (<https://c2sp.org/tlog-checkpoint>).
fn size(checkpoint: &str) -> Option<i64> {
    checkpoint.lines().nth(1)?.parse().ok()
}

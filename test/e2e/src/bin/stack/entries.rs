//! The entries of a log, as its tiles have them.

use anyhow::{Context as _, Result, ensure};
use contract::{CHECKPOINT, CTLOG as CTLOG_V1, CTLOG_TILES_LOG, Published, REKOR_TILES_LOG};
use e2e::{Cluster, log, namespaces};

/// A log, by its namespace.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Log {
    /// Its Deployment, and the claim of its volume.
    pub(crate) name: &'static str,
    /// How far it is known to be.
    pub(crate) recorded: Published,
    /// The folder of its bundles of entries (C2SP tlog-tiles, static-ct-api).
    bundles: &'static str,
}

/// Rekor v2's log.
pub(crate) const REKOR: Log = Log {
    name: "rekor",
    recorded: REKOR_TILES_LOG,
    bundles: "tile/entries",
};

/// TesseraCT's log.
pub(crate) const CTLOG: Log = Log {
    name: "ctlog",
    recorded: CTLOG_TILES_LOG,
    bundles: "tile/data",
};

/// Both.
pub(crate) const LOGS: [Log; 2] = [REKOR, CTLOG];

/// Those that get entries: Fulcio logs in TesseraCT where there is no other CT log.
pub(crate) fn used_logs() -> Vec<Log> {
    let has_ct_server = namespaces().contains(&CTLOG_V1.private.namespace.into());
    match has_ct_server {
        true => vec![REKOR],
        false => LOGS.to_vec(),
    }
}

impl Log {
    /// Its namespace.
    pub(crate) fn namespace(&self) -> &'static str {
        self.recorded.namespace
    }

    /// The size of its tree, as its newest checkpoint has it.
    pub(crate) async fn size(&self) -> Result<u64> {
        log::size(&self.file(CHECKPOINT).await?)
    }

    /// Records how far it is.
    pub(crate) async fn record(&self, cluster: &Cluster) -> Result<()> {
        log::record(cluster, self.recorded, "recorded").await
    }

    /// The bundle with the entry of that index, when the tree has `size` entries.
    pub(crate) async fn bundle(&self, index: u64, size: u64) -> Result<Vec<u8>> {
        let (number, width) = (index / WIDTH, (size - index / WIDTH * WIDTH).min(WIDTH));
        let mut path = format!("{:03}", number % 1000);
        let mut rest = number / 1000;
        while rest > 0 {
            path = format!("x{:03}/{path}", rest % 1000);
            rest /= 1000;
        }
        let partial = match width {
            WIDTH => String::new(),
            width => format!(".p/{width}"),
        };
        self.file(&format!("{}/{path}{partial}", self.bundles))
            .await
    }

    async fn file(&self, path: &str) -> Result<Vec<u8>> {
        let url = format!("http://tiles.{}.svc/{path}", self.namespace());
        let answer = reqwest::get(&url).await?.error_for_status()?;
        Ok(answer.bytes().await?.to_vec())
    }
}

/// The entries of one of Rekor's bundles: each after its length in two bytes.
pub(crate) fn rekor_entries(mut bundle: &[u8]) -> Result<Vec<Vec<u8>>> {
    let mut entries = vec![];
    while !bundle.is_empty() {
        entries.push(prefixed::<2>(&mut bundle)?.to_vec());
    }
    Ok(entries)
}

/// The timestamps of the entries in one of a CT log's bundles: of each an RFC 6962
/// `TimestampedEntry`, for a precertificate also that, and the hashes of its chain.
pub(crate) fn timestamps(mut bundle: &[u8]) -> Result<Vec<u64>> {
    let mut timestamps = vec![];
    while !bundle.is_empty() {
        timestamps.push(number(take(&mut bundle, 8)?));
        let is_precertificate = number(take(&mut bundle, 2)?) == 1;
        if is_precertificate {
            take(&mut bundle, 32)?;
        }
        prefixed::<3>(&mut bundle)?;
        prefixed::<2>(&mut bundle)?;
        if is_precertificate {
            prefixed::<3>(&mut bundle)?;
        }
        prefixed::<2>(&mut bundle)?;
    }
    Ok(timestamps)
}

/// Takes a length of so many bytes, and then as much.
pub(crate) fn prefixed<'a, const LENGTH: usize>(bytes: &mut &'a [u8]) -> Result<&'a [u8]> {
    let length = number(take(bytes, LENGTH)?);
    take(bytes, usize::try_from(length)?)
}

/// Takes bytes from the beginning.
pub(crate) fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Result<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count).context("it ends too early")?;
    *bytes = rest;
    Ok(taken)
}

/// A number of up to eight bytes, the first of which is the most significant.
pub(crate) fn number(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Checks that the log has an entry that no client made, and that it is recorded.
pub(crate) async fn check_first(cluster: &Cluster) -> Result<()> {
    let size = REKOR.size().await?;
    ensure!(size == 1, "{size} entries, and no client has signed yet");
    let recorded = log::recorded_size(cluster, REKOR.recorded).await?;
    ensure!(recorded == 1, "recorded is a tree of {recorded} entries");
    Ok(())
}

/// The entries in a whole bundle.
pub(crate) const WIDTH: u64 = 256;

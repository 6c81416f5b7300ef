//! Inputs in Secrets, which `copysecrets` fills.

use anyhow::{Result, ensure};
use contract::{CTLOG, FULCIO, ORIGIN, PUBLIC, REKOR, TSA};
use gate::{Kube, Source};
use refusal::NotYet;

use crate::parts::{Input, Parts};

/// What the Secrets of these `names` hold.
///
/// # Errors
///
/// What is missing is named, all of it.
pub(crate) async fn read(
    kube: &Kube,
    namespace: &str,
    names: &Parts<Vec<&str>>,
) -> Result<Parts<Vec<Input>>> {
    let mut reader = Reader {
        kube,
        namespace,
        missing: vec![],
    };
    let parts = Parts {
        fulcio: reader.read(&names.fulcio, FULCIO.trusted).await?,
        rekor: reader.read(&names.rekor, REKOR.trusted).await?,
        rekor_tiles: reader.read(&names.rekor_tiles, PUBLIC).await?,
        ctlog: reader.read(&names.ctlog, CTLOG.trusted).await?,
        ctlog_tiles: reader.read(&names.ctlog_tiles, PUBLIC).await?,
        tsa: reader.read(&names.tsa, TSA.trusted).await?,
    };
    let missing: Vec<_> = reader.missing.iter().map(NotYet::to_string).collect();
    ensure!(missing.is_empty(), missing.join("; "));
    Ok(parts)
}

struct Reader<'a> {
    kube: &'a Kube,
    namespace: &'a str,
    missing: Vec<NotYet>,
}

impl Reader<'_> {
    /// What each of the Secrets holds in `entry`, and perhaps in `origin`.
    async fn read(&mut self, names: &[&str], entry: &str) -> Result<Vec<Input>> {
        let mut inputs = vec![];
        for name in names {
            let source = Source::secret(self.kube, self.namespace, name).await?;
            let object = source.entry(entry);
            let origin = source.bytes(ORIGIN);
            match source.bytes(entry) {
                Some(pem) => inputs.push(Input {
                    files: vec![(object.clone(), pem.into())],
                    origin: origin.map(|origin| (source.entry(ORIGIN), origin.into())),
                    object,
                }),
                None if source.exists() => self.missing.push(NotYet::new(object, MAKER)),
                None => self.missing.push(NotYet::new(source.object(), MAKER)),
            }
        }
        Ok(inputs)
    }
}

const MAKER: &str = "copysecrets";

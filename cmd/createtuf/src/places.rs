//! Where clients reach what is published: in a ConfigMap, or in flags.

use addresses::{
    Addresses, CTLOG, CTLOG_TILES, FULCIO, ISSUER, REKOR, REKOR_TILES, TSA, Urls as Several,
};
use anyhow::Result;
use gate::Kube;
use refusal::{Refusal, Refusals};
use trust::Urls;

use crate::{
    args::Args,
    parts::{Input, Parts},
};

/// Where they reach it.
pub(crate) struct Places {
    pub(crate) urls: Urls,
    pub(crate) rekor_tiles: Several,
    pub(crate) ctlog_tiles: Several,
}

impl Places {
    /// Of all that is among the inputs.
    ///
    /// # Errors
    ///
    /// That the ConfigMap isn't there yet. A [`Refusal`] of each of its entries that is missing
    /// or that no client can use.
    pub(crate) async fn read(kube: &Kube, args: &Args, parts: &Parts<Vec<Input>>) -> Result<Self> {
        match &args.addresses {
            None => Ok(Self::of_flags(args)),
            Some(job::Reference { namespace, name }) => {
                let addresses = addresses::read(kube, namespace, name).await?;
                Ok(Self::of_addresses(&addresses, parts)?)
            }
        }
    }

    fn of_flags(args: &Args) -> Self {
        let several = |flag: &str, urls: &[String]| Several {
            object: flag.into(),
            urls: urls.to_vec(),
        };
        Self {
            urls: args.urls(),
            rekor_tiles: several("--rekor-tiles-url", &args.rekor_tiles_url),
            ctlog_tiles: several("--ctlog-tiles-url", &args.ctlog_tiles_url),
        }
    }

    /// Nobody is told of a server without a key or a chain, so its address may be missing.
    fn of_addresses(addresses: &Addresses, parts: &Parts<Vec<Input>>) -> Result<Self, Refusals> {
        let mut missing: Vec<Refusal> = vec![];
        let mut one = |entry: &str, inputs: &[Input]| match addresses.one(entry) {
            Ok(url) => url.to_owned(),
            Err(refusal) => {
                missing.extend((!inputs.is_empty()).then_some(refusal));
                String::new()
            }
        };
        let urls = Urls {
            fulcio: one(FULCIO, &parts.fulcio),
            issuer: one(ISSUER, &parts.fulcio),
            rekor: one(REKOR, &parts.rekor),
            ctlog: one(CTLOG, &parts.ctlog),
            tsa: one(TSA, &parts.tsa),
        };
        match missing.is_empty() {
            true => Ok(Self {
                urls,
                rekor_tiles: addresses.several(REKOR_TILES),
                ctlog_tiles: addresses.several(CTLOG_TILES),
            }),
            false => Err(missing.into()),
        }
    }
}

//! Creates the CT log's key and configuration and publishes them in Secrets.
//!
//! The CT log may mount the private Secret whole, so that one appears with everything in it: the
//! key, the roots that `fulcio` has, and the configuration, which needs the log's tree from
//! `createtree`. A TesseraCT, which has an origin, needs neither tree nor configuration, and reads
//! key and roots in forms of its own. `copysecrets` takes the public one to where the TUF
//! repository is made. Running it again changes nothing.

mod flags;
mod key;
mod published;
mod roots;
mod served;
mod tree;

use std::process::ExitCode;

use address::Origin;
use anyhow::Result;
use certs::Chain;
use contract::{CONFIG, CTLOG, CTLOG_TILES, PUBLIC, ROOT_CA};
use ctfe::Log;
use gate::{Entries, Gate, Kube};
use keypair::{Halves, Pair};
use tracing::warn;

use flags::Args;
use published::PublishedConfig;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args: Args = job::parse();
    match &args.origin {
        Some(origin) => job::run(&args.job, || create_log(&args, origin)).await,
        None => job::run(&args.job, || create_ct_config(&args)).await,
    }
}

/// What a TesseraCT needs: a key, and the roots in one file.
async fn create_log(args: &Args, origin: &Origin) -> Result<()> {
    let kube = gate::connect(args.job.labels(), args.job.annotations()).await?;
    let names = [&args.secret, &args.pubkeysecret, &args.log_configmap].map(String::as_str);
    let mut log = keypair::Log::read(&kube, &CTLOG_TILES, &args.namespace, names, origin).await?;

    let mut existing = key::existing(args, &kube, &log.pair, None).await?;
    // A key of the user's own that is the lost one was told by what is public.
    if log.pair.public.bytes(PUBLIC).is_none() {
        log.check_key().await?;
    }
    // TesseraCT starts with what Fulcio is going to serve, and whether it does is seen after.
    if log.pair.private.bytes(ROOT_CA).is_none()
        && let Some((_, chain)) = served::published(args, &kube).await?
    {
        publish(args, &mut log, existing, &[chain]).await?;
        existing = key::existing(args, &kube, &log.pair, None).await?;
    }
    let chains = fulcio_chains(args, &kube, &log.pair).await?;
    publish(args, &mut log, existing, &chains).await
}

async fn publish(
    args: &Args,
    log: &mut keypair::Log,
    existing: Option<Halves>,
    fulcio: &[Chain],
) -> Result<()> {
    let roots = roots::trusted(args, &log.pair.private, fulcio)?;
    let mut halves = match existing {
        Some(halves) => halves,
        None => key::new(args, &log.pair)?,
    };
    let roots = roots.to_file().into_bytes();
    let is_new = log
        .pair
        .private
        .bytes(ROOT_CA)
        .is_some_and(|old| old != roots);
    halves.private.insert(ROOT_CA, roots);
    log.publish(halves).await?;
    if is_new {
        warn!("TesseraCT reads its roots at its start alone: restart it");
    }
    Ok(())
}

async fn create_ct_config(args: &Args) -> Result<()> {
    let kube = gate::connect(args.job.labels(), args.job.annotations()).await?;
    let (private, public) = (&args.secret, &args.pubkeysecret);
    let mut pair = Pair::read(&kube, &CTLOG, &args.namespace, private, public).await?;
    let mut config_map = Gate::config_map(&kube, &args.namespace, &args.configmap).await?;

    let published = PublishedConfig::read(&pair, &config_map)?;
    let existing = key::existing(args, &kube, &pair, published.as_ref()).await?;
    let tree_id = tree::id(&config_map)?;
    let chains = fulcio_chains(args, &kube, &pair).await?;
    let roots = roots::trusted(args, &pair.private, &chains)?;
    // A new key is made last, when the tree and the roots are there: so it is written together with
    // everything else that the CT log needs.
    let mut halves = match existing {
        Some(halves) => halves,
        None => key::new(args, &pair)?,
    };
    let asked = Log {
        tree_id,
        prefix: args.log_prefix.clone(),
        trillian: args.trillian_server.to_string(),
        private_key_path: args.private_key_path.clone(),
        password: key::password(&pair, &halves)?,
        public_key: halves.key.public_key().der().into(),
        roots_paths: args.roots_paths(roots.len()),
    };
    let config = published::config(args, published, &asked)?;
    halves.private.insert(CONFIG, config.file);
    for (entry, file) in roots.to_entries() {
        halves.private.insert(entry, file);
    }
    pair.publish(halves).await?;
    let readable = Entries::new().with(CONFIG, config.readable);
    config_map.publish(readable).await?;
    Ok(())
}

/// The chains of the Fulcio that runs, which are those that `createcerts` published.
async fn fulcio_chains(args: &Args, kube: &Kube, pair: &Pair) -> Result<Vec<Chain>> {
    let accepted = roots::accepted(&pair.private)?;
    let chains = served::chains(args).await?;
    served::check(args, kube, &chains, &accepted).await?;
    Ok(chains)
}

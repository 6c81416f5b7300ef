//! Creates the CT log's key and configuration and publishes them in Secrets.
//!
//! The key pair depends on nothing and is published at once: `copysecrets` takes its public half to
//! where the TUF repository is made. The configuration needs the log's tree, which `createtree`
//! publishes, and Fulcio's root; the CT log waits for it. Running it again changes nothing.

mod config;
mod flags;
mod key;

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use certs::Certificate;
use ctfe::Log;
use fulcio::Url;
use gate::{Entries, Gate, Pair};
use job::Refused;

use config::Published;
use flags::Args;
use key::{CONFIG, Key};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args: Args = job::parse();
    job::run(&args.job, || create_ct_config(&args)).await
}

async fn create_ct_config(args: &Args) -> Result<()> {
    let kube = gate::connect().await?;
    let mut pair = Pair::read(&kube, &args.namespace, &args.secret, &args.pubkeysecret).await?;
    let mut config_map = Gate::config_map(&kube, &args.namespace, &args.configmap).await?;

    let published = Published::read(&pair, &config_map)?;
    let mut key = Key::settle(args, &kube, &pair, published.as_ref()).await?;
    if let Some(published) = &published {
        published.check_key(key.public_key.der())?;
        // Beside the password, whose entry ends the ConfigMap's say.
        key.private.extend(pair.missing(&published.to_entries()));
    }
    pair.publish(key.private, key.public).await?;

    let tree_id = config::tree_id(&config_map)?;
    let roots = config::roots(args, &pair, &fulcio_roots(&args.fulcio_url).await?)?;
    let asked = Log {
        tree_id,
        prefix: args.log_prefix.clone(),
        trillian: args.trillian_server.clone(),
        private_key_path: args.private_key_path.clone(),
        password: key.password,
        public_key: key.public_key.der().into(),
        roots_paths: args.roots_paths(roots.len()),
    };
    let config = config::settle(args, published, &asked)?;
    // The roots and the configuration that names them, in one update: the CT log reads both.
    let mut entries = Entries::new().with(CONFIG, config.file);
    for (name, file) in roots.to_entries() {
        entries.insert(name, file);
    }
    pair.private.publish(entries).await?;
    config_map
        .publish(Entries::new().with(CONFIG, config.copy))
        .await?;
    Ok(())
}

async fn fulcio_roots(url: &Url) -> Result<Vec<Certificate>> {
    let chains = match fulcio::chains(url).await {
        Err(error) if error.is_final() => return Err(Refused::because(error).into()),
        chains => chains.context("asking for Fulcio's root")?,
    };
    Ok(chains.iter().map(|chain| chain.root().clone()).collect())
}

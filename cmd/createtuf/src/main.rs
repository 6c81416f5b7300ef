//! Creates, renews and publishes the TUF repository that clients trust.
//!
//! `tufserver` mounts it, clients start from the root beside it, and a CronJob runs this again for
//! ever after: a role past half its life is signed again. Otherwise running it again changes
//! nothing; what is to be trusted changes only when somebody says so.

mod args;
mod files;
mod inputs;
mod original;
mod store;

use std::{cell::RefCell, process::ExitCode};

use anyhow::{Result, bail};
use jiff::Timestamp;
use tracing::warn;

use crate::{args::Args, store::Store};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut args: Args = job::parse();
    // Outside of a Job, each process is a request of its own.
    if args.rotation.is_empty() {
        args.rotation = keys::random_password();
    }
    // Of all tries: the one that publishes may miss the answer.
    let next = RefCell::default();
    job::run(&args.job, async || {
        create_tuf(&args, &next).await?;
        Ok(next.take())
    })
    .await
}

async fn create_tuf(args: &Args, next: &RefCell<Option<String>>) -> Result<()> {
    let kube = gate::connect().await?;
    let mut store = Store::read(&kube, args).await?;
    let now = Timestamp::now();

    // First, and whatever the inputs are: an expired repository stops every client.
    store.publish(None, &args.policy(), now, next).await?;
    let inputs = inputs::read(&kube, args).await;
    if !args.only_signs() {
        let (inputs, policy) = (inputs?, args.policy());
        if policy.accept_changes && store.exists() {
            for difference in store.differences(&inputs, now)? {
                warn!("accepted: {difference}");
            }
        }
        return store.publish(Some(&inputs), &policy, now, next).await;
    }
    if !store.exists() {
        bail!(
            "there is nothing to renew in {store} yet (createtuf without --renew and --rotate makes it)"
        );
    }
    match inputs.and_then(|inputs| store.differences(&inputs, now)) {
        Ok(differences) => {
            for difference in differences {
                warn!("not published: {difference} (createtuf --accept-changes publishes it)");
            }
        }
        Err(error) => warn!("renewed without a look at the inputs: {error:#}"),
    }
    Ok(())
}

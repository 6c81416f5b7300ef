//! Creates, renews and publishes the TUF repository that clients trust.
//!
//! `tufserver` mounts it, clients start from the root beside it, and a CronJob runs this again for
//! ever after: a role past half its life is signed again. Otherwise running it again changes
//! nothing; what is to be trusted changes only when somebody says so.

mod args;
mod checks;
mod files;
mod found;
mod inputs;
mod logs;
mod original_flags;
mod parts;
mod places;
mod plan;
mod record;
mod refusals;
mod secrets;
mod store;

use std::{cell::RefCell, process::ExitCode};

use anyhow::{Result, bail};
use jiff::Timestamp;
use refusal::{Object, sentence};
use tracing::warn;
use trust::Inputs;

use crate::{
    args::Args,
    found::Found,
    plan::{Plan, Request, differences},
    store::Store,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut args: Args = job::parse();
    // Outside of a Job there is no UID to tell requests by: each process is another one.
    if args.rotation.is_empty() {
        args.rotation = keys::random_password();
    }
    // Kept from one try to the next: the one that publishes may miss the answer, and the next one
    // finds nothing to do.
    let advice = RefCell::default();
    job::run(&args.job, async || {
        create_tuf(&args, &advice).await?;
        Ok(advice.take())
    })
    .await
}

async fn create_tuf(args: &Args, advice: &RefCell<Option<String>>) -> Result<()> {
    let kube = gate::connect(args.job.labels(), args.job.annotations()).await?;
    let mut store = Store::read(&kube, args).await?;
    let (policy, now) = (args.policy(), Timestamp::now());
    let mut request = Request {
        inputs: None,
        policy: &policy,
        rotation: &args.rotation,
    };

    // First, and whatever the inputs are: an expired repository stops every client.
    publish(&mut store, &request, now, advice).await?;
    let inputs = inputs::read(&kube, args).await;
    if args.only_signs() {
        return report(&store.found(), inputs, now);
    }
    let inputs = inputs?;
    request.inputs = Some(&inputs);
    publish(&mut store, &request, now, advice).await
}

/// Plans and writes. What is to be done after is said before: the answer may get lost.
async fn publish(
    store: &mut Store,
    request: &Request<'_>,
    now: Timestamp,
    advice: &RefCell<Option<String>>,
) -> Result<()> {
    let found = store.found();
    let Some(plan) = Plan::new(&found, request, now)? else {
        return Ok(());
    };
    let object = &found.repository.object;
    for difference in &plan.accepted {
        warn(object, &format!("accepted: {difference}"));
    }
    for entry in &plan.withdrawn {
        let price = "what was signed under it verifies nowhere any more";
        warn(object, &format!("withdrawn: {entry}: {price}"));
    }
    for path in &plan.too_long {
        let problem = "has more than 32 KiB, which policy-controller can't read";
        warn(object, &format!("{path} {problem}"));
    }
    if plan.advice.is_some() {
        advice.replace(plan.advice.clone());
    }
    store.write(plan).await
}

/// Says which inputs aren't published as they are, when none of them is to be.
fn report(found: &Found, inputs: Result<Inputs>, now: Timestamp) -> Result<()> {
    if let Some(not_yet) = found.no_repository() {
        bail!(not_yet);
    }
    let object = &found.repository.object;
    match inputs.and_then(|inputs| Ok(differences(found, &inputs, now)?)) {
        Ok(differences) => {
            for difference in differences {
                let way_out = "createtuf --accept-changes publishes it";
                warn(object, &format!("not published: {difference} ({way_out})"));
            }
        }
        Err(error) => {
            let cause = sentence(error.as_ref());
            warn(
                object,
                &format!("renewed without a look at the inputs: {cause}"),
            );
        }
    }
    Ok(())
}

fn warn(object: &Object, text: &str) {
    warn!(
        %object,
        namespace = object.namespace(),
        name = object.name(),
        "{text}"
    );
}

//! What clusters do to a stack: the phases of `hack/chaos.sh`, with a database or without.
//!
//! Servers, Jobs, the API server and the database die at any moment, objects get lost, Jobs run
//! twice. After each of it the first signature verifies, and a second one can be made.

#![expect(clippy::print_stdout, reason = "what it counts is what it is for")]

mod database;
mod halves;
mod kill;
mod lose;
mod race;
mod stack;
mod tiles;
mod trees;

use std::{process::ExitCode, time::Duration};

use anyhow::Result;
use clap::Parser;
use e2e::Phases;
use fastrand::Rng;

use stack::Stack;

#[derive(Parser)]
#[command(
    version,
    about = "Breaks a stack on a real cluster, and looks what holds afterwards"
)]
struct Args {
    /// Stand-ups whose Jobs are killed at random moments
    #[arg(long, default_value_t = 3)]
    rounds: usize,

    /// Times that two of every Job run at once
    #[arg(long, default_value_t = 3)]
    races: usize,

    /// Of the random moments; it is printed [default: another one each time]
    #[arg(long)]
    seed: Option<u64>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let args = Args::parse();
    let seed = args.seed.unwrap_or_else(|| fastrand::u64(..=9999));
    println!("seed {seed}");
    let mut rng = Rng::with_seed(seed);
    let stack = Stack::connect().await?;
    let mut phases = Phases::default();
    if stand_up(&stack, &mut phases, &mut rng).await {
        lose(&stack, &mut phases).await;
        match stack.has_database() {
            true => lose_what_trees_need(&stack, &mut phases).await,
            false => lose_what_tiles_need(&stack, &mut phases).await,
        }
        let what = "tuf-system deleted: a new root that trusts the same";
        phases.run(what, stack.works_after(lose::tuf(&stack))).await;
        if stack.has_database() {
            let what = "createtree killed before it publishes its tree";
            phases.run(what, kill::createtree(&stack)).await;
        }
        // It removes the namespaces of the tree above, too.
        let what = format!("two of every Job at once, {} times", args.races);
        phases.run(&what, race::race(&stack, args.races)).await;
        if stack.has_database() {
            lose_trees(&stack, &mut phases, &mut rng).await;
        }
        let killed = stand_up_again(&stack, &mut phases, &mut rng, args.rounds).await;
        if stack.has_database() {
            println!("{}", stack.trees());
        }
        println!("processes of Jobs killed: {killed}");
    }
    Ok(phases.end())
}

/// Returns whether there is a stack that the rest can be done to.
async fn stand_up(stack: &Stack, phases: &mut Phases, rng: &mut Rng) -> bool {
    let client = stack.client_anew();
    if !phases.run("a client in the cluster", client).await {
        return false;
    }
    let what = "stand-up, the API server killed meanwhile";
    let fault = kill::api_server(rng);
    phases.run(what, stack.stand_up_under(fault)).await
}

async fn lose(stack: &Stack, phases: &mut Phases) {
    let retry = stack.works_after(stack.unchanged_by(stack.retry()));
    phases
        .run("every Job deleted: nothing changes", retry)
        .await;
    let kill = stack.works_after(stack.unchanged_by(kill::servers(stack)));
    phases.run("every pod deleted: nothing changes", kill).await;
    let copies = halves::check_no_private_copies(&stack.cluster);
    phases
        .run("no private key outside its namespace", copies)
        .await;
}

async fn lose_what_trees_need(stack: &Stack, phases: &mut Phases) {
    let what = "rekor-config and the config of ctlog-secret: the same again";
    phases
        .run(what, stack.works_after(lose::tree_and_config(stack)))
        .await;
    let what = "every namespace but trillian-system lost, put back from a backup";
    phases
        .run(what, stack.works_after(lose::all_but_the_database(stack)))
        .await;
}

async fn lose_what_tiles_need(stack: &Stack, phases: &mut Phases) {
    let what = "the public halves lost: the same again";
    phases
        .run(what, stack.works_after(tiles::public_halves(stack)))
        .await;
    let what = "what is recorded of the logs lost: refused, until it is put back";
    phases
        .run(what, stack.works_after(tiles::recorded(stack)))
        .await;
    let what = "every Secret and ConfigMap lost, put back from a backup";
    phases
        .run(what, stack.works_after(tiles::all_but_the_volumes(stack)))
        .await;
    let what = "three record each log at once, while entries come in";
    phases
        .run(what, stack.works_after(tiles::record_at_once(stack)))
        .await;
}

async fn lose_trees(stack: &Stack, phases: &mut Phases, rng: &mut Rng) {
    let what = "the database lost: refused, with the way out";
    phases.run(what, lose::database(stack)).await;
    let what = "the way out: new trees, the same keys";
    phases
        .run(what, stack.works_after(lose::start_new_trees()))
        .await;
    let what = "stand-up, the database down, another killed 10 times";
    let fault = database::take_down(stack, Duration::from_secs(60), rng);
    phases.run(what, stack.lasts_under(fault)).await;
}

/// Returns how many processes of Jobs were killed.
async fn stand_up_again(stack: &Stack, phases: &mut Phases, rng: &mut Rng, rounds: usize) -> usize {
    let mut killed = 0;
    for round in 1..=rounds {
        let what = format!("stand-up, Jobs killed at random, {round} of {rounds}");
        let fault = async {
            killed += kill::jobs(stack, rng).await?;
            Ok(())
        };
        phases.run(&what, stack.lasts_under(fault)).await;
    }
    killed
}

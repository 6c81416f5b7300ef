//! Every component below `config/components`, used as `docs/customize.md` has people use it:
//! kubectl renders it alone and beside the others, in each of the three stacks. Nothing that comes
//! out refers to what isn't there, and it differs from the stack by what its components are for.
//!
//! Each is tried alone, with all others, and all others without it; and every two in the stack that
//! has all that the other two have. `COMBINATIONS=all` takes every combination.

#![expect(clippy::print_stdout, reason = "the lines are what it is for")]

mod changes;
mod component;
mod rendered;
mod whole;

use std::{collections::BTreeSet, env, fs, path::Path, process::ExitCode, thread};

use anyhow::{Context as _, Result, anyhow, ensure};
use e2e::{Phases, process::CHECKOUT};

use crate::{changes::Changes, component::Component, rendered::Rendered};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let components = Component::documented()?;
    let mut phases = Phases::default();
    let mut table = BTreeSet::new();
    for (stack, most) in STACKS {
        let sets = combinations(components.len(), most);
        let what = format!("{stack}: {} combinations of components", sets.len());
        let check = async { check(stack, &components, &sets).map(|lines| table.extend(lines)) };
        phases.run(&what, check).await;
    }
    let compare = async { compare(&table) };
    phases
        .run(&format!("{TABLE} says what each changes"), compare)
        .await;
    println!("{} components", components.len());
    Ok(phases.end())
}

/// Checks every combination in one stack. Returns what each component changes there.
fn check(stack: &str, components: &[Component], sets: &[Vec<usize>]) -> Result<Vec<String>> {
    let stack_itself = Rendered::of(stack, &[])?;
    whole::check(&stack_itself, &[])?;
    let alone = |component: &Component| {
        Changes::between(&stack_itself, &Rendered::of(stack, &[component])?)
    };
    let alone: Vec<Changes> = components.iter().map(alone).collect::<Result<_>>()?;
    let one = |set: &Vec<usize>| -> Result<()> {
        let used: Vec<_> = set.iter().map(|at| &components[*at]).collect();
        let rendered = Rendered::of(stack, &used)?;
        whole::check(&rendered, &used)?;
        let together = Changes::between(&stack_itself, &rendered)?;
        let each: Vec<_> = set.iter().map(|at| &alone[*at]).collect();
        together.are_those_of(&each)
    };
    let workers = thread::available_parallelism()?.get();
    thread::scope(|scope| {
        let share = |worker| sets.iter().skip(worker).step_by(workers);
        let run = |worker| {
            scope.spawn(move || {
                share(worker).try_for_each(|set| {
                    let names: Vec<_> = set.iter().map(|at| &*components[*at].name).collect();
                    one(set).with_context(|| format!("{stack} with {}", names.join(", ")))
                })
            })
        };
        let workers: Vec<_> = (0..workers).map(run).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().map_err(|_| anyhow!("a worker panicked"))?)
    })?;
    let lines = components.iter().zip(&alone);
    Ok(lines
        .flat_map(|(component, changes)| changes.lines(&component.name))
        .collect())
}

/// Which components are used together, by their places: in the order of the page, as people are
/// told to list them. Up to `most` of them, or nearly all.
fn combinations(count: usize, most: usize) -> Vec<Vec<usize>> {
    let every = env::var_os("COMBINATIONS").is_some_and(|wanted| wanted == "all");
    let sets = (1_u32..1 << count).filter(|set| {
        let size = set.count_ones() as usize;
        every || size <= most || size + 1 >= count
    });
    sets.map(|set| (0..count).filter(|at| set & (1 << at) != 0).collect())
        .collect()
}

/// Compares the table with what was seen. `UPDATE=1` writes it anew.
fn compare(seen: &BTreeSet<String>) -> Result<()> {
    let file = Path::new(CHECKOUT).join(TABLE);
    let seen: String = seen.iter().map(|line| format!("{line}\n")).collect();
    if env::var_os("UPDATE").is_some() {
        return fs::write(&file, seen).context(TABLE);
    }
    let table = fs::read_to_string(&file).context(TABLE)?;
    let (said, seen): (BTreeSet<_>, BTreeSet<_>) =
        (table.lines().collect(), seen.lines().collect());
    ensure!(said == seen, "only in one of the two: {:#?}", &said ^ &seen);
    Ok(())
}

/// The stacks, and how many components are combined in all ways.
const STACKS: [(&str, usize); 3] = [("config", 1), ("config/tiles", 1), ("config/both", 2)];
const TABLE: &str = "test/data/components.txt";

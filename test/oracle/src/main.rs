//! What people bring, judged by our Jobs and by the code of the servers and clients.
//!
//! Every input is given to the Job that makes what the server waits for, in a cluster of its own,
//! and to an oracle, which calls the server's own functions. The verdicts are to be the same. Where
//! they aren't, `differences.txt` says why; `table.txt` has all of them, with both reasons.
//!
//! `hack/oracle.sh` builds what this needs. With arguments, only inputs are looked at whose names
//! begin with one of them, and the tables stay as they are.

#![allow(clippy::print_stdout, clippy::print_stderr)] // It is a report.

mod chains;
mod input;
mod job;
mod keys;
mod openssl;
mod oracle;
mod table;

use std::{
    env,
    panic::{self, AssertUnwindSafe, catch_unwind},
    path::Path,
    process::ExitCode,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use anyhow::{Context as _, Result, anyhow};

use input::Input;
use oracle::Oracles;
use table::Table;

fn main() -> ExitCode {
    let start = Instant::now();
    let names: Vec<String> = env::args().skip(1).collect();
    let result = compare(&names);
    println!("{} s", start.elapsed().as_secs());
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn compare(names: &[String]) -> Result<()> {
    let own = env::current_exe()?;
    let jobs = own.parent().context("this program is in a folder")?;
    let target = jobs.parent().context("that folder is in another")?;
    let mut inputs = keys::inputs(&target.join("oracle/keys"))?;
    inputs.extend(chains::inputs(&target.join("oracle/keys"))?);
    inputs.retain(|input| names.is_empty() || names.iter().any(|name| input.id.starts_with(name)));
    // What a thread panics with becomes a line of the report.
    panic::set_hook(Box::new(|_| ()));
    let table = judge_all(&inputs, jobs, &target.join("oracle"))?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    match names {
        [] => table.check(folder, env::var_os("UPDATE").is_some()),
        _ => {
            print!("{table}");
            table.failed()
        }
    }
}

/// Asks about all inputs, several at once.
fn judge_all(inputs: &[Input], jobs: &Path, oracles: &Path) -> Result<Table> {
    let next = AtomicUsize::new(0);
    let table = Mutex::new(Table::default());
    let work = || -> Result<()> {
        let mut oracles = Oracles::in_folder(oracles);
        while let Some(input) = inputs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let answer = input.ask(&mut oracles)?;
            let verdict = catch_unwind(AssertUnwindSafe(|| job::judge(input, jobs, &mut oracles)));
            let verdict = verdict.unwrap_or_else(|panic| Err(anyhow!("{}", message(&*panic))));
            let mut table = table.lock().expect("nobody panics with it");
            table.add(&input.id, answer, verdict);
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        let ended = workers
            .into_iter()
            .map(|worker| worker.join().expect("it catches panics"));
        ended.collect::<Result<()>>()
    })?;
    Ok(table.into_inner().expect("nobody panicked with it"))
}

fn message(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied())
        .unwrap_or("it panicked")
}

/// More than there are processors: each waits for a Job half of the time.
const WORKERS: usize = 4;

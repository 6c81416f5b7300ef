//! The library, for scripts.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what it prints is its answer"
)]

use std::{path::Path, process::ExitCode};

use anyhow::Result;
use clap::Parser;

#[derive(Parser)]
#[command(version, about)]
enum Task {
    /// Print the first block of commands below a line
    Block {
        /// Path in the checkout, e.g. README.md
        file: String,
        /// A part of the line
        above: String,
    },
    /// Print the first command in a row of a table
    Row {
        /// Path in the checkout, e.g. README.md
        file: String,
        /// The row's first cell
        cell: String,
    },
    /// Print the pages of docs/ that `run` runs
    List,
    /// Run pages' commands in their order on the cluster of `hack/cluster`, compare what they show
    Run {
        /// Paths in the checkout, e.g. docs/remove.md
        #[arg(required = true)]
        pages: Vec<String>,
    },
}

fn main() -> ExitCode {
    match answer(Task::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("docs: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn answer(task: Task) -> Result<ExitCode> {
    match task {
        Task::Block { file, above } => println!("{}", docs::block(&file, &above)?),
        Task::Row { file, cell } => println!("{}", docs::row(&file, &cell)?),
        Task::List => println!("{}", docs::run::pages()?.join("\n")),
        Task::Run { pages } => return run(&pages),
    }
    Ok(ExitCode::SUCCESS)
}

fn run(pages: &[String]) -> Result<ExitCode> {
    let checkout = Path::new(docs::CHECKOUT).canonicalize()?;
    let (mut passed, mut failed) = (0, 0);
    for (number, page) in pages.iter().enumerate() {
        docs::run::empty(&checkout, number == 0)?;
        let counted = docs::run::run(&checkout, page)?;
        (passed, failed) = (passed + counted.0, failed + counted.1);
    }
    println!("{passed} passed, {failed} failed");
    Ok(if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

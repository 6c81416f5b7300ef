//! The library, for scripts.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what it prints is its answer"
)]

use std::process::ExitCode;

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
}

fn main() -> ExitCode {
    let commands = match Task::parse() {
        Task::Block { file, above } => docs::block(&file, &above),
        Task::Row { file, cell } => docs::row(&file, &cell),
    };
    match commands {
        Ok(commands) => {
            println!("{commands}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("docs: {error:#}");
            ExitCode::FAILURE
        }
    }
}

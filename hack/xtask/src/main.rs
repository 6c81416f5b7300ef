//! `cargo xtask`: what a checkout needs beyond cargo itself.
//!
//! `image` packs any files as an image, which is how `hack/cluster` makes stand-ins for
//! images that it can't pull.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what a command-line tool prints is its answer"
)]

mod layer;
mod oci;
mod pack;

use std::process::ExitCode;

use clap::Parser;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, about)]
enum Task {
    Image(pack::Options),
}

fn main() -> ExitCode {
    let done = match Task::parse() {
        Task::Image(options) => pack::image(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

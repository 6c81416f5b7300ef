//! `cargo xtask`: what a checkout needs beyond cargo itself.
//!
//! `images` builds this repository's programs as images; `resolve` pushes them, can copy the images
//! of others beside them, and prints the manifests of `config/` with their digests. `programs` has
//! what runs without a cluster. `image` packs any files as an image, which is how `hack/cluster`
//! makes stand-ins for images that it can't pull.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what a command-line tool prints is its answer"
)]

mod archive;
mod binaries;
mod images;
mod layer;
mod manifests;
mod mirror;
mod oci;
mod pack;
mod programs;
mod registry;

use std::process::ExitCode;

use clap::Parser;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, about)]
enum Task {
    Image(Box<pack::Options>),
    Images(images::Options),
    Programs(programs::Options),
    Resolve(manifests::Options),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let done = match Task::parse() {
        Task::Image(options) => pack::image(&options),
        Task::Images(options) => images::images(&options).await,
        Task::Programs(options) => programs::programs(&options),
        Task::Resolve(options) => manifests::resolve(&options).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", format!("{error:#}").replace('\n', "; "));
            ExitCode::FAILURE
        }
    }
}

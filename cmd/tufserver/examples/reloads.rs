//! `reloads TUFSERVER FOLDER`: starts the server over a repository in an empty folder, replaces it
//! 1,000 times while clients walk it, and prints what came of it. `hack/bench-tufserver.sh` runs
//! this, and goes on with the folder.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    dead_code,
    reason = "a test, with the tests' own helpers"
)]

#[path = "../tests/tufserver/client.rs"]
mod client;
#[path = "../tests/tufserver/load.rs"]
mod load;
#[path = "../tests/tufserver/repository.rs"]
mod repository;
#[path = "../tests/tufserver/server.rs"]
mod server;

use std::{env, path::PathBuf, process::ExitCode, time::Instant};

use load::Load;
use repository::{Publisher, mount};
use server::Server;

fn main() -> ExitCode {
    let [binary, folder] = [1, 2].map(|index| PathBuf::from(env::args().nth(index).unwrap()));
    let mut publisher = Publisher::new();
    mount(&folder, &publisher.archive());
    let server = Server::start(&binary, &folder.join("repository"));
    let start = Instant::now();
    let Load {
        walks,
        requests,
        failures,
    } = load::reloads(&server, &folder, &mut publisher, RELOADS);
    println!(
        "{RELOADS} reloads in {} s under load: {walks} walks, {requests} requests, {} failed",
        start.elapsed().as_secs(),
        failures.len(),
    );
    for failure in &failures {
        println!("{failure}");
    }
    ExitCode::from(u8::from(!failures.is_empty()))
}

const RELOADS: u64 = 1000;

//! Serves the TUF repository that `createtuf` publishes.
//!
//! Clients of the stack ask it for metadata and targets. The repository is a mounted Secret: when
//! Kubernetes replaces it, what is served is replaced as a whole, between two requests.

mod http;
mod metrics;
mod site;
mod source;

use std::{path::PathBuf, process::ExitCode, sync::Arc, thread};

use anyhow::Result;
use clap::Parser;
use tokio::sync::watch;
use tracing::error;

use crate::source::Source;

#[derive(Parser)]
#[command(version, about)]
struct Args {
    /// The repository as a tar.gz: `repository` of the Secret that createtuf writes
    #[arg(long, value_name = "FILE", default_value = "/var/run/tuf/repository")]
    repository: PathBuf,

    #[command(flatten)]
    ports: web::Ports,

    #[command(flatten)]
    _log: job::LogOptions,
}

fn main() -> ExitCode {
    let args: Args = job::parse();
    match serve(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            error!("{failure:#}");
            ExitCode::FAILURE
        }
    }
}

fn serve(args: Args) -> Result<()> {
    let listening = args.ports.listen()?;
    let (sender, served) = watch::channel(None);
    let (traffic, reloads) = metrics::metrics(served.clone());
    let traffic = Arc::new(traffic);
    let source = Source::new(args.repository, sender, reloads);
    thread::spawn(|| source.watch());

    let to_client = {
        let (served, traffic) = (served.clone(), traffic.clone());
        move |request: &_| {
            let answer = http::to_client(&served, request);
            traffic.count(request, &answer);
            answer
        }
    };
    let to_cluster = move |request: &_| {
        let is_ready = served.borrow().as_ref().map(|_| ());
        web::to_cluster(request, is_ready.ok_or(http::NOTHING_YET), || {
            traffic.text()
        })
    };
    listening.serve(to_client, to_cluster)
}

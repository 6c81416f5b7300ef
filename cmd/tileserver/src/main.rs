//! Serves the checkpoint, the tiles and the issuers of a log from its volume.
//!
//! Rekor v2 and TesseraCT write these files, and don't serve them: monitors and auditors ask here,
//! and so does `createlog`. What else is on the volume is nobody's business.

mod file;
mod http;
mod metrics;
mod path;

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::Result;
use clap::Parser;
use tracing::error;

use crate::file::Volume;

#[derive(Parser)]
#[command(version, about)]
struct Args {
    /// The log's volume: the server's --storage-dir or --storage_dir
    #[arg(long, value_name = "FOLDER", default_value = "/storage")]
    volume: PathBuf,

    /// Serve the files below this path too, such as /api/v2, where clients of Rekor look for them
    #[arg(long, value_name = "PATH", default_value = "", hide_default_value = true,
        value_parser = path::prefix)]
    prefix: String,

    /// The newest checkpoint that createlog recorded, for /metrics: `checkpoint` of the log's
    /// ConfigMap
    #[arg(long, value_name = "FILE")]
    recorded: Option<PathBuf>,

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
    let volume = Arc::new(Volume::new(args.volume));
    let traffic = Arc::new(metrics::metrics(volume.clone(), args.recorded));

    let to_client = {
        let (volume, traffic) = (volume.clone(), traffic.clone());
        move |request: &_| {
            let answer = http::to_client(&volume, &args.prefix, request);
            traffic.count(request, &answer);
            answer
        }
    };
    let to_cluster = move |request: &_| {
        let is_ready = volume.is_there().then_some(());
        web::to_cluster(request, is_ready.ok_or("there is no volume\n"), || {
            traffic.text()
        })
    };
    listening.serve(to_client, to_cluster)
}

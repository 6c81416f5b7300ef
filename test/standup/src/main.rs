//! Runs the whole stack's Jobs on this machine: no cluster, no root, no network.
//!
//! The Jobs, their accounts, Roles and arguments are those of `config/`; the binaries are the real
//! ones. Kubernetes is the embedded one that the tests run on. The servers are stand-ins, and in
//! the end the real TUF server serves the repository, and a TUF client that isn't ours starts from
//! it; or, with `--servers`, they are the real ones, and clients sign with them.

#![expect(clippy::print_stdout, reason = "what it shows is what it is for")]

mod background;
mod binaries;
mod board;
mod client;
mod guard;
mod images;
mod keep;
mod kubelet;
mod programs;
mod servers;
mod stack;
mod stand_ins;
mod state;
mod tilelog;
mod token;
mod variables;

use std::{
    env,
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result, anyhow};
use clap::{Parser, Subcommand};
use testbed::{Kubernetes, Manifest, Pod};
use tokio::signal::unix::{SignalKind, signal};

use kubelet::{Kind, Kubelet};
use stand_ins::StandIns;

#[derive(Parser)]
#[command(version, about, args_conflicts_with_subcommands = true)]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,

    /// Folder of the manifests; kubectl renders one that has nothing but a Kustomization. config,
    /// or with --servers config/tiles
    #[arg(long, value_name = "DIR")]
    config: Option<PathBuf>,

    /// Write every object into this folder, as YAML (private keys, too)
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,

    /// Stay up, with the TUF server and the API server
    #[arg(long, conflicts_with = "servers")]
    serve: bool,

    /// Run the real servers, on loopback, for clients to sign with, until Ctrl-C
    #[arg(long)]
    servers: bool,

    /// Keep keys, logs and trust in this folder, and go on with those that are there; without it,
    /// all is new, and gone afterwards
    #[arg(long, value_name = "DIR", requires = "servers")]
    state: Option<PathBuf>,

    /// Stay up in the background, and print what clients read as commands of a shell
    #[arg(long, requires = "servers")]
    env: bool,

    /// Stay up in the background, and print what clients read as JSON
    #[arg(long, requires = "servers", conflicts_with = "env")]
    json: bool,

    /// Append what clients read to this file, a NAME=VALUE for each line ($GITHUB_ENV)
    #[arg(long, value_name = "FILE", requires = "servers")]
    env_file: Option<PathBuf>,

    #[arg(long, hide = true)]
    background: bool,
}

#[derive(Subcommand)]
enum Command {
    /// End the stack that runs in a folder
    Stop {
        #[command(flatten)]
        running: Running,
    },
    /// Print an identity token of a stack that runs, for whomever you name: this is for tests
    Token {
        #[command(flatten)]
        identity: Box<token::Identity>,
        #[command(flatten)]
        running: Running,
    },
    #[command(hide = true)]
    Guard { temporary: Option<PathBuf> },
}

/// A stack that runs.
#[derive(clap::Args)]
struct Running {
    /// Its folder, as STANDUP_STATE says that --env prints
    #[arg(long, value_name = "DIR", env = "STANDUP_STATE")]
    state: PathBuf,
}

fn main() -> ExitCode {
    let mut args = Args::parse();
    let done = match args.command.take() {
        Some(Command::Guard { temporary }) => return guard::run(temporary.as_deref()),
        Some(Command::Stop { running }) => state::stop(&running.state),
        Some(Command::Token { identity, running }) => token(*identity, &running.state),
        None if (args.env || args.json) && !args.background => {
            background::start().map(|variables| print!("{variables}"))
        }
        None => return stay(&args),
    };
    exit_code(done)
}

fn exit_code(done: Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "standup: {failure:#}");
            ExitCode::FAILURE
        }
    }
}

fn token(identity: token::Identity, folder: &Path) -> Result<()> {
    let issuer = state::running_issuer(folder)?;
    let bearer = identity.bearer().context("nobody is named")?;
    println!("{}", issuer.token(&bearer));
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn stay(args: &Args) -> ExitCode {
    tokio::select! {
        stood_up = stand_up(args) => exit_code(stood_up),
        () = interrupted() => ExitCode::from(INTERRUPTED),
    }
}

async fn stand_up(args: &Args) -> Result<()> {
    let stack = if args.servers {
        "config/tiles"
    } else {
        "config"
    };
    let config = args.config.clone().unwrap_or_else(|| home().join(stack));
    if !args.servers {
        return with_stand_ins(args, &config).await;
    }
    if args.background {
        background::detach()?;
    }
    let (state, keep) = (args.state.as_deref(), args.keep.as_deref());
    let tell = |variables: &variables::Variables, ready: &str| {
        if let Some(file) = &args.env_file {
            variables.append_to(file)?;
        }
        match args.background {
            true => background::tell(variables, ready, args.json),
            false => stack::show(variables, ready),
        }
    };
    stack::run(&config, state, keep, tell).await
}

async fn with_stand_ins(args: &Args, config: &Path) -> Result<()> {
    let manifests = Manifest::read(config).map_err(|cause| anyhow!(cause))?;
    kubelet::check(&manifests)?;
    let pods = Pod::read_all(&manifests).map_err(|cause| anyhow!(cause))?;
    images::check(&pods)?;
    let binaries = binaries::build()?;

    let kubernetes = Kubernetes::empty();
    kubelet::apply(&kubernetes, &manifests)?;
    let stand_ins = StandIns::new(&kubernetes, &binaries);
    let mut kubelet = Kubelet::new(&kubernetes, &pods, Kind::StandIns(Box::new(stand_ins)));
    kubelet.run().await?;
    keep::show(&kubernetes);

    let stand_ins = kubelet.stand_ins().context("no stand-ins")?;
    let (_server, tuf) = stand_ins.tuf_server(&pods)?;
    let trust = client::initialise(&kubernetes, &tuf).await;
    println!("{}", trust.context("initialising a TUF client")?);
    match &args.keep {
        Some(folder) => {
            keep::write(&kubernetes, folder)?;
            println!("every object is in {}", folder.display());
        }
        None => println!("--keep DIR writes every object as YAML, --serve stays up"),
    }
    if args.serve {
        let kubeconfig = kubernetes.administrator();
        let kubeconfig = kubeconfig.path().display();
        println!("TUF repository: {tuf}/1.root.json");
        println!(
            "API server: kubectl --kubeconfig {kubeconfig} get --raw \
             /api/v1/namespaces/tuf-system/configmaps/sigstore-trust"
        );
        std::future::pending::<()>().await;
    }
    Ok(())
}

/// The checkout, or the folder of a release: where `config` is, above this program.
fn home() -> PathBuf {
    let own = env::current_exe().unwrap_or_default();
    // Cargo says so to what it runs.
    let package = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let folders = [Some(own), package].into_iter().flatten();
    let mut above = folders.flat_map(|it| it.ancestors().map(Path::to_owned).collect::<Vec<_>>());
    above
        .find(|folder| folder.join("config/tiles").is_dir())
        .unwrap_or_default()
}

/// Waits for Ctrl-C, or for SIGTERM.
async fn interrupted() {
    let handler = |kind| signal(kind).expect("the runtime has its signal driver");
    let (mut interrupt, mut terminate) = (
        handler(SignalKind::interrupt()),
        handler(SignalKind::terminate()),
    );
    tokio::select! {
        _ = interrupt.recv() => (),
        _ = terminate.recv() => (),
    }
}

const INTERRUPTED: u8 = 130;

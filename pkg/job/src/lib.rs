//! The runtime of a Job: options, logging, the loop, its deadline, signals and the exit code.
//!
//! A Job's `main` parses its flags with [`parse`] and hands its work to [`run`]. "Not yet" (a
//! dependency that is starting, an object nobody has written) is an error like any other: `run`
//! calls the whole work again until `--timeout`. Nothing else retries.
//!
//! ```
//! use std::process::ExitCode;
//!
//! use clap::Parser;
//! use scaffolding_job as job;
//!
//! #[derive(Parser)]
//! struct Args {
//!     /// Whom to greet
//!     #[arg(long, default_value = "the stack")]
//!     name: String,
//!
//!     #[command(flatten)]
//!     job: job::Options,
//! }
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> ExitCode {
//!     let args: Args = job::parse();
//!     job::run(&args.job, async || anyhow::Ok(drop(format!("hello, {}", args.name)))).await
//! }
//! ```

mod flags;
mod judge;
mod labels;
mod log;
mod reference;

use std::{
    cell::RefCell, collections::BTreeMap, future::Future, process::ExitCode, time::Duration,
};

use refusal::{refusals_in, sentence};
use tokio::{
    signal::unix::{SignalKind, signal},
    time::{Instant, sleep},
};
use tracing::{error, info, warn};

pub use address::{Target, url};
pub use flags::{LogOptions, boolean, lifetime, name, parse, parse_from, password_file};
pub use judge::OrRefuse;
pub use reference::Reference;

use labels::Marks;

/// Options that every Job takes.
#[derive(clap::Args, Debug, Clone)]
pub struct Options {
    /// How long to wait for what isn't there yet, such as 90s or 10m
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "10m",
        value_parser = humantime::parse_duration
    )]
    timeout: Duration,

    #[command(flatten)]
    marks: Marks,

    #[command(flatten)]
    log: LogOptions,
}

impl Options {
    /// The labels of what the Job makes.
    pub fn labels(&self) -> BTreeMap<String, String> {
        self.marks.labels.iter().cloned().collect()
    }

    /// The annotations of what the Job makes.
    pub fn annotations(&self) -> BTreeMap<String, String> {
        self.marks.annotations.iter().cloned().collect()
    }
}

/// Does `work` until it succeeds, the deadline passes, a signal arrives or it is refused.
///
/// The Job's `podFailurePolicy` and scripts rely on the exit code: 0 the gate is open, 1 gave up at
/// the deadline, 3 [refused](refusal::Refusal), 143 stopped by SIGTERM or SIGINT. (2, wrong flags,
/// is clap's.) The last line of the log says why; Kubernetes makes it the termination message.
pub async fn run<T: Into<Done>, F: Future<Output = anyhow::Result<T>>>(
    options: &Options,
    work: impl FnMut() -> F,
) -> ExitCode {
    let timeout = options.timeout;
    let last = RefCell::new(String::from("it had no time to try"));
    tokio::select! {
        biased;
        name = terminated() => {
            error!("stopped by {name}: {}", last.borrow());
            ExitCode::from(STOPPED)
        }
        done = persist(work, &last) => match done {
            Ok(done) => { info!("{}", done.into().0); ExitCode::SUCCESS }
            Err(failure) => { tell_refused(&failure); ExitCode::from(REFUSED) }
        },
        () = sleep(timeout) => {
            error!("gave up after {}: {}", humantime::format_duration(timeout), last.borrow());
            ExitCode::FAILURE
        }
    }
}

/// The last line of a Job that succeeded: "done", and what a person is to do next.
pub struct Done(String);

impl From<()> for Done {
    fn from((): ()) -> Self {
        Self("done".into())
    }
}

impl From<Option<String>> for Done {
    fn from(next: Option<String>) -> Self {
        next.map_or_else(|| ().into(), |next| Self(format!("done: {next}")))
    }
}

/// Calls `work` until it succeeds or is refused. A failure is logged unless the last one was the
/// same.
///
/// A pause is a tenth of the time waited so far: so the gate opens at most 10 % later than it
/// could, and a server that takes long isn't asked all the time.
async fn persist<T, F: Future<Output = anyhow::Result<T>>>(
    mut work: impl FnMut() -> F,
    last: &RefCell<String>,
) -> anyhow::Result<T> {
    let start = Instant::now();
    loop {
        let failure = match work().await {
            Ok(done) => return Ok(done),
            Err(failure) => failure,
        };
        if !refusals_in(failure.as_ref()).is_empty() {
            return Err(failure);
        }
        let text = sentence(failure.as_ref());
        if *last.borrow() != text {
            warn!("not yet: {text}");
            last.replace(text);
        }
        sleep((start.elapsed() / 10).clamp(SHORTEST_PAUSE, LONGEST_PAUSE)).await;
    }
}

/// A line for each thing that a person has to decide.
fn tell_refused(failure: &anyhow::Error) {
    for refusal in refusals_in(failure.as_ref()) {
        let object = refusal.object();
        error!(
            %object,
            namespace = object.namespace(),
            name = object.name(),
            "refused: {refusal}"
        );
    }
}

/// Waits for SIGTERM or SIGINT, and returns its name. Without this, a Job couldn't be stopped: it
/// is process 1 of its container, for which Linux ignores signals that the process doesn't handle.
pub async fn terminated() -> &'static str {
    let handler = |kind| signal(kind).expect("the runtime has its signal driver");
    let mut term = handler(SignalKind::terminate());
    let mut interrupt = handler(SignalKind::interrupt());
    tokio::select! {
        _ = term.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    }
}

const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
const REFUSED: u8 = 3;
const STOPPED: u8 = 128 + 15;

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use anyhow::{Context as _, anyhow};
    use refusal::Refusal;

    use super::*;

    fn within(timeout: Duration) -> Options {
        Options {
            timeout,
            marks: Marks::default(),
            log: LogOptions::default(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_fails_at_first_is_done_again_until_it_succeeds() {
        let tries = Cell::new(0);
        let code = run(&within(Duration::from_secs(60)), || async {
            tries.set(tries.get() + 1);
            if tries.get() < 4 {
                Err(anyhow!("not there"))
            } else {
                Ok(())
            }
        })
        .await;
        assert_eq!((code, tries.get()), (ExitCode::SUCCESS, 4));
    }

    #[tokio::test(start_paused = true)]
    async fn gives_up_at_the_deadline() {
        let start = Instant::now();
        let code = run(&within(Duration::from_secs(60)), || async {
            Err::<(), _>(anyhow!("not there"))
        })
        .await;
        assert_eq!((code, start.elapsed().as_secs()), (ExitCode::FAILURE, 60));
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_hangs_ends_at_the_deadline_too() {
        let code = run(
            &within(Duration::from_secs(60)),
            std::future::pending::<anyhow::Result<()>>,
        )
        .await;
        assert_eq!(code, ExitCode::FAILURE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_deep_in_the_causes_ends_it_at_once() {
        let start = Instant::now();
        let code = run(&within(Duration::from_secs(60)), || async {
            Err::<(), _>(anyhow::Error::new(Refusal::new(
                "tree 42",
                "isn't there",
                "restore it",
            )))
            .context("reading the gate")
        })
        .await;
        assert_eq!(
            (code, start.elapsed()),
            (ExitCode::from(REFUSED), Duration::ZERO)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_are_a_tenth_of_the_time_waited_between_a_tenth_of_a_second_and_five() {
        let start = Instant::now();
        let tries = RefCell::new(Vec::new());
        run(&within(Duration::from_secs(600)), || async {
            tries.borrow_mut().push(start.elapsed());
            Err::<(), _>(anyhow!("not there"))
        })
        .await;
        let tries = tries.into_inner();
        for (earlier, later) in tries.iter().zip(&tries[1..]) {
            let pause = (*earlier / 10).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
            let slack = Duration::from_millis(2); // tokio's timer has a resolution of 1 ms
            assert!(
                later.abs_diff(*earlier + pause) <= slack,
                "{earlier:?} {later:?}"
            );
        }
    }
}

//! Log lines on standard error.
//!
//! Only what this project's own crates log is written. kube logs whole answers of the API server
//! when it can't read them, and those may be Secrets.

use std::fmt;

use clap::ValueEnum;
use tracing::{Level, field::Field};
use tracing_subscriber::{
    filter::Targets,
    fmt::{format, layer},
    prelude::*,
};

/// How a log line is written. (The variants' comments are the text of `--help`.)
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum Format {
    /// For people: a level and a sentence, which names what it is about
    #[default]
    Text,
    /// For collectors: an object with the time, the level, the sentence, and what it is about in
    /// fields
    Json,
}

/// Starts the log of `program`. Does nothing when one has been started.
pub(crate) fn start(program: &str, format: Format) {
    let lines = layer()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_target(false);
    let lines = match format {
        // The kubelet stamps each line with the time.
        Format::Text => lines
            .without_time()
            .fmt_fields(format::debug_fn(sentence))
            .boxed(),
        Format::Json => lines.json().flatten_event(true).boxed(),
    };
    let ours = [LIBRARIES, program].map(|prefix| (prefix, Level::INFO));
    let _ = tracing_subscriber::registry()
        .with(lines.with_filter(Targets::new().with_targets(ours)))
        .try_init();
}

/// Writes the sentence alone: it has in it what the other fields say.
fn sentence(writer: &mut format::Writer<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
    match field.name() {
        "message" => write!(writer, "{value:?}"),
        _ => Ok(()),
    }
}

/// What the names of all libraries here begin with.
const LIBRARIES: &str = "scaffolding_";

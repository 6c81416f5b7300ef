//! Log lines on standard error: a level and a sentence.
//!
//! Only this project's own crates are heard. kube logs whole answers of the API server when it
//! can't read them, and those may be Secrets.

use tracing_subscriber::{filter::Targets, fmt, prelude::*};

/// Starts the log. Does nothing when it has been started.
pub fn start() {
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_target(false)
        .without_time();
    let ours = OURS.map(|name| (name, tracing::Level::INFO));
    // The kubelet stamps each line with the time.
    let _ = tracing_subscriber::registry()
        .with(lines.with_filter(Targets::new().with_targets(ours)))
        .try_init();
}

/// The crates of this workspace that run in a Job.
const OURS: [&str; 16] = [
    "certs",
    "copysecrets",
    "createcertchain",
    "createcerts",
    "createctconfig",
    "createsecret",
    "createtree",
    "createtuf",
    "ctfe",
    "fulcio",
    "gate",
    "job",
    "keys",
    "trillian",
    "tuf",
    "tufserver",
];

#[cfg(test)]
mod tests {
    #[test]
    fn every_command_and_library_is_heard() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut crates: Vec<String> = ["cmd", "pkg"]
            .iter()
            .flat_map(|folder| root.join(folder).read_dir().unwrap())
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        crates.sort();
        assert_eq!(crates, super::OURS);
    }
}

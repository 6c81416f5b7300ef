//! What a person sees of a run: a line for each phase, and how many passed.

#![expect(clippy::print_stdout, reason = "the lines are what phases are for")]

use std::{process::ExitCode, time::Instant};

use anyhow::Result;

/// The phases that were run, counted.
#[derive(Debug, Default)]
pub struct Phases {
    passed: usize,
    failed: usize,
}

impl Phases {
    /// Goes on counting from those that were run before.
    pub fn after(passed: usize, failed: usize) -> Self {
        Self { passed, failed }
    }

    /// Prints whether the phase passed, in how many seconds, and if not, the end of why. Returns
    /// whether it passed.
    pub async fn run(&mut self, what: &str, phase: impl Future<Output = Result<()>>) -> bool {
        let start = Instant::now();
        let result = phase.await;
        let word = if result.is_ok() { "ok" } else { "FAIL" };
        let seconds = start.elapsed().as_secs_f32();
        println!("{word:<5} {what:<60} {seconds:>6.1} s");
        match &result {
            Ok(()) => self.passed += 1,
            Err(failure) => {
                self.failed += 1;
                print!("{}", end_of(&format!("{failure:#}")));
            }
        }
        result.is_ok()
    }

    /// Prints how many passed and failed.
    pub fn end(self) -> ExitCode {
        println!("{} passed, {} failed", self.passed, self.failed);
        match self.failed {
            0 => ExitCode::SUCCESS,
            _ => ExitCode::FAILURE,
        }
    }
}

/// The last lines of a failure, indented, and no more of a line than tells what it is about.
fn end_of(failure: &str) -> String {
    let lines: Vec<&str> = failure.lines().collect();
    let last = &lines[lines.len().saturating_sub(LINES)..];
    let shown = |line: &&str| {
        let start: String = line.chars().take(WIDTH).collect();
        format!("      | {start}\n")
    };
    last.iter().map(shown).collect()
}

const LINES: usize = 40;
const WIDTH: usize = 400;

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[tokio::test(flavor = "current_thread")]
    async fn phases_that_failed_are_counted_apart() {
        let mut phases = Phases::after(1, 0);
        assert!(phases.run("passes", async { Ok(()) }).await);
        assert!(!phases.run("fails", async { Err(anyhow!("why")) }).await);
        assert_eq!((phases.passed, phases.failed), (2, 1));
    }

    #[test]
    fn the_end_of_a_failure_is_shown() {
        let failure: String = (1..=50).map(|line| format!("{line}\n")).collect();
        let shown = end_of(&failure);
        assert!(shown.starts_with("      | 11\n") && shown.ends_with("      | 50\n"));
        assert_eq!(end_of(&"x".repeat(500)).len(), "      | \n".len() + WIDTH);
    }
}

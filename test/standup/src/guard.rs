//! Whoever survives this program: a process that waits for its end, however it comes, and then
//! kills what it started.

use std::{
    env, fs, io,
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, Command, ExitCode, Stdio},
};

use anyhow::{Context as _, Result};
use rustix::process::{Signal, kill_current_process_group};
use testbed::Group;

use crate::state::State;

/// The process. It leads the group of all others, which ends with this value.
pub(crate) struct Guard {
    process: Child,
    group: Group,
}

impl Guard {
    pub(crate) fn start(state: &State) -> Result<Self> {
        let own = env::current_exe().context("finding this program's own file")?;
        let process = Command::new(own)
            .arg("guard")
            .args(state.temporary())
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let process = process.context("starting a guard")?;
        let group = Group {
            id: i32::try_from(process.id())?,
            held: state.lock().try_clone()?,
        };
        Ok(Self { process, group })
    }

    pub(crate) fn group(&self) -> &Group {
        &self.group
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // One that is gone already needs no end.
        let _ = self.process.wait();
    }
}

/// What the process does: the pipe that it reads from ends with whoever started it.
pub(crate) fn run(temporary: Option<&Path>) -> ExitCode {
    // Whatever is wrong with the pipe, nobody is at its other end.
    let _ = io::copy(&mut io::stdin(), &mut io::sink());
    if let Some(folder) = temporary {
        // Whoever ended in peace has removed it.
        let _ = fs::remove_dir_all(folder);
    }
    match kill_current_process_group(Signal::KILL) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

//! A stack that stays up when its starter has ended: another process of this program, which talks
//! until it is ready to sign.

use std::{
    env,
    io::{self, BufRead as _, BufReader, Write as _},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};
use rustix::process::setsid;

use crate::variables::Variables;

/// Starts one with this process's own arguments, and passes on what it says, but for the last line,
/// which has its variables.
pub(crate) fn start() -> Result<String> {
    let own = env::current_exe().context("finding this program's own file")?;
    let (output, input) = io::pipe()?;
    let mut command = Command::new(own);
    command.args(env::args_os().skip(1)).arg("--background");
    command
        .stdin(Stdio::null())
        .stdout(input.try_clone()?)
        .stderr(input);
    let mut child = command.spawn().context("starting it in the background")?;
    // It holds the writing end of the pipe, too.
    drop(command);
    for line in BufReader::new(output).lines() {
        let line = line?;
        if let Some(variables) = line.strip_prefix(READY) {
            return Ok(serde_json::from_str(variables)?);
        }
        // Nobody has to listen.
        let _ = writeln!(io::stderr(), "{line}");
    }
    child.wait()?;
    bail!("nothing stands, for the reason above")
}

/// Leaves the terminal of whoever started this.
pub(crate) fn detach() -> Result<()> {
    setsid().context("leaving the terminal").map(drop)
}

/// Tells the starter what it waits for.
pub(crate) fn tell(variables: &Variables, ready: &str, json: bool) -> Result<()> {
    let variables = match json {
        true => format!("{}\n", variables.to_json()),
        false => variables.exports(),
    };
    let line = serde_json::to_string(&variables)?;
    println!("{ready}\n{READY}{line}");
    Ok(io::stdout().flush()?)
}

const READY: &str = "variables: ";

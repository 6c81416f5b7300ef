//! Programs and shell scripts as processes, and failures that are wanted.

use std::process::{ExitStatus, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use tokio::{io::AsyncWriteExt as _, process::Command};

/// The checkout's folder.
pub const CHECKOUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// A process that didn't end with 0.
#[derive(Debug, thiserror::Error)]
#[error("{command}\nended with {status}:\n{output}")]
pub struct Failure {
    command: String,
    status: ExitStatus,
    output: String,
}

/// Runs `program`, and returns what it printed.
///
/// # Errors
///
/// That it can't be started or didn't end with 0, and all it printed.
pub async fn run(program: &str, args: &[&str]) -> Result<String> {
    text(command(program, args), b"").await
}

/// Runs a script of bash up to the first command that fails.
///
/// # Errors
///
/// As [`run`].
pub async fn script(script: &str) -> Result<String> {
    run("bash", &["-euo", "pipefail", "-c", script]).await
}

/// A command that runs in the checkout's folder.
pub fn command(program: &str, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(CHECKOUT);
    command
}

/// Runs `command` on `input`, and returns the text that it printed.
///
/// # Errors
///
/// As [`run`].
pub async fn text(command: Command, input: &[u8]) -> Result<String> {
    let output = output(command, input).await?;
    Ok(String::from_utf8_lossy(&output).into_owned())
}

/// Runs `command` on `input`, and returns the bytes that it printed.
///
/// # Errors
///
/// As [`run`].
pub async fn output(mut command: Command, input: &[u8]) -> Result<Vec<u8>> {
    let name = words(&command);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("starting {name}"))?;
    let mut stdin = child.stdin.take().context("stdin is piped")?;
    let write = async move {
        // It may end before it has read everything; its exit code says whether that is wrong.
        let _ = stdin.write_all(input).await;
    };
    let ((), output) = tokio::join!(write, child.wait_with_output());
    let output = output.with_context(|| format!("waiting for {name}"))?;
    if !output.status.success() {
        let printed = [output.stdout, output.stderr].concat();
        bail!(Failure {
            command: name,
            status: output.status,
            output: String::from_utf8_lossy(&printed).into_owned(),
        });
    }
    Ok(output.stdout)
}

fn words(command: &Command) -> String {
    let command = command.as_std();
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

/// Checks that something fails, and says why: one line of what it printed has all of `words`.
///
/// # Errors
///
/// That it didn't fail, or for another reason.
pub async fn fails<T>(action: impl Future<Output = Result<T>>, words: &[&str]) -> Result<()> {
    match action.await {
        Ok(_) => bail!("this should have failed with {words:?}"),
        Err(failure) => match failure.downcast_ref::<Failure>() {
            Some(Failure { output, .. }) => says(output, words),
            None => says(&format!("{failure:#}"), words),
        },
    }
}

/// Checks that one line of `text` has all of `words`.
///
/// # Errors
///
/// The text, when none has.
pub fn says(text: &str, words: &[&str]) -> Result<()> {
    let told = |line: &str| words.iter().all(|word| line.contains(word));
    ensure!(
        text.lines().any(told),
        "no line has all of {words:?}:\n{text}"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "current_thread")]
    async fn a_script_ends_at_the_first_command_that_fails() {
        assert_eq!(script("echo one; echo two").await.unwrap(), "one\ntwo\n");
        let failure = script("echo before; false | true; echo after").await;
        let failure = failure.unwrap_err().to_string();
        assert!(failure.contains("\nbefore\n") && !failure.contains("\nafter\n"));
    }

    #[tokio::test(flavor = "current_thread")]
    async fn what_is_to_fail_has_to_say_why_in_one_line() {
        let failing = || script("echo one two >&2; echo three >&2; exit 3");
        fails(failing(), &["two", "one"]).await.unwrap();
        fails(failing(), &["one", "three"]).await.unwrap_err();
        fails(script("echo one"), &["one"]).await.unwrap_err();
    }
}

//! The processes that answer with the real code: `go/` has their source.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};
use base64ct::{Base64, Encoding as _};
use serde::{Deserialize, Serialize};

/// The oracles, each started when it is asked first.
pub(crate) struct Oracles {
    folder: PathBuf,
    running: BTreeMap<&'static str, Running>,
}

struct Running {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// What an oracle is asked.
#[derive(Serialize)]
pub(crate) struct Question {
    #[serde(skip)]
    pub(crate) oracle: &'static str,
    pub(crate) check: &'static str,
    files: BTreeMap<String, String>,
    password: String,
}

impl Question {
    pub(crate) fn new(
        oracle: &'static str,
        check: &'static str,
        files: &[(&str, Vec<u8>)],
        password: Option<&[u8]>,
    ) -> Self {
        let file =
            |(name, bytes): &(&str, Vec<u8>)| ((*name).to_owned(), Base64::encode_string(bytes));
        Self {
            oracle,
            check,
            files: files.iter().map(file).collect(),
            password: Base64::encode_string(password.unwrap_or_default()),
        }
    }

    pub(crate) fn client(check: &'static str, files: &[(&str, Vec<u8>)]) -> Self {
        Self::new("client", check, files, None)
    }
}

/// What an oracle says.
#[derive(Debug, Deserialize)]
pub(crate) struct Answer {
    pub(crate) accepted: bool,
    /// Why it isn't accepted.
    #[serde(default)]
    pub(crate) error: String,
    /// The log's ID, for those that have one.
    #[serde(default)]
    pub(crate) log_id: String,
    #[serde(default)]
    output: String,
}

impl Oracles {
    /// Those in a folder.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self {
            folder: folder.into(),
            running: BTreeMap::new(),
        }
    }

    pub(crate) fn ask(&mut self, question: &Question) -> Result<Answer> {
        let name = question.oracle;
        if !self.running.contains_key(name) {
            let running = Running::start(&self.folder.join(name))
                .with_context(|| format!("starting {name}"))?;
            self.running.insert(name, running);
        }
        let running = self.running.get_mut(name).expect("it was started");
        running
            .ask(question)
            .with_context(|| format!("asking {name}"))
    }
}

impl Running {
    fn start(program: &Path) -> Result<Self> {
        let mut command = Command::new(program);
        let pipes = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = pipes.spawn()?;
        let questions = child.stdin.take().expect("it is piped");
        let answers = BufReader::new(child.stdout.take().expect("it is piped"));
        Ok(Self {
            child,
            questions,
            answers,
        })
    }

    fn ask(&mut self, question: &Question) -> Result<Answer> {
        writeln!(self.questions, "{}", serde_json::to_string(question)?)?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        ensure!(!line.is_empty(), "it has ended");
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Answer {
    /// What the server made with the files.
    pub(crate) fn output(&self) -> Vec<u8> {
        Base64::decode_vec(&self.output).expect("Go writes base64")
    }
}

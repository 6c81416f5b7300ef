//! A Job's process, from its start to its exit code.

mod serving;

use std::{
    collections::BTreeSet,
    fs,
    io::{self, BufRead as _, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel},
    thread,
    time::{Duration, Instant},
};

use base64ct::{Base64, Encoding as _};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::{NamedTempFile, TempDir};

use serde_json::{Value, json};

use crate::{Kubernetes, Proxy, gates::assert_whole, kubernetes};
pub use serving::{Group, Serving};

/// A process that is to be started.
pub struct Process<'a> {
    kubernetes: &'a Kubernetes,
    command: Command,
    args: Vec<String>,
    kubeconfig: Option<NamedTempFile>,
    folders: Vec<TempDir>,
    stdin: Stdio,
}

/// A process that was started. It is killed when this is dropped.
pub struct Running<'a> {
    kubernetes: &'a Kubernetes,
    child: Child,
    lines: Receiver<String>,
    log: String,
    _files: (Option<NamedTempFile>, Vec<TempDir>),
}

/// What became of a process.
#[derive(Debug)]
pub struct Outcome {
    /// The exit code.
    pub code: i32,
    /// What it wrote.
    pub log: String,
}

impl<'a> Process<'a> {
    /// `binary` with nothing in its environment.
    pub fn new(kubernetes: &'a Kubernetes, binary: &str) -> Self {
        let mut command = Command::new(binary);
        command.env_clear();
        Self {
            kubernetes,
            command,
            args: vec![],
            kubeconfig: None,
            folders: vec![],
            stdin: Stdio::null(),
        }
    }

    /// `binary` with nothing in its environment but the way to the API server, as a service
    /// account.
    pub(crate) fn of_account(
        kubernetes: &'a Kubernetes,
        namespace: &str,
        account: &str,
        binary: &str,
    ) -> Self {
        Self {
            kubeconfig: Some(kubernetes.kubeconfig(namespace, account)),
            ..Self::new(kubernetes, binary)
        }
    }

    /// Keeps a folder until the process has ended.
    pub fn with_folder(mut self, folder: TempDir) -> Self {
        self.folders.push(folder);
        self
    }

    /// Adds arguments. One that sets a flag anew replaces the flag from before.
    pub fn args(mut self, args: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let name = |arg: &str| {
            let (name, _) = arg.split_once('=').unwrap_or((arg, ""));
            name.trim_start_matches('-').to_owned()
        };
        let args: Vec<String> = args.into_iter().map(|arg| arg.as_ref().into()).collect();
        self.args
            .retain(|old| !old.starts_with('-') || args.iter().all(|arg| name(arg) != name(old)));
        self.args.extend(args);
        self
    }

    /// Leaves all arguments away.
    pub fn without_args(mut self) -> Self {
        self.args.clear();
        self
    }

    /// Writes all flags as `-flag` instead of `--flag`.
    pub fn with_one_dash(mut self) -> Self {
        for arg in &mut self.args {
            if arg.starts_with("--") {
                arg.remove(0);
            }
        }
        self
    }

    /// Sets a variable of the environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Removes a variable from the environment.
    pub fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Tells it another address of the API server, at which perhaps nobody answers.
    pub fn api_server(mut self, address: std::net::SocketAddr) -> Self {
        let kubeconfig = kubernetes::kubeconfig(&format!("http://{address}"), "token");
        self.kubeconfig = Some(kubeconfig);
        self
    }

    /// Tells it that the API server is the one behind `proxy`.
    ///
    /// # Panics
    ///
    /// When it has no account.
    pub fn behind(mut self, proxy: &Proxy) -> Self {
        let file = self.kubeconfig.take().expect("a process of an account");
        let config = fs::read(file.path()).expect("a kubeconfig");
        let config: Value = serde_json::from_slice(&config).expect("JSON");
        let cluster = json!({
            "server": Proxy::SERVER,
            "certificate-authority-data": Base64::encode_string(proxy.roots().as_bytes()),
        });
        let user = config["users"][0]["user"].clone();
        self.kubeconfig = Some(kubernetes::kubeconfig_with(cluster, user));
        self
    }

    /// Starts it and waits for its end.
    pub fn run(self) -> Outcome {
        self.start().wait()
    }

    /// Starts it.
    ///
    /// # Panics
    ///
    /// When the binary can't be started.
    pub fn start(mut self) -> Running<'a> {
        let child = self.spawn([(); 2].map(|()| Stdio::piped()));
        let mut child = child.unwrap_or_else(|cause| panic!("{:?}: {cause}", self.command));
        let (sender, lines) = channel();
        send_lines(child.stdout.take().expect("it is piped"), sender.clone());
        send_lines(child.stderr.take().expect("it is piped"), sender);
        Running {
            kubernetes: self.kubernetes,
            child,
            lines,
            log: String::new(),
            _files: (self.kubeconfig, self.folders),
        }
    }

    fn spawn(&mut self, [stdout, stderr]: [Stdio; 2]) -> io::Result<Child> {
        if let Some(kubeconfig) = &self.kubeconfig {
            self.command.env("KUBECONFIG", kubeconfig.path());
        }
        let stdin = std::mem::replace(&mut self.stdin, Stdio::null());
        let command = self.command.args(&self.args).stdin(stdin);
        command.stdout(stdout).stderr(stderr).spawn()
    }
}

fn send_lines(pipe: impl Read + Send + 'static, lines: Sender<String>) {
    thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = vec![];
        while pipe.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            // Nobody listens any more when the test has failed.
            let _ = lines.send(String::from_utf8_lossy(&line).into_owned());
            line.clear();
        }
    });
}

impl Running<'_> {
    /// Sends SIGTERM.
    pub fn terminate(&self) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        let sent = kill_process(pid.expect("a process ID"), Signal::TERM);
        sent.expect("the process is ours, and not waited for");
    }

    /// Sends SIGKILL.
    ///
    /// # Panics
    ///
    /// When that can't be done.
    pub fn kill(&mut self) {
        self.child.kill().expect("the process is ours");
    }

    /// Waits until it has written a line that contains `text`.
    ///
    /// # Panics
    ///
    /// When it ends without, or writes no such line within a minute.
    pub fn wait_for_line(&mut self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.log.contains(text) {
            assert!(self.next_line(deadline), "no {text:?} in\n{}", self.log);
        }
    }

    /// Waits for its end.
    ///
    /// # Panics
    ///
    /// When it takes more than a minute, when it logged anything of a Secret, and when it published
    /// half of what others wait for.
    pub fn wait(mut self) -> Outcome {
        let deadline = Instant::now() + PATIENCE;
        while self.next_line(deadline) {}
        self.outcome()
    }

    /// What became of it, if it has ended.
    ///
    /// # Panics
    ///
    /// When it logged anything of a Secret, and when it published half of what others wait for.
    pub fn ended(&mut self) -> Option<Outcome> {
        loop {
            match self.lines.try_recv() {
                Ok(line) => self.log.push_str(&line),
                Err(TryRecvError::Empty) => return None,
                Err(TryRecvError::Disconnected) => return Some(self.outcome()),
            }
        }
    }

    /// What it has written, as far as this has read it.
    pub fn log(&self) -> &str {
        &self.log
    }

    fn outcome(&mut self) -> Outcome {
        let status = self.child.wait().expect("the process is ours");
        let log = std::mem::take(&mut self.log);
        for secret in self.kubernetes.secrets() {
            assert_not_in_log(&secret, &log);
        }
        assert_whole(&self.kubernetes.written());
        for line in log.lines() {
            if let Some(refusal) = line.strip_prefix(REFUSED) {
                assert_well_told(refusal);
            }
        }
        Outcome {
            code: status.code().unwrap_or(-1),
            log,
        }
    }

    /// Reads a line. False when there will be no more.
    fn next_line(&mut self, deadline: Instant) -> bool {
        match self
            .lines
            .recv_timeout(deadline.saturating_duration_since(Instant::now()))
        {
            Ok(line) => self.log.push_str(&line),
            Err(RecvTimeoutError::Disconnected) => return false,
            Err(RecvTimeoutError::Timeout) => panic!("it takes too long:\n{}", self.log),
        }
        true
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Outcome {
    /// Checks the exit code, and that the last line contains all of `texts`. For what is refused
    /// each thing to decide has a line, and these count together.
    ///
    /// # Panics
    ///
    /// When it differs.
    #[track_caller]
    pub fn assert(&self, code: i32, texts: &[&str]) {
        let lines: Vec<_> = self.log.trim_end().lines().collect();
        let last = lines.iter().rposition(|line| !line.starts_with(REFUSED));
        let last = match last.map_or(0, |other| other + 1) {
            refusals if refusals < lines.len() => lines[refusals..].join("\n"),
            _ => lines.last().copied().unwrap_or_default().to_owned(),
        };
        let told = texts.iter().all(|text| last.contains(text));
        assert!(
            self.code == code && told,
            "exit code {}, not {code} with {texts:?}:\n{}",
            self.code,
            self.log
        );
    }
}

/// Fails for a refusal that is too long for a person, without a way out, or that names an object
/// twice.
fn assert_well_told(refusal: &str) {
    let length = refusal.chars().count();
    assert!(length <= 300, "{length} characters: {refusal}");
    assert!(refusal.contains(": "), "without a way out: {refusal}");
    let words: Vec<_> = refusal.split([' ', ',', ':', ';', '(', ')']).collect();
    let mut named = BTreeSet::new();
    for words in words.windows(2) {
        if ["Secret", "ConfigMap"].contains(&words[0]) && words[1].contains('/') {
            assert!(named.insert(words[1]), "{} twice: {refusal}", words[1]);
        }
    }
}

/// Fails when a Secret's value, or a line of it, is in the log, as it is or in base64.
fn assert_not_in_log(secret: &[u8], log: &str) {
    let text = String::from_utf8_lossy(secret);
    let encoded = Base64::encode_string(secret);
    let lines = text.lines().chain([encoded.as_str()]);
    for line in lines.filter(|line| line.len() >= SHORTEST_SECRET) {
        assert!(!log.contains(line), "a Secret's {line:?} is in\n{log}");
    }
}

const REFUSED: &str = "ERROR refused: ";
const PATIENCE: Duration = Duration::from_secs(60);
/// A shorter value may be in any text by chance.
const SHORTEST_SECRET: usize = 8;

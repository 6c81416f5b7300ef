//! Runs a page: its commands in their order, in one shell, in a copy of the checkout, on the
//! cluster of `hack/cluster`.

#![expect(clippy::print_stdout, reason = "the lines are what people see of it")]

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use crate::{
    CHECKOUT,
    page::{self, Block, Kind},
    shown,
};

/// Runs a page of the checkout. Returns how many of its blocks passed, and how many failed; the
/// first that fails is the last.
///
/// # Errors
///
/// That the page can't be read, or there is no cluster.
pub fn run(checkout: &Path, page: &str) -> Result<(usize, usize)> {
    let blocks = page::blocks(&checkout.join(page))?;
    let folder = copy(checkout)?;
    let mut passed = 0;
    for (number, session) in blocks
        .split(|block| block.kind == Kind::AnotherCluster)
        .enumerate()
    {
        if number > 0 {
            another_cluster(checkout)?;
        }
        let session = Session {
            checkout,
            page,
            folder: folder.path(),
            blocks: session,
        };
        let (more, failed) = session.run()?;
        passed += more;
        if failed > 0 {
            return Ok((passed, failed));
        }
    }
    Ok((passed, 0))
}

/// The pages that have something to run.
///
/// # Errors
///
/// The page that can't be read.
pub fn pages() -> Result<Vec<String>> {
    let mut pages = vec![];
    for entry in fs::read_dir(Path::new(CHECKOUT).join("docs"))? {
        let path = entry?.path();
        let page = format!("docs/{}", path.file_name().unwrap_or_default().display());
        if page.ends_with(".md") && page::blocks(&path)?.iter().any(is_run) {
            pages.push(page);
        }
    }
    pages.sort();
    Ok(pages)
}

fn is_run(block: &Block) -> bool {
    matches!(
        block.kind,
        Kind::Run | Kind::Fails | Kind::Test | Kind::File(_)
    )
}

/// What pages have people edit is a copy; the rest is the checkout's own.
fn copy(checkout: &Path) -> Result<TempDir> {
    let folder = TempDir::new()?;
    for entry in fs::read_dir(checkout)? {
        let entry = entry?;
        let (from, to) = (entry.path(), folder.path().join(entry.file_name()));
        match entry.file_name().to_str() {
            Some("config" | "hack") => bash(&format!("cp -a {} {}", from.display(), to.display()))?,
            Some(name) if name.starts_with('.') => {}
            _ => std::os::unix::fs::symlink(from, to)?,
        }
    }
    Ok(folder)
}

/// Another cluster takes the place of the one that is there. The first page goes on with one that
/// has no stack yet.
///
/// # Errors
///
/// That there is none.
pub fn empty(checkout: &Path, first: bool) -> Result<()> {
    let cluster = checkout.join("hack/cluster");
    let stack =
        "kubectl get namespaces --selector=app.kubernetes.io/part-of=sigstore --output=name";
    let empty = format!("[ -z \"$({} exec {stack})\" ]", cluster.display());
    match first && bash(&empty).is_ok() {
        true => Ok(()),
        false => another_cluster(checkout),
    }
}

fn another_cluster(checkout: &Path) -> Result<()> {
    let start = Instant::now();
    bash(&format!(
        "cd {}; exec > /dev/null
        hack/cluster down; hack/cluster up
        for images in target/images.tar target/e2e-client.tar; do hack/cluster load $images; done",
        checkout.display()
    ))?;
    tell("ok", "another cluster, an empty one", start);
    Ok(())
}

fn bash(script: &str) -> Result<()> {
    let status = Command::new("bash").args(["-euc", script]).status()?;
    ensure!(status.success(), "{script}: {status}");
    Ok(())
}

/// The blocks between two clusters, which one shell runs.
struct Session<'a> {
    checkout: &'a Path,
    page: &'a str,
    folder: &'a Path,
    blocks: &'a [Block],
}

impl Session<'_> {
    fn run(&self) -> Result<(usize, usize)> {
        let script = self.folder.join(".page.sh");
        fs::write(&script, self.script())?;
        let mut shell = Command::new(self.checkout.join("hack/cluster"))
            .args(["exec", "bash"])
            .arg(&script)
            .stdout(Stdio::piped())
            .spawn()
            .context("starting hack/cluster")?;
        let ends = BufReader::new(shell.stdout.take().context("stdout is piped")?).lines();
        let mut left = self.run_blocks();
        let (mut passed, mut start) = (0, Instant::now());
        for end in ends {
            let number: usize = end?.parse().context("what isn't the end of a block")?;
            let (_, block) = left.next().context("more ends than blocks")?;
            let what = self.name(block);
            let said = fs::read_to_string(self.output(number))?;
            if let Some(shown) = self.shown(number).filter(|it| !shown::matches(it, &said)) {
                shell.kill()?;
                shell.wait()?;
                tell("FAIL", &what, start);
                println!("{}", indented("shown", shown) + &indented("said", &said));
                return Ok((passed, 1));
            }
            tell("ok", &what, start);
            (passed, start) = (passed + 1, Instant::now());
        }
        shell.wait()?;
        let Some((number, block)) = left.next() else {
            return Ok((passed, 0));
        };
        tell("FAIL", &self.name(block), start);
        let said = fs::read_to_string(self.output(number)).unwrap_or_default();
        println!("{}", indented("said", &said));
        Ok((passed, 1))
    }

    /// One shell runs all, so what a block defines is there for those behind it. Each has a file
    /// for what it says, and tells its end.
    fn script(&self) -> String {
        let prelude = self.checkout.join("hack/docs.d/prelude.sh");
        let (prelude, folder) = (prelude.display(), self.folder.display());
        let mut script = format!(
            "set -euo pipefail\nexec 3>&1 4>&2\ncheckout={}\ncd {folder}\n. {prelude}\n",
            self.checkout.display()
        );
        for (number, Block { kind, text, .. }) in self.blocks.iter().enumerate() {
            let output = self.output(number);
            let commands = match kind {
                Kind::Run | Kind::Test => text.clone(),
                Kind::Fails => format!(
                    "set +e\n{text}status=$?\nset -e\n[ $status != 0 ] || {{ echo 'this should have failed'; exit 1; }}\n"
                ),
                Kind::File(name) => format!("cat > {name} <<'END OF FILE'\n{text}END OF FILE\n"),
                _ => continue,
            };
            script += &format!(
                "exec > {} 2>&1\n{commands}echo {number} >&3\n",
                output.display()
            );
        }
        script
    }

    fn run_blocks(&self) -> impl Iterator<Item = (usize, &Block)> {
        let blocks = self.blocks.iter().enumerate();
        blocks.filter(|(_, block)| is_run(block))
    }

    fn output(&self, number: usize) -> PathBuf {
        self.folder.join(format!(".said-{number}"))
    }

    /// What the page shows below a block.
    fn shown(&self, number: usize) -> Option<&str> {
        let next = self.blocks.get(number + 1)?;
        (next.kind == Kind::Shown).then_some(&next.text)
    }

    /// By its place and its first command.
    fn name(&self, block: &Block) -> String {
        let first = match &block.kind {
            Kind::Test => "(a test)",
            Kind::File(name) => name,
            _ => block.text.lines().next().unwrap_or_default(),
        };
        format!("{}:{} {first}", self.page, block.line)
    }
}

fn tell(word: &str, what: &str, start: Instant) {
    let what: String = what.chars().take(WIDTH).collect();
    println!(
        "{word:<5} {what:<WIDTH$} {:>6.1} s",
        start.elapsed().as_secs_f32()
    );
}

fn indented(what: &str, text: &str) -> String {
    let lines: Vec<_> = text.lines().collect();
    let last = &lines[lines.len().saturating_sub(LINES)..];
    last.iter()
        .map(|line| format!("      | {what}: {line}\n"))
        .collect()
}

const WIDTH: usize = 100;
const LINES: usize = 40;

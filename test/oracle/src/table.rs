//! Both verdicts of every input, and the list of those that differ.

use std::{collections::BTreeMap, fmt, fs, path::Path};

use anyhow::{Context as _, Result, ensure};

use crate::{job::Verdict, oracle::Answer};

/// The verdicts of all inputs, by their IDs.
#[derive(Default)]
pub(crate) struct Table {
    rows: BTreeMap<String, Row>,
    failures: Vec<String>,
}

struct Row {
    server: Option<String>,
    job: Option<String>,
}

impl Row {
    fn differs(&self) -> bool {
        self.server.is_none() != self.job.is_none()
    }
}

impl Table {
    /// Takes down what the server and the Job say.
    pub(crate) fn add(&mut self, id: &str, server: Answer, job: Result<Verdict>) {
        let job = match job {
            Ok(Verdict::Refuses(refusal)) => Some(steady(&refusal)),
            Ok(Verdict::Accepts(Ok(()))) => None,
            // Then the difference says it.
            Ok(Verdict::Accepts(Err(_))) if !server.accepted => None,
            Ok(Verdict::Accepts(Err(error))) | Err(error) => {
                self.failures.push(format!("{id}: {error:#}"));
                return;
            }
        };
        let server = (!server.accepted).then(|| reason(id, &server.error));
        let row = Row { server, job };
        if self.rows.insert(id.into(), row).is_some() {
            self.failures
                .push(format!("{id}: two inputs have this name"));
        }
    }

    /// Compares the verdicts with each other and with the recorded table.
    ///
    /// # Errors
    ///
    /// The differences that aren't listed, what is listed and is none, and what isn't recorded.
    pub(crate) fn check(&self, folder: &Path, update: bool) -> Result<()> {
        let differences = Differences::read(&folder.join("differences.txt"))?;
        let mut wrong = self.failures.clone();
        for (id, row) in self.rows.iter().filter(|(_, row)| row.differs()) {
            if differences.reason(id).is_none() {
                wrong.push(format!("differs: {id}\n{row}"));
            }
        }
        let ids = || {
            self.rows
                .iter()
                .filter(|(_, row)| row.differs())
                .map(|(id, _)| id.as_str())
        };
        wrong.extend(differences.unused(ids));
        println!("{}", self.counts());
        for (pattern, reason) in &differences.0 {
            let inputs = ids().filter(|id| matches(pattern, id)).count();
            println!("differs {inputs:3} x {pattern}: {reason}");
        }
        let path = folder.join("table.txt");
        let seen = self.to_string();
        if update {
            fs::write(&path, seen)?;
        } else {
            let recorded = fs::read_to_string(&path).unwrap_or_default();
            wrong.extend(apart(&recorded, &seen, '-'));
            wrong.extend(apart(&seen, &recorded, '+'));
        }
        ensure!(
            wrong.is_empty(),
            "{}\n{} lines: mend the Job, or list the difference with its reason; UPDATE=1 writes the table anew",
            wrong.join("\n"),
            wrong.len()
        );
        Ok(())
    }

    /// # Errors
    ///
    /// What couldn't be judged.
    pub(crate) fn failed(&self) -> Result<()> {
        ensure!(self.failures.is_empty(), "{}", self.failures.join("\n"));
        Ok(())
    }

    fn counts(&self) -> String {
        let count = |server: bool, job: bool| {
            let is = |row: &&Row| row.server.is_none() == server && row.job.is_none() == job;
            self.rows.values().filter(is).count()
        };
        format!(
            "{} inputs: {} taken by both, {} refused by both, {} refused by the Job alone, {} taken by the Job alone",
            self.rows.len() + self.failures.len(),
            count(true, true),
            count(false, false),
            count(true, false),
            count(false, true),
        )
    }
}

/// The rows that only the first of two tables has.
fn apart(these: &str, those: &str, sign: char) -> Vec<String> {
    let those = rows(those);
    let others = rows(these).into_iter().filter(|row| !those.contains(row));
    others.map(|row| format!("{sign} {row}")).collect()
}

/// The rows of a table: an ID and, indented, the verdicts.
fn rows(table: &str) -> Vec<String> {
    let mut rows: Vec<String> = vec![];
    for line in table.lines() {
        match rows.last_mut() {
            Some(row) if line.starts_with("  ") => row.extend(["\n", line]),
            _ => rows.push(line.into()),
        }
    }
    rows
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rows
            .iter()
            .try_for_each(|(id, row)| writeln!(f, "{id}\n{row}"))
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.server.is_none() && self.job.is_none() {
            return write!(f, "  both take it");
        }
        let verdict = |refusal: &Option<String>| match refusal {
            None => "takes it".to_owned(),
            Some(refusal) => format!("refuses: {refusal}"),
        };
        write!(
            f,
            "  server {}\n  job    {}",
            verdict(&self.server),
            verdict(&self.job)
        )
    }
}

/// Where the verdicts may differ: patterns of IDs, in which `*` stands for anything, and why.
struct Differences(Vec<(String, String)>);

impl Differences {
    fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let lines = text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        let pair = |line: &str| {
            let (pattern, reason) = line
                .split_once(' ')
                .with_context(|| format!("{line}: has no reason"))?;
            Ok((pattern.to_owned(), reason.trim().to_owned()))
        };
        Ok(Self(lines.map(pair).collect::<Result<_>>()?))
    }

    fn reason(&self, id: &str) -> Option<&str> {
        let listed = self.0.iter().find(|(pattern, _)| matches(pattern, id));
        listed.map(|(_, reason)| reason.as_str())
    }

    /// The patterns that no difference needs.
    fn unused<'a, I: Iterator<Item = &'a str>>(&self, ids: impl Fn() -> I) -> Vec<String> {
        let unused = self
            .0
            .iter()
            .filter(|(pattern, _)| !ids().any(|id| matches(pattern, id)));
        unused
            .map(|(pattern, _)| format!("no difference any more: {pattern}"))
            .collect()
    }
}

fn matches(pattern: &str, id: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else {
        return pattern == id;
    };
    let Some(rest) = id.strip_prefix(head) else {
        return false;
    };
    (0..=rest.len()).any(|at| rest.is_char_boundary(at) && matches(tail, &rest[at..]))
}

/// What a server says. Whether it sees a wrong password in the padding or in what is under that is
/// chance, one in 256.
fn reason(id: &str, error: &str) -> String {
    let is_sealed = ["password", "pbes2-", "dek"]
        .iter()
        .any(|part| id.contains(part));
    let mut signs = ["password incorrect", "asn1: ", "failed to parse"].iter();
    match is_sealed && signs.any(|sign| error.contains(sign)) {
        true => "the password doesn't open it".into(),
        false => steady(error),
    }
}

/// A text without what differs from run to run: folders, digests, times.
fn steady(text: &str) -> String {
    let word = |word: &str| {
        let is_number = |word: &str| {
            let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
            bare.len() >= 16
                && bare
                    .chars()
                    .all(|c| c.is_ascii_hexdigit() || ":-TZ.".contains(c))
        };
        match word {
            word if word.contains("/oracle") => word.rsplit('/').next().unwrap_or(word).to_owned(),
            word if word.starts_with("http://127.0.0.1:") => "http://…".to_owned(),
            word if is_number(word) => "…".to_owned(),
            word => word.to_owned(),
        }
    };
    text.split_whitespace()
        .map(word)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, id, expected) in [
            ("a/b", "a/b", true),
            ("a/*", "a/b/c", true),
            ("*/c", "a/b/c", true),
            ("a/*/c", "a/b/b/c", true),
            ("a/*/c", "a/b/d", false),
            ("a", "a/b", false),
        ] {
            assert_eq!(matches(pattern, id), expected, "{pattern} {id}");
        }
    }

    #[test]
    fn a_row_that_changed_to_what_another_is_differs() {
        let was = "a\n  both take it\nb\n  server takes it\n  job    refuses: no\n";
        let is = "a\n  server takes it\n  job    refuses: no\nb\n  both take it\n";
        assert_eq!(apart(was, was, '-'), [""; 0]);
        assert_eq!(apart(was, is, '-').len(), 2);
    }

    #[test]
    fn what_differs_from_run_to_run_is_left_out() {
        let text = "reading /tmp/oracle123/key: 2026-11-26T16:51:42Z is (0123456789abcdef) before";
        assert_eq!(steady(text), "reading key: … is … before");
    }
}

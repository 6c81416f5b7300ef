//! Answers of a real server, recorded: our stand-in has to give the same.

use std::{fs, path::PathBuf};

use serde_json::Value;

/// Records answers, each with the line that asked for it, in `test/data/<file>`.
pub(crate) fn record(file: &str, answers: &[(String, Value)]) {
    let lines = answers
        .iter()
        .map(|(line, answer)| format!("{line}\n  {answer}\n"));
    fs::write(path(file), lines.collect::<String>()).unwrap();
}

/// Compares answers with those recorded.
pub(crate) fn compare(file: &str, answers: &[(String, Value)]) {
    let text = fs::read_to_string(path(file)).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let mut different = String::new();
    for (position, (line, answer)) in answers.iter().enumerate() {
        let recorded = lines
            .get(2 * position..2 * position + 2)
            .unwrap_or(&["", ""]);
        let same = recorded[0] == line
            && serde_json::from_str::<Value>(recorded[1]).is_ok_and(|recorded| recorded == *answer);
        if !same {
            different += &format!("{}\n{}\n{line}\n  {answer}\n\n", recorded[0], recorded[1]);
        }
    }
    assert!(different.is_empty(), "recorded, and now:\n\n{different}");
    assert_eq!(lines.len(), 2 * answers.len(), "{file}");
}

fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("data")
        .join(file)
}

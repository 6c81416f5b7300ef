//! The commands that `README.md` and `docs/` tell, as they stand there: the end-to-end tests run
//! these, and so what people read works.
//!
//! A script calls the binary. Its answer is a variable first: within an argument, a block that
//! isn't there would go unnoticed.
//!
//! ```sh
//! commands=$(target/debug/docs block README.md 'From outside the cluster')
//! bash -euc "$commands"
//! commands=$(target/debug/docs row README.md 'retry a failed Job')
//! ```

use std::{fs, path::Path};

use anyhow::{Context as _, Result};

pub mod page;
pub mod run;
pub mod shown;

/// The checkout's folder.
pub const CHECKOUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The first block of commands below the first line of a file that has `above` in it.
///
/// # Errors
///
/// That the file has no such line, or no block below it.
pub fn block(file: &str, above: &str) -> Result<String> {
    let place = read(file)?.lines().position(|line| line.contains(above));
    let blocks = page::blocks(&Path::new(CHECKOUT).join(file))?.into_iter();
    let block = place.and_then(|place| {
        let mut commands = blocks.filter(|block| block.kind.is_commands());
        commands.find(|block| block.line > place)
    });
    let block = block.with_context(|| format!("{file}: no commands below {above:?}"))?;
    Ok(block.text.trim_end().into())
}

/// The first command in the row of a table whose first cell is `cell`.
///
/// # Errors
///
/// That the file has no such row, or no command in it.
pub fn row(file: &str, cell: &str) -> Result<String> {
    let text = read(file)?;
    let start = format!("| {cell} |");
    let row = text.lines().find(|line| line.starts_with(&start));
    let command = row.and_then(|row| row.split('`').nth(1));
    let command = command.with_context(|| format!("{file}: no command in the row {cell:?}"))?;
    Ok(command.replace("\\|", "|"))
}

fn read(file: &str) -> Result<String> {
    fs::read_to_string(Path::new(CHECKOUT).join(file)).with_context(|| format!("reading {file}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_where_people_read_them() {
        let trees = block("docs/backup.md", "## Lost for good").unwrap();
        assert!(trees.starts_with("kubectl -n rekor-system delete configmap"));
        assert!(
            trees.ends_with("rollout restart deployment/ctlog"),
            "{trees}"
        );
        let rotate = row("docs/changes.md", "keys of TUF").unwrap();
        assert!(rotate.ends_with(" --from=cronjob/rotate-tuf"), "{rotate}");
    }

    #[test]
    fn there_is_what_the_end_to_end_test_runs() {
        let mut found = 0;
        for part in ["sign", "again"] {
            let script = read(&format!("hack/e2e.d/{part}.sh")).unwrap();
            for call in script.split("$(").skip(1) {
                let words: Vec<_> = call.split([' ', '\'']).collect();
                let quoted = call.split('\'').nth(1).unwrap_or_default();
                match words[..2] {
                    ["readme", "block"] => block("README.md", quoted).unwrap(),
                    ["readme", "row"] => row("README.md", quoted).unwrap(),
                    ["page", page] => block(&format!("docs/{page}.md"), quoted).unwrap(),
                    _ => continue,
                };
                found += 1;
            }
        }
        assert_eq!(found, 7);
    }

    #[test]
    fn commands_that_are_not_there_are_named_with_their_file() {
        let missing = |found: Result<String>| found.unwrap_err().to_string();
        assert_eq!(
            missing(block("README.md", "no such line")),
            "README.md: no commands below \"no such line\""
        );
        assert_eq!(
            missing(row("docs/changes.md", "no such cell")),
            "docs/changes.md: no command in the row \"no such cell\""
        );
        assert_eq!(missing(block("docs/none.md", "")), "reading docs/none.md");
    }
}

//! A page: the blocks between fences, and those that only the tests see.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};

/// What is between two fences, or in a comment for the tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The line of its first fence.
    pub line: usize,
    /// What becomes of it.
    pub kind: Kind,
    /// Its lines.
    pub text: String,
}

/// What becomes of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Commands that are run in the order of the page (`sh`).
    Run,
    /// Commands of which the last one is there to fail (`sh fails`).
    Fails,
    /// Commands that `hack/NAME.sh` runs (`sh NAME`).
    RunBy(String),
    /// What the commands before it show (`text`); `…` stands for what varies.
    Shown,
    /// A file that is written where the commands run (`yaml FILE`).
    File(String),
    /// A part of a file, or a drawing (`yaml`, `mermaid`).
    Excerpt,
    /// Commands that are run like those of the page, and that nobody sees: `<!-- test`.
    Test,
    /// From here on it is another cluster, an empty one: `<!-- another cluster -->`.
    AnotherCluster,
}

impl Kind {
    /// Whether a reader runs it.
    pub fn is_commands(&self) -> bool {
        matches!(self, Self::Run | Self::Fails | Self::RunBy(_))
    }
}

/// The blocks of a page in the checkout, in its order.
///
/// # Errors
///
/// That it can't be read, or has a block of which nobody knows what to make.
pub fn blocks(file: &Path) -> Result<Vec<Block>> {
    let name = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("reading {name}"))?;
    parse(&text).with_context(|| format!("in {name}"))
}

fn parse(text: &str) -> Result<Vec<Block>> {
    let mut blocks: Vec<Block> = vec![];
    let mut lines = text.lines().enumerate();
    while let Some((number, first)) = lines.next() {
        let line = number + 1;
        let (kind, end) = match (first.strip_prefix("```"), first) {
            (Some(info), _) => (kind(info).with_context(|| format!("line {line}"))?, "```"),
            (None, "<!-- test") => (Kind::Test, "-->"),
            (None, "<!-- another cluster -->") => {
                let (kind, text) = (Kind::AnotherCluster, String::new());
                blocks.push(Block { line, kind, text });
                continue;
            }
            _ => continue,
        };
        if kind == Kind::Shown {
            let shows = blocks.last().is_some_and(|block| block.kind.is_commands());
            ensure!(shows, "line {line}: no commands that show this");
        }
        let mut text = String::new();
        loop {
            let (_, next) = lines
                .next()
                .with_context(|| format!("line {line}: no end"))?;
            if next == end {
                break;
            }
            text.push_str(next);
            text.push('\n');
        }
        blocks.push(Block { line, kind, text });
    }
    Ok(blocks)
}

fn kind(info: &str) -> Result<Kind> {
    let words: Vec<_> = info.split(' ').collect();
    Ok(match words[..] {
        ["sh"] => Kind::Run,
        ["sh", "fails"] => Kind::Fails,
        ["sh", name] => Kind::RunBy(name.into()),
        ["text"] => Kind::Shown,
        ["yaml", file] => Kind::File(file.into()),
        ["yaml" | "mermaid"] => Kind::Excerpt,
        _ => bail!("a block of an unknown kind: {info:?}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind> {
        let blocks = parse(text).unwrap().into_iter();
        blocks.map(|block| block.kind).collect()
    }

    #[test]
    fn each_kind_is_known_by_its_fence() {
        let page = "```sh\na\n```\n```text\nb\n```\n```sh chaos\n```\n```yaml f.yaml\n```\n";
        let run_by = Kind::RunBy("chaos".into());
        let file = Kind::File("f.yaml".into());
        assert_eq!(kinds(page), [Kind::Run, Kind::Shown, run_by, file]);
        let page =
            "<!-- test\na\n-->\n<!-- another cluster -->\n```sh fails\n```\n```mermaid\n```\n";
        let hidden = [Kind::Test, Kind::AnotherCluster];
        assert_eq!(
            kinds(page),
            [&hidden[..], &[Kind::Fails, Kind::Excerpt]].concat()
        );
    }

    #[test]
    fn a_block_keeps_its_lines_and_says_where_it_is() {
        let blocks = parse("words\n\n```sh\none\n\ntwo\n```\n").unwrap();
        assert_eq!(blocks[0].text, "one\n\ntwo\n");
        assert_eq!(blocks[0].line, 3);
    }

    #[test]
    fn what_nobody_would_run_or_compare_is_named() {
        for (page, fault) in [
            ("```\nx\n```\n", "line 1: a block of an unknown kind: \"\""),
            (
                "\n```bash\nx\n```\n",
                "line 2: a block of an unknown kind: \"bash\"",
            ),
            ("```text\nx\n```\n", "line 1: no commands that show this"),
            ("```sh\nx\n", "line 1: no end"),
        ] {
            assert_eq!(format!("{:#}", parse(page).unwrap_err()), fault);
        }
    }
}

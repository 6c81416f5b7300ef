//! Every page is found, every link leads somewhere, and every command is run by somebody.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use docs::page::{self, Block, Kind};

/// Where a reader begins.
const START: &str = "README.md";
/// The table of contents.
const CONTENTS: &str = "docs/README.md";

/// Pages by their path in the checkout.
fn pages() -> BTreeMap<PathBuf, String> {
    let top = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"].map(PathBuf::from);
    let docs = fs::read_dir(checkout("docs")).unwrap();
    let docs = docs.map(|entry| Path::new("docs").join(entry.unwrap().file_name()));
    top.into_iter()
        .chain(docs.filter(|path| path.extension().is_some_and(|end| end == "md")))
        .map(|path| (path.clone(), fs::read_to_string(checkout(path)).unwrap()))
        .collect()
}

fn checkout(path: impl AsRef<Path>) -> PathBuf {
    Path::new(docs::CHECKOUT).join(path)
}

/// What a page's links name: a path in the checkout, and the heading there. Of an address in the
/// web there is none.
fn links(page: &Path, text: &str) -> Vec<(PathBuf, Option<String>)> {
    let targets = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    let local = targets.filter(|target| !target.contains("://"));
    local
        .map(|target| {
            let (path, heading) = match target.split_once('#') {
                Some((path, heading)) => (path, Some(heading.to_owned())),
                None => (target, None),
            };
            let folder = page.parent().unwrap();
            let path = match path {
                "" => page.to_owned(),
                path => normal(&folder.join(path)),
            };
            (path, heading)
        })
        .collect()
}

/// Without `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part.as_os_str().to_str() {
            Some("..") => drop(normal.pop()),
            _ => normal.push(part),
        }
    }
    normal
}

/// The names by which a page's headings are linked.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut fenced = false;
    let headings = text.lines().filter(|line| {
        fenced ^= line.starts_with("```");
        !fenced && line.starts_with('#')
    });
    let headings = headings.map(|line| line.trim_start_matches('#').trim().to_lowercase());
    headings
        .map(|heading| {
            let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
            heading
                .chars()
                .filter(kept)
                .collect::<String>()
                .replace(' ', "-")
        })
        .collect()
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let pages = pages();
    for (page, text) in &pages {
        for (path, heading) in links(page, text) {
            let name = format!("{} links {}", page.display(), path.display());
            assert!(checkout(&path).exists(), "{name}");
            let Some(heading) = heading else { continue };
            let there = pages
                .get(&path)
                .unwrap_or_else(|| panic!("{name}#{heading}"));
            assert!(anchors(there).contains(&heading), "{name}#{heading}");
        }
    }
}

/// So two clicks from the README are enough: the contents, and the page.
#[test]
fn the_contents_have_every_page_and_the_readme_has_the_contents() {
    let pages = pages();
    let linked = |page: &str| -> BTreeSet<PathBuf> {
        let links = links(Path::new(page), &pages[Path::new(page)]).into_iter();
        links.map(|(path, _)| path).collect()
    };
    assert!(linked(START).contains(Path::new(CONTENTS)));
    let contents = linked(CONTENTS);
    let missing: Vec<_> = pages
        .keys()
        .filter(|page| page.starts_with("docs") && **page != Path::new(CONTENTS))
        .filter(|page| !contents.contains(*page))
        .collect();
    assert!(missing.is_empty(), "{CONTENTS} lacks {missing:?}");
}

#[test]
fn every_command_is_run_by_somebody() {
    for page in pages().keys() {
        let blocks = page::blocks(&checkout(page)).unwrap();
        for block in &blocks {
            let place = format!("{}:{}", page.display(), block.line);
            match &block.kind {
                Kind::RunBy(name) => {
                    assert!(
                        takes(name, page, block),
                        "{place}: hack/{name}.sh runs it not"
                    );
                    assert!(starts(name, &blocks), "{place}: nobody starts {name}");
                }
                Kind::Run | Kind::Fails => {
                    let by_docs_sh = page.starts_with("docs");
                    assert!(by_docs_sh, "{place}: hack/docs.sh runs docs/ alone");
                }
                _ => {}
            }
        }
    }
}

/// What the tables of words in a message have in their first column.
fn words() -> Vec<Vec<String>> {
    let page = fs::read_to_string(checkout("docs/troubleshooting.md")).unwrap();
    let tables = page.split("<!-- words -->\n").skip(1);
    let tables = tables.map(|rest| rest.split("<!-- end -->").next().unwrap());
    let words = |row: &str| -> Vec<String> {
        let cell = row.split('|').nth(1).unwrap();
        cell.split('`')
            .skip(1)
            .step_by(2)
            .map(String::from)
            .collect()
    };
    tables
        .map(|table| table.lines().skip(2).flat_map(words).collect())
        .collect()
}

#[test]
fn troubleshooting_knows_every_refusal_and_nothing_that_nobody_says() {
    let states = fs::read_to_string(checkout("docs/states.md")).unwrap();
    let words = words();
    let refusals = states
        .lines()
        .filter_map(|line| line.split_once("| refused: "));
    let mut seen = 0;
    for (_, refusal) in refusals {
        let known = words[0]
            .iter()
            .any(|words| refusal.contains(words.as_str()));
        assert!(known, "{refusal}");
        seen += 1;
    }
    assert!(seen > 20, "{seen} refusals");
    let mut said = String::new();
    for folder in ["cmd", "pkg"] {
        read_sources(&checkout(folder), &mut said);
    }
    for words in words.iter().flatten() {
        assert!(said.contains(words.as_str()), "nobody says {words:?}");
    }
}

fn read_sources(folder: &Path, all: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_sources(&path, all);
        } else if path.extension().is_some_and(|end| end == "rs") {
            all.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

/// Whether the program asks for this block by a line above it: with `block(PAGE, "above")`, `readme
/// block 'above'`, or a list of headings.
fn takes(name: &str, page: &Path, block: &Block) -> bool {
    let page = page.to_str().unwrap();
    let asks = |line: &str| {
        let quoted: Vec<_> = line.split(['"', '\'']).collect();
        let calls = quoted[0].contains("block") || quoted[1..].iter().any(|it| it.starts_with('#'));
        let mut above = quoted[1..].iter().step_by(2).filter(|_| calls);
        above.any(|above| docs::block(page, above).is_ok_and(|it| it == block.text.trim_end()))
    };
    let sources = sources(name);
    sources.iter().flat_map(|text| text.lines()).any(asks)
}

/// `hack/NAME.sh` is started by itself, and a program of `test/e2e` by a page.
fn starts(name: &str, blocks: &[Block]) -> bool {
    let phases = format!("phases {name}");
    let tests = |block: &Block| block.kind == Kind::Test && block.text.contains(&phases);
    checkout(format!("hack/{name}.sh")).exists() || blocks.iter().any(tests)
}

/// The script of that name and its parts, and the program.
fn sources(name: &str) -> Vec<String> {
    let mut files = vec![
        checkout(format!("hack/{name}.sh")),
        checkout(format!("hack/e2e.d/{name}.sh")),
        checkout(format!("test/e2e/src/bin/{name}.rs")),
    ];
    for folder in [format!("hack/{name}.d"), format!("test/e2e/src/bin/{name}")] {
        let folder = fs::read_dir(checkout(folder)).into_iter().flatten();
        files.extend(folder.map(|entry| entry.unwrap().path()));
    }
    let texts = files
        .iter()
        .filter_map(|file| fs::read_to_string(file).ok());
    texts.collect()
}

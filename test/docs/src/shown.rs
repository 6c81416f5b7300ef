//! What a page shows of a command's output, beside what the command says.

/// Whether the output is what the page shows. `…` within a line stands for anything there, and a
/// line of `…` alone for any lines. How wide a table's columns are doesn't matter.
pub fn matches(shown: &str, said: &str) -> bool {
    let [shown, said] = [shown, said].map(|text| text.lines().map(squeezed).collect::<Vec<_>>());
    all_match(&shown, &said)
}

fn squeezed(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn all_match(shown: &[String], said: &[String]) -> bool {
    match (shown.split_first(), said.split_first()) {
        (None, None) => true,
        (Some((any, rest)), _) if any == "…" => {
            all_match(rest, said)
                || said
                    .split_first()
                    .is_some_and(|(_, said)| all_match(shown, said))
        }
        (Some((line, shown)), Some((first, said))) => {
            line_matches(line, first) && all_match(shown, said)
        }
        _ => false,
    }
}

fn line_matches(shown: &str, said: &str) -> bool {
    let Some((start, rest)) = shown.split_once('…') else {
        return shown == said;
    };
    let Some(mut said) = said.strip_prefix(start) else {
        return false;
    };
    let mut parts: Vec<_> = rest.split('…').collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        match said.split_once(part) {
            Some((_, after)) => said = after,
            None => return false,
        }
    }
    said.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_varies_may_be_anything_and_nothing_else_may() {
        for (shown, said) in [
            ("a b\n", "a   b\n"),
            (
                "createtree-…  1/1  Running  …s\n",
                "createtree-x7k 1/1 Running 12s\n",
            ),
            ("…\nlast\n", "one\ntwo\nlast\n"),
            ("first\n…\n", "first\n"),
            ("a…b…c\n", "a1b2bc\n"),
        ] {
            assert!(matches(shown, said), "{shown:?} {said:?}");
        }
        for (shown, said) in [
            ("a\n", "a\nb\n"),
            ("a\nb\n", "a\n"),
            ("a…b\n", "b\n"),
            ("a…b\n", "a\n"),
            ("…\nlast\n", "one\n"),
            ("a\n", ""),
        ] {
            assert!(!matches(shown, said), "{shown:?} {said:?}");
        }
    }
}

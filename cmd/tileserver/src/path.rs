//! Which files are served (<https://c2sp.org/tlog-tiles>, <https://c2sp.org/static-ct-api>).

/// A file that everybody may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The newest checkpoint, which changes.
    Checkpoint,
    /// Hashes or entries, which never change.
    Tile,
    /// A certificate above one that was logged, by its SHA-256; it never changes.
    Issuer,
}

/// Reads the path of a request. `None` for all that isn't exactly the name of such a file: nothing
/// is decoded or resolved, so that no path leads anywhere else.
pub(crate) fn read<'a>(path: &'a str, prefix: &str) -> Option<(Kind, &'a str)> {
    let name = |path: &'a str| path.strip_prefix('/');
    let below = path.strip_prefix(prefix).filter(|_| !prefix.is_empty());
    let found = below.and_then(name).or_else(|| name(path))?;
    kind(found).map(|kind| (kind, found))
}

fn kind(path: &str) -> Option<Kind> {
    if path == "checkpoint" {
        return Some(Kind::Checkpoint);
    }
    let (folder, rest) = path.split_once('/')?;
    match folder {
        "issuer" => is_digest(rest).then_some(Kind::Issuer),
        "tile" => {
            let (level, place) = rest.split_once('/')?;
            (is_level(level) && is_place(place)).then_some(Kind::Tile)
        }
        _ => None,
    }
}

fn is_digest(text: &str) -> bool {
    let is_digit = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    text.len() == 64 && text.bytes().all(is_digit)
}

/// A level of hashes, or what there is of each entry.
fn is_level(text: &str) -> bool {
    ["entries", "data", "names"].contains(&text) || is_number(text, 0, 63)
}

/// A tile's index in groups of three digits, all but the last after an `x`; for a tile that isn't
/// full its width after that.
fn is_place(text: &str) -> bool {
    let (index, width) = match text.split_once(".p/") {
        Some((index, width)) => (index, Some(width)),
        None => (text, None),
    };
    let (above, last) = index
        .rsplit_once('/')
        .map_or((None, index), |(above, last)| (Some(above), last));
    let is_group = |text: &str| text.len() == 3 && text.bytes().all(|c| c.is_ascii_digit());
    let is_inner = |text: &str| text.strip_prefix('x').is_some_and(is_group);
    is_group(last)
        && above.is_none_or(|above| above.split('/').all(is_inner))
        && width.is_none_or(|width| is_number(width, 1, 255))
}

fn is_number(text: &str, least: u8, most: u8) -> bool {
    let number = text.parse::<u8>();
    number.is_ok_and(|number| (least..=most).contains(&number) && number.to_string() == text)
}

/// The value of `--prefix`: a path that begins with a slash, and doesn't end with one.
pub(crate) fn prefix(text: &str) -> Result<String, &'static str> {
    let text = text.trim_end_matches('/');
    let is_segment = |c: char| c.is_ascii_alphanumeric() || "-._~/".contains(c);
    match text.is_empty() || text.starts_with('/') && text.chars().all(is_segment) {
        true => Ok(text.into()),
        false => Err("it has to be a path such as /api/v2"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logs_files_are_served_and_nothing_else_is() {
        let digest = "0123456789abcdef".repeat(4);
        let issuer = format!("/issuer/{digest}");
        for (path, kind) in [
            ("/checkpoint", Kind::Checkpoint),
            ("/tile/0/000", Kind::Tile),
            ("/tile/0/x001/x234/067", Kind::Tile),
            ("/tile/7/000.p/1", Kind::Tile),
            ("/tile/63/999.p/255", Kind::Tile),
            ("/tile/entries/x001/000.p/17", Kind::Tile),
            ("/tile/data/000", Kind::Tile),
            ("/tile/names/000", Kind::Tile),
            (&issuer, Kind::Issuer),
        ] {
            assert_eq!(read(path, ""), Some((kind, &path[1..])), "{path}");
            let below = format!("/api/v2{path}");
            assert_eq!(read(&below, "/api/v2"), Some((kind, &path[1..])), "{below}");
            assert_eq!(read(path, "/api/v2"), Some((kind, &path[1..])), "{path}");
            assert_eq!(read(&below, ""), None, "{below}");
        }
    }

    /// Each of them is one change away from what is served.
    #[test]
    fn whatever_differs_by_one_character_is_not_served() {
        let names = ["checkpoint", "tile/0/x001/234.p/17", "tile/entries/000"];
        for name in names {
            for at in 0..=name.len() {
                for odd in ["/", "..", "%2e", "\\", "\0", "x", "A"] {
                    let path = format!("/{}{odd}{}", &name[..at], &name[at..]);
                    assert_eq!(read(&path, ""), None, "{path:?}");
                }
            }
        }
        for path in [
            "",
            "/",
            "checkpoint",
            "/.state/treeState",
            "/tile",
            "/tile/",
            "/tile/0",
            "/tile/0/",
            "/tile/64/000",
            "/tile/00/000",
            "/tile/0/000.p/0",
            "/tile/0/000.p/256",
            "/tile/0/000.p/01",
            "/tile/0/000.p",
            "/tile/0/0000",
            "/tile/0/001/000",
            "/tile/0/x000/x001",
            "/tile/-1/000",
            "/tile/../checkpoint",
            "/issuer/",
            "/issuer/../.state/treeState",
            "/tile/0/000.p/+1",
            "/lost+found",
        ] {
            assert_eq!(read(path, ""), None, "{path:?}");
        }
    }

    #[test]
    fn a_prefix_is_a_path() {
        for (text, expected) in [("", ""), ("/", ""), ("/api/v2", "/api/v2"), ("/a/", "/a")] {
            assert_eq!(prefix(text).as_deref(), Ok(expected), "{text:?}");
        }
        for text in ["api", "http://host/a", "/a b", "/a?b"] {
            assert!(prefix(text).is_err(), "{text:?}");
        }
    }
}

//! What is wrong with a file in which Go sees no block, or not all of them.

use crate::Blocks;

/// Why the servers don't see a PEM block that a person sees in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Flaw {
    /// No byte but blanks.
    #[error("it is empty")]
    Empty,
    /// Binary: the start of a SEQUENCE.
    #[error("it is DER")]
    Der,
    /// Two bytes per character.
    #[error("it is UTF-16")]
    Utf16,
    /// U+FEFF.
    #[error("a byte order mark stands before it")]
    ByteOrderMark,
    /// PEM, encoded in base64 once more.
    #[error("it is encoded in base64 once too often")]
    EncodedTwice,
    /// `\n` as two characters.
    #[error("its line ends are written as \\n")]
    Escaped,
    /// A block on one line, as YAML's `>` and an unquoted variable leave it.
    #[error("its lines are folded into one")]
    Folded,
    /// A block's first or last line in quotes, or behind something else.
    #[error("quotes stand around it")]
    Quoted,
    /// Blanks before a block's first or last line.
    #[error("its lines are indented")]
    Indented,
    /// A block that lacks a line, or whose body isn't base64.
    #[error("one of its blocks is damaged")]
    Damaged,
    /// Something else than blanks behind the last block.
    #[error("something stands behind its last block")]
    Behind,
    /// No block at all.
    #[error("no PEM block is in it")]
    NoBlock,
}

impl Flaw {
    /// What is wrong with `file`: with how many of its blocks Go sees, and with what stands behind
    /// the last one.
    pub fn of(file: &[u8]) -> Option<Self> {
        let mut blocks = Blocks::of(file);
        let seen = blocks.by_ref().count();
        let text = String::from_utf8_lossy(file);
        match text.matches(BEGIN).count() {
            0 => Some(no_block(file, &text)),
            begun if begun > seen || text.matches(END).count() > seen => Some(unseen(file, &text)),
            _ if !blocks.rest().trim_ascii().is_empty() => Some(Self::Behind),
            _ => None,
        }
    }

    /// The command that mends a file of that name, if one does.
    pub fn mend(self) -> Option<&'static str> {
        match self {
            Self::ByteOrderMark => Some("sed -i '1s/^\\xef\\xbb\\xbf//' FILE"),
            Self::Utf16 => Some("iconv -f utf-16 -t utf-8 FILE"),
            Self::EncodedTwice => Some("base64 -d FILE"),
            Self::Escaped => Some("printf '%b' \"$(cat FILE)\""),
            Self::Indented => Some("sed -i 's/^[ \\t]*//' FILE"),
            Self::Quoted => Some("tr -d '\"' < FILE"),
            Self::Folded => Some("in YAML, write it behind | instead of >"),
            Self::Behind => Some("sed -n '/^-----BEGIN/,/^-----END/p' FILE"),
            Self::Empty | Self::Der | Self::Damaged | Self::NoBlock => None,
        }
    }
}

fn no_block(file: &[u8], text: &str) -> Flaw {
    match file.trim_ascii() {
        [] => Flaw::Empty,
        [0x30, 0x80..=0xff, ..] => Flaw::Der,
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Flaw::Utf16,
        _ if text.trim_start().starts_with("LS0tLS1CRUdJTi") => Flaw::EncodedTwice,
        _ if text.contains(END) => Flaw::Damaged,
        _ => Flaw::NoBlock,
    }
}

/// Why a block isn't seen: what stands on the lines of its marks that shouldn't.
fn unseen(file: &[u8], text: &str) -> Flaw {
    if file.starts_with(b"\xef\xbb\xbf") {
        return Flaw::ByteOrderMark;
    }
    let of_marks = text
        .lines()
        .filter_map(|line| Some((line, line.find("-----")?)));
    let mut of_marks = of_marks.filter(|(line, _)| line.contains(BEGIN) || line.contains(END));
    let flaw = of_marks.find_map(|(line, at)| match line[..at].trim_start() {
        _ if line.contains("\\n") => Some(Flaw::Escaped),
        _ if line.contains(BEGIN) && line.contains(END) => Some(Flaw::Folded),
        "" if at > 0 => Some(Flaw::Indented),
        before if before.ends_with(['"', '\'']) || line.ends_with(['"', '\'']) => {
            Some(Flaw::Quoted)
        }
        _ => None,
    });
    flaw.unwrap_or(Flaw::Damaged)
}

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";

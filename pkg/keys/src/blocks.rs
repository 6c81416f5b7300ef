//! PEM as Go's `encoding/pem` reads it (`Decode` in Go 1.26), and with it every server.
//!
//! It is stricter about lines than RFC 7468's lax form, and laxer about what stands in them: a
//! block begins at the start of a line and ends at the end of one, and one that doesn't, or that is
//! damaged, is skipped without a word. The pem crate finds blocks that Go doesn't see.

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{GeneralPurpose, general_purpose::PAD},
};
use pem::Pem;

/// The blocks of a PEM file, one after another.
#[derive(Debug, Clone)]
pub struct Blocks<'a> {
    rest: &'a [u8],
}

impl<'a> Blocks<'a> {
    /// The blocks of `file`.
    pub fn of(file: &'a [u8]) -> Self {
        Self { rest: file }
    }

    /// What stands behind the last block that was returned.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl Iterator for Blocks<'_> {
    type Item = Pem;

    fn next(&mut self) -> Option<Pem> {
        let mut text = self.rest;
        loop {
            let end = find(text, END)?;
            let (before, behind) = (&text[..end], &text[end + END.len()..]);
            if let Some((block, rest)) = block(before, behind) {
                self.rest = rest;
                return Some(block);
            }
            text = behind;
        }
    }
}

/// The block that begins within `before` and whose last line goes on with `behind`, and what
/// follows it.
fn block<'a>(before: &[u8], behind: &'a [u8]) -> Option<(Pem, &'a [u8])> {
    let begin = rfind(before, BEGIN)?;
    if begin > 0 && before[begin - 1] != b'\n' {
        return None;
    }
    let (first, mut body) = line(&before[begin + BEGIN.len()..]);
    let label = first.strip_suffix(DASHES)?;
    let (last, rest) = line(behind.strip_prefix(label)?.strip_prefix(DASHES)?);
    if !last.is_empty() {
        return None;
    }
    let mut headers = Vec::new();
    while let (header, next) = line(body)
        && let Some(colon) = header.iter().position(|byte| *byte == b':')
    {
        headers.push([&header[..colon], &header[colon + 1..]].map(trimmed));
        body = next;
    }
    let digits: Vec<u8> = body
        .iter()
        .filter(|byte| !b" \t\r\n".contains(byte))
        .copied()
        .collect();
    let mut block = Pem::new(String::from_utf8_lossy(label), LAX.decode(digits).ok()?);
    for [name, value] in headers {
        block.headers_mut().add(&name, &value).ok()?;
    }
    Some((block, rest))
}

/// The first line without the blanks at its end, and the lines behind it.
fn line(text: &[u8]) -> (&[u8], &[u8]) {
    let (line, rest) = match text.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&text[..end], &text[end + 1..]),
        None => (text, &text[text.len()..]),
    };
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let end = line.iter().rposition(|byte| !b" \t".contains(byte));
    (&line[..end.map_or(0, |end| end + 1)], rest)
}

fn trimmed(text: &[u8]) -> String {
    String::from_utf8_lossy(text.trim_ascii()).into_owned()
}

fn find(text: &[u8], mark: &[u8]) -> Option<usize> {
    text.windows(mark.len()).position(|window| window == mark)
}

fn rfind(text: &[u8], mark: &[u8]) -> Option<usize> {
    text.windows(mark.len()).rposition(|window| window == mark)
}

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"\n-----END ";
const DASHES: &[u8] = b"-----";
/// Go doesn't look at the last bits of the last digit.
const LAX: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, PAD.with_decode_allow_trailing_bits(true));

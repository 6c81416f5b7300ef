//! Signed notes (<https://c2sp.org/signed-note>).

use base64::{Engine as _, prelude::BASE64_STANDARD};

/// A text and the signatures below it.
pub(crate) struct Note<'a> {
    /// The text, with its last line feed: what was signed.
    pub(crate) text: &'a str,
    pub(crate) signatures: Vec<Signature<'a>>,
}

/// A signature, and what its line says of the key.
pub(crate) struct Signature<'a> {
    pub(crate) name: &'a str,
    /// The beginning of a digest that tells keys of one name apart.
    pub(crate) key_id: [u8; 4],
    pub(crate) bytes: Vec<u8>,
}

impl<'a> Note<'a> {
    /// Reads a note as Go's `note.Open` does; `None` for what isn't one.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        let all = std::str::from_utf8(bytes).ok()?;
        if all.chars().any(|c| c < ' ' && c != '\n') {
            return None;
        }
        let end = all.rfind("\n\n")?;
        let (text, signatures) = (&all[..=end], &all[end + 2..]);
        let signatures = signatures.strip_suffix('\n')?.split('\n');
        let signatures: Option<Vec<_>> = signatures.map(Signature::read).collect();
        signatures.map(|signatures| Self { text, signatures })
    }
}

impl<'a> Signature<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let (name, rest) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
        let bytes = BASE64_STANDARD.decode(rest).ok()?;
        let (key_id, bytes) = bytes.split_first_chunk()?;
        (!name.is_empty() && !bytes.is_empty()).then(|| Self {
            name,
            key_id: *key_id,
            bytes: bytes.to_vec(),
        })
    }
}

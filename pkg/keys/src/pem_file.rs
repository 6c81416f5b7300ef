//! PEM files: written as the servers want them, read as other programs write them.

use pem::{EncodeConfig, LineEnding, Pem};

use crate::{Error, Result};

/// The one block of a PEM file. The parser takes neither blanks on the line between headers and
/// body, which Go's writers leave there, nor an empty first line, so both are trimmed.
pub(crate) fn read(file: &[u8]) -> Result<Pem> {
    let text = std::str::from_utf8(file).map_err(|_| Error::NotPem)?;
    // The parser doesn't see a block that lacks its first or its last line.
    if [BEGIN, END]
        .iter()
        .any(|mark| text.matches(mark).count() > 1)
    {
        return Err(Error::NotAlone);
    }
    let trimmed: Vec<&str> = text.trim().lines().map(str::trim_end).collect();
    let blocks = pem::parse_many(trimmed.join("\n")).map_err(|_| Error::NotPem)?;
    <[Pem; 1]>::try_from(blocks)
        .map(|[block]| block)
        .map_err(|_| Error::NotPem)
}

/// The one block of a PEM file that holds nothing else: no text around it, and no headers.
///
/// A public key's file may be passed on as it is, and `openssl ec -pubout -text` writes the private
/// key into it as well, as text.
pub(crate) fn read_bare(file: &[u8]) -> Result<Pem> {
    let block = read(file)?;
    let text = file.trim_ascii();
    let last_line = format!("{END} {}-----", block.tag());
    match text.starts_with(BEGIN.as_bytes())
        && text.ends_with(last_line.as_bytes())
        && block.headers().iter().next().is_none()
    {
        true => Ok(block),
        false => Err(Error::NotAlone),
    }
}

/// A PEM file (RFC 7468) with one block, `der` under the label `tag`, and LF line ends.
pub fn to_pem(tag: &str, der: &[u8]) -> String {
    write(&Pem::new(tag, der))
}

/// A PEM file with LF line ends, and no byte behind the block's last line, since ct_server refuses
/// any.
pub(crate) fn write(block: &Pem) -> String {
    pem::encode_config(block, EncodeConfig::new().set_line_ending(LineEnding::LF))
}

const BEGIN: &str = "-----BEGIN";
const END: &str = "-----END";

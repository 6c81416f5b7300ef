//! PEM files as the servers want them and as other writers make them.

use pem::{EncodeConfig, LineEnding, Pem};

use crate::{Error, Result};

/// The one block of a PEM file. Go's writers leave blanks on the line between headers and body,
/// and tests in the wild start with an empty line: both are read.
pub(crate) fn read(file: &[u8]) -> Result<Pem> {
    let text = std::str::from_utf8(file).map_err(|_| Error::NotPem)?;
    let trimmed: Vec<&str> = text.trim().lines().map(str::trim_end).collect();
    let blocks = pem::parse_many(trimmed.join("\n")).map_err(|_| Error::NotPem)?;
    <[Pem; 1]>::try_from(blocks)
        .map(|[block]| block)
        .map_err(|_| Error::NotPem)
}

/// A PEM file with LF line ends. ct_server refuses any byte behind the first block's last line.
pub(crate) fn write(block: &Pem) -> String {
    pem::encode_config(block, EncodeConfig::new().set_line_ending(LineEnding::LF))
}

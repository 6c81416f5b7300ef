//! PEM files, written as the servers want them.

use pem::{EncodeConfig, LineEnding, Pem};

/// A PEM file (RFC 7468) with one block, `der` under the label `tag`, and LF line ends.
pub fn to_pem(tag: &str, der: &[u8]) -> String {
    write(&Pem::new(tag, der))
}

/// A PEM file with LF line ends, and no byte behind the block's last line, since ct_server refuses
/// any.
pub(crate) fn write(block: &Pem) -> String {
    pem::encode_config(block, EncodeConfig::new().set_line_ending(LineEnding::LF))
}

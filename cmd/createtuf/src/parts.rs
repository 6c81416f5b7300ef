//! What a stack consists of, for clients to trust.

use refusal::Object;

/// Something of each part. Of a part there may be any number, or none.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts<T> {
    pub(crate) fulcio: T,
    pub(crate) rekor: T,
    pub(crate) rekor_tiles: T,
    pub(crate) ctlog: T,
    pub(crate) ctlog_tiles: T,
    pub(crate) tsa: T,
}

/// One key or chain, on its way in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Input {
    /// What messages call it.
    pub(crate) object: Object,
    /// PEM, in one file or more, and what messages call each.
    pub(crate) files: Vec<(Object, Vec<u8>)>,
    /// The origin of a log with tiles, and what messages call that.
    pub(crate) origin: Option<(Object, Vec<u8>)>,
}

//! The objects of the logs that keep their trees as tiles: Rekor v2 and TesseraCT.

use crate::{
    A_ROOT, COPYSECRETS, KeyPair, PRIVATE, PUBLIC, Published, ROOT_CA, SIGNING_SECRET,
    SIGNING_SECRET_PASSWORD, config_map, secret,
};

/// The name of a log in its checkpoints: their first line.
pub const ORIGIN: &str = "origin";
/// The newest checkpoint of a log that was recorded. Before the first it is the body of one of the
/// empty tree, which nobody signed.
pub const CHECKPOINT: &str = "checkpoint";

/// The key of a Rekor v2.
pub const REKOR_TILES: KeyPair = KeyPair {
    private: secret(
        "rekor-tiles-system",
        "rekor-tiles-signing-secret",
        "createsecret",
        &[SIGNING_SECRET, SIGNING_SECRET_PASSWORD, ORIGIN],
        &["rekor"],
    ),
    public: secret(
        "rekor-tiles-system",
        "rekor-tiles-pub-key",
        "createsecret",
        &[PUBLIC, ORIGIN],
        &["copysecrets", "rekor"],
    ),
    key: SIGNING_SECRET,
    password: Some(SIGNING_SECRET_PASSWORD),
    trusted: PUBLIC,
    made_from_key: &[PUBLIC, ORIGIN],
    copy: "rekor-tiles-pub-key",
    more: None,
};

/// The key of a TesseraCT, which opens none with a password, and the roots it accepts.
pub const CTLOG_TILES: KeyPair = KeyPair {
    private: secret(
        "ctlog-tiles-system",
        "ctlog-tiles-secret",
        "createctconfig",
        &[PRIVATE, PUBLIC, ROOT_CA, ORIGIN],
        &["ctlog"],
    ),
    public: secret(
        "ctlog-tiles-system",
        "ctlog-tiles-public-key",
        "createctconfig",
        &[PUBLIC, ORIGIN],
        COPYSECRETS,
    ),
    key: PRIVATE,
    password: None,
    trusted: PUBLIC,
    made_from_key: &[PUBLIC, ORIGIN],
    copy: "ctlog-tiles-public-key",
    more: Some(A_ROOT),
};

/// How far the log of a Rekor v2 is.
pub const REKOR_TILES_LOG: Published = config_map(
    "rekor-tiles-system",
    "rekor-tiles-log",
    "createsecret",
    &[CHECKPOINT],
    &["rekor"],
);

/// How far the log of a TesseraCT is.
pub const CTLOG_TILES_LOG: Published = config_map(
    "ctlog-tiles-system",
    "ctlog-tiles-log",
    "createctconfig",
    &[CHECKPOINT],
    &["ctlog"],
);

//! Repositories, as others see them: through the public functions, and through the bytes.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

mod archive;
mod clients;
mod files;
mod go_tuf;
mod keys;
mod names;
mod refusals;
mod renewal;
mod state;

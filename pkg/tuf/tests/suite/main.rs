//! Repositories, as others see them: `createtuf` through the public functions, and TUF and
//! Sigstore clients through the bytes.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

mod archive;
mod changes;
mod clients;
mod contents;
mod keys;
mod original;
mod refusals;
mod renewal;
mod stack;

//! Repositories of a Sigstore stack, as others see them: `createtuf` through the public functions,
//! and Sigstore's clients through the bytes.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

mod changes;
mod clients;
mod contents;
mod original;
mod published;
mod refusals;
mod renewal;
mod stack;
mod tile_orders;
mod tiles;
mod withdrawal;

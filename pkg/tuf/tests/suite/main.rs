//! Repositories, as others see them: `createtuf` through the public functions, and TUF and
//! Sigstore clients through the bytes.

mod archive;
mod changes;
mod clients;
mod contents;
mod refusals;
mod renewal;
mod stack;

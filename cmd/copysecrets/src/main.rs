//! Copies the public keys and certificates of the stack into one namespace.

fn main() {}

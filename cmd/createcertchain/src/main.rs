//! Creates the timestamp authority's key and certificate chain and publishes them in Secrets.

fn main() {}

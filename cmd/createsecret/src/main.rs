//! Creates Rekor's signing key and publishes it in Secrets.

fn main() {}

//! Creates the CT log's key and configuration and publishes them in Secrets.

fn main() {}

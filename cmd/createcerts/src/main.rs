//! Creates Fulcio's root certificate and key and publishes them in Secrets.

fn main() {}

//! Creates, renews and publishes the TUF repository that clients trust.

fn main() {}

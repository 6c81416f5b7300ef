//! Serves the TUF repository over HTTP.

fn main() {}

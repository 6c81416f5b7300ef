//! Creates a Trillian log and publishes its tree ID in a ConfigMap.

fn main() {}

//! Builds the images and resolves the manifests.

fn main() {}

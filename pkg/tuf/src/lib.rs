//! A TUF repository for Sigstore clients, as a map of paths to bytes.

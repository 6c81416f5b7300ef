//! The CT log server's configuration.

//! Finds or creates a log in Trillian.

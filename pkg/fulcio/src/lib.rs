//! Asks Fulcio for its root certificate.

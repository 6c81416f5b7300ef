//! X.509 certificates: Fulcio's root and the timestamping chain.

//! Private keys, in the encrypted PEM forms that the Sigstore servers open.

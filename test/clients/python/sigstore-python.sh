#!/usr/bin/env bash
# sigstore-python. It keeps what it knows in ./share, and what it got in ./cache.
set -euo pipefail

export XDG_DATA_HOME=$PWD/share XDG_CACHE_HOME=$PWD/cache
[ -d share ] || sigstore --instance "$1" trust-instance root.json
sigstore --instance "$1" verify identity --bundle "$BUNDLE" --cert-identity "$IDENTITY" --cert-oidc-issuer "$ISSUER" "$BLOB"
cp cache/sigstore-python/tuf/*/trusted_root.json .

#!/usr/bin/env bash
# cosign.sh COSIGN [FLAG…] URL: that cosign, with the flags that it needs to verify. It keeps what
# it knows in ./tuf.
set -euo pipefail

cosign=$1 flags=("${@:2:$#-2}") url=${*: -1}
export TUF_ROOT=$PWD/tuf
[ -d tuf ] || "$cosign" initialize --mirror="$url" --root=root.json
"$cosign" verify-blob "${flags[@]}" --bundle="$BUNDLE" --use-signed-timestamps \
	--certificate-identity="$IDENTITY" --certificate-oidc-issuer="$ISSUER" "$BLOB"
cp tuf/*/targets/trusted_root.json .

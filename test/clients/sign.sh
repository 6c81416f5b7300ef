#!/usr/bin/env bash
# sign.sh CLIENT URL: has that client sign the file $BLOB with the identity $TOKEN, and write
# $BUNDLE. It takes the servers from the signing config of the repository, and starts from root.json.
set -euo pipefail

client=$1 url=$2
printf %s "$TOKEN" > token
export TUF_ROOT=$PWD/tuf XDG_DATA_HOME=$PWD/share XDG_CACHE_HOME=$PWD/cache
case $client in
	cosign)
		cosign initialize --mirror="$url" --root=root.json
		cosign sign-blob --yes --identity-token=token --bundle="$BUNDLE" "$BLOB" ;;
	cosign-v2)
		cosign-v2 initialize --mirror="$url" --root=root.json
		cosign-v2 sign-blob --yes --use-signing-config --new-bundle-format --identity-token=token --bundle="$BUNDLE" "$BLOB" ;;
	sigstore-python)
		sigstore --instance "$url" trust-instance root.json
		sigstore --instance "$url" sign --identity-token "$TOKEN" --bundle "$BUNDLE" "$BLOB" ;;
	sigstore-js) sigstore-sign.js "$url" ;;
esac

#!/usr/bin/env bash
# A Fulcio with two issuers, as docs/issuers.md says: the cluster's own, and one with a CA of its own (test/issuer). cosign signs with
# a token of each. The second one goes away: the first one's tokens are taken as before, and its own are refused and counted.
#
#   hack/issuers.sh [--keep]
#
#   --keep   leave the cluster running at the end; hack/cluster down removes it
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=hack/e2e.d/prepare.sh
. hack/e2e.d/prepare.sh

keep_or_down "$@"
folder=target/issuers

image() {
	(cd test/issuer && CGO_ENABLED=0 go build -mod=readonly -trimpath -ldflags '-s -w' -o "../../$folder/issuer" .)
	cargo xtask image localhost/scaffolding/e2e-issuer:dev "$folder/issuer.tar" --entrypoint /issuer "$folder/issuer=/issuer"
	hack/cluster load "$folder/issuer.tar"
}

mkdir -p "$folder"
prepare
step 'the issuer' image
hack/cluster exec hack/e2e.d/issuers.sh

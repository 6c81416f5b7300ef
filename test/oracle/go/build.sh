#!/usr/bin/env bash
# build.sh OUT: builds the oracles into the folder OUT. Each is built with the module file that
# hack/cluster builds its server with (the clients' is test/clients'), so it is the same code in the
# same versions, under the same defaults of GODEBUG.
set -euo pipefail
out=$(realpath -m "$1")
cd "$(dirname "$0")"

build() {
	local name=$1 module=$2
	CGO_ENABLED=0 go build -mod=readonly -modfile="../../../$module/go.mod" -trimpath -tags="${name//-/_}" -o "$out/$name" .
}

build fulcio hack/cluster.d/modules/fulcio
build rekor hack/cluster.d/modules/rekor
build tsa hack/cluster.d/modules/timestamp-server
build ctlog hack/cluster.d/modules/ct_server
build rekor-tiles hack/cluster.d/modules/rekor-tiles
build tesseract hack/cluster.d/modules/tesseract
build client test/clients/go

#!/usr/bin/env bash
# A stack of config/ on a real cluster comes to Rekor v2 and TesseraCT by hack/to-tiles.sh, which is killed again and again at every
# step, and once goes back. Both cosigns sign at each step; they, sigstore-python and sigstore-js verify all that was signed so far.
# Each phase is a line with its seconds.
#
#   hack/to-tiles-e2e.sh [--keep]
#
#   --keep   leave the cluster running at the end; hack/cluster down removes it
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=hack/e2e.d/prepare.sh
. hack/e2e.d/prepare.sh
keep_or_down "$@"
# shellcheck source=hack/clients.d/install.sh
. hack/clients.d/install.sh
step 'sigstore-python' python_clients
step 'sigstore-js' javascript_clients
prepare
hack/cluster exec target/debug/to-tiles

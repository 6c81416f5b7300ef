#!/usr/bin/env bash
# A stack with keys of one's own, made as docs/own-keys.md says, Fulcio's below a root and an intermediate that stay outside:
# cosign 3 and cosign 2 sign, and they, sigstore-python and sigstore-js verify. Then Secrets of one's own where others are. Each
# phase is a line with its seconds.
#
#   hack/own-keys.sh [--keep]
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
hack/cluster exec target/debug/own-keys

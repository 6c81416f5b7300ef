#!/usr/bin/env bash
# A stack that Argo CD or Flux looks after, as docs/gitops.md says: stood up, synced again, given other images and flags, with
# the libraries that both consist of. Kubernetes takes each, and every key stays. Each phase is a line with its seconds.
#
#   hack/gitops.sh [--keep]
#
#   --keep   leave the cluster running at the end; hack/cluster down removes it
#
# It isn't part of .ci/run, for which it would be two minutes more, and five with nothing cached.
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=hack/e2e.d/prepare.sh
. hack/e2e.d/prepare.sh
keep_or_down "$@"

# programs: what syncs, built from test/gitops, in target/gitops.
programs() {
	local program
	for program in argo flux; do
		CGO_ENABLED=0 go build -C "test/gitops/$program" -mod=readonly -trimpath -o "$PWD/target/gitops/$program" .
	done
}

step 'Argo CD and Flux' programs
prepare
step 'our images under another tag' next_images
hack/cluster exec hack/e2e.d/gitops.sh

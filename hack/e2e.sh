#!/usr/bin/env bash
# The whole stack on a real cluster, end to end: cluster up, images, kubectl apply, kubectl wait,
# then cosign signs and verifies, and what must not change doesn't. Each phase is a line with its
# seconds.
#
#   hack/e2e.sh [--stand-ups N] [--keep]
#
#   --stand-ups N   stand up N times on empty volumes (default 1), and tell the worst
#   --keep          leave the cluster running at the end; hack/cluster down removes it
set -euo pipefail
cd "$(dirname "$0")/.."

stand_ups=1 keep=
while (($#)); do
	case $1 in
		--stand-ups) stand_ups=${2:?--stand-ups needs a number} && shift ;;
		--keep) keep=yes ;;
		*) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2 && exit 2 ;;
	esac
	shift
done
[[ $stand_ups =~ ^[1-9][0-9]*$ ]] || { echo "--stand-ups: '$stand_ups' is no number of stand-ups" >&2; exit 2; }

# shellcheck source=hack/e2e.d/prepare.sh
. hack/e2e.d/prepare.sh

next_images() {
	cargo xtask images --tag=next --out=target/next.tar
	hack/cluster load target/next.tar
}

[[ $keep ]] || trap 'hack/cluster down' EXIT
prepare
step 'our images under another tag' next_images
hack/cluster exec hack/e2e.d/run.sh "$stand_ups"
step 'the embedded Kubernetes and Trillian answer as these do' test/conformance.sh

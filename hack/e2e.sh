#!/usr/bin/env bash
# The whole stack on a real cluster, end to end: cluster up, images, kubectl apply, kubectl wait,
# then cosign signs and verifies, and what must not change doesn't. Each phase is a line with its
# seconds.
#
#   hack/e2e.sh [--stack trillian|tiles|both] [--stand-ups N] [--keep]
#
#   --stack STACK   config/ (trillian, the default), config/tiles or config/both: with the latter
#                   two, servers die under load and volumes get lost as well
#   --stand-ups N   stand up N times on empty volumes (default 1), and tell the worst (the median)
#   --keep          leave the cluster running at the end; hack/cluster down removes it
set -euo pipefail
cd "$(dirname "$0")/.."

stack=trillian stand_ups=1 keep=
while (($#)); do
	case $1 in
		--stack) stack=${2:?--stack needs trillian, tiles or both} && shift ;;
		--stand-ups) stand_ups=${2:?--stand-ups needs a number} && shift ;;
		--keep) keep=yes ;;
		*) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2 && exit 2 ;;
	esac
	shift
done
[[ $stand_ups =~ ^[1-9][0-9]*$ ]] || { echo "--stand-ups: '$stand_ups' is no number of stand-ups" >&2; exit 2; }

[[ $stack =~ ^(trillian|tiles|both)$ ]] || { echo "--stack: '$stack' is none of trillian, tiles and both" >&2; exit 2; }

# shellcheck source=hack/e2e.d/prepare.sh
. hack/e2e.d/prepare.sh

# shellcheck source=hack/clients.d/install.sh
. hack/clients.d/install.sh
[[ $keep ]] || trap 'hack/cluster down' EXIT
if [[ $stack != trillian ]]; then
	step 'sigstore-python' python_clients
	step 'sigstore-js' javascript_clients
fi
prepare
if [[ $stack != trillian ]]; then
	hack/cluster exec env SCAFFOLDING_CONFIG="config/$stack" target/debug/stack --stand-ups "$stand_ups"
	exit
fi
step 'our images under another tag' next_images
hack/cluster exec hack/e2e.d/run.sh "$stand_ups"
step 'the embedded Kubernetes and Trillian answer as these do' test/conformance.sh

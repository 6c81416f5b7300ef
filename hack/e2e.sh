#!/usr/bin/env bash
# The whole stack on a real cluster, end to end: cluster up, images, kubectl apply, kubectl wait, then cosign signs and
# verifies, and what must not change doesn't. Each phase is a line with its seconds.
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

step() {
	local what=$1 start=$SECONDS
	shift
	"$@"
	printf 'ok    %-60s %4d s\n' "$what" $((SECONDS - start))
}

images() {
	cargo xtask images
	hack/cluster load target/images.tar
	cargo xtask images --tag=next --out=target/next.tar # for the upgrade
	hack/cluster load target/next.tar
}

# One image for all that the test runs as a client. Debian's busybox finds its own commands without files of their names.
client_image() {
	local program files=()
	for program in cosign cosign-v2 rekor-cli; do
		files+=("$(hack/cluster exec which "$program")=/usr/local/bin/$program")
	done
	cargo xtask image localhost/scaffolding/e2e-client:dev target/e2e-client.tar "${files[@]}" "$(command -v busybox)=/bin/sh"
	hack/cluster load target/e2e-client.tar
}

[[ $keep ]] || trap 'hack/cluster down' EXIT
step 'the cluster' hack/cluster up
step 'our images' images
step "the client's image" client_image
hack/cluster exec hack/e2e.d/run.sh "$stand_ups"
step 'the embedded Kubernetes and Trillian answer as these do' test/conformance.sh

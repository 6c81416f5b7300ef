#!/usr/bin/env bash
# The two GitHub Actions of actions/, in workflows of the shapes that those of upstream's users have (test/actions), by a real runner:
# act, without containers and without a network but the cluster's, or its own loopback. Each workflow is a line with its seconds.
#
#   hack/actions.sh [--local | --keep]
#
#   --local   without a cluster, and so setup-local alone
#   --keep    leave the cluster running at the end; hack/cluster down removes it
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=hack/step.sh
. hack/step.sh
tools=$PWD/target/actions
# What setup-local finds on the PATH, beside standup, and what workflows use.
modules=(fulcio rekor-tiles tesseract timestamp-server-local kubernetes cosign)

runner() {
	mkdir -p "$tools"
	CGO_ENABLED=0 go build -C test/actions/act -mod=readonly -trimpath -ldflags '-s -w' -o "$tools/act" tool
}

programs() {
	cargo build --quiet --locked --package=standup --package='create*' --package=copysecrets --package='*server'
	hack/cluster build "${modules[@]}"
}

# The image of the web server that hands out tokens; in the cluster nothing is pulled.
busybox_image() {
	cargo xtask image docker.io/library/busybox:1.37.0 target/busybox.tar "$(command -v busybox)=/bin/busybox"
	hack/cluster load target/busybox.tar
}

case "$*" in
	--local) ;;
	*)
		# shellcheck source=hack/e2e.d/prepare.sh
		. hack/e2e.d/prepare.sh
		keep_or_down "$@"
		step 'the cluster' hack/cluster up
		step 'our images' images
		step 'the image of busybox' busybox_image ;;
esac
step 'act' runner
step 'standup, and the servers' programs
for module in "${modules[@]}"; do PATH=$(hack/cluster bin "$module"):$PATH; done
export PATH=$PWD/target/debug:$PATH
step 'local' unshare --net --pid --fork --kill-child bash -euc 'ip link set lo up && exec hack/actions.d/workflow.sh local'
[[ $* != --local ]] || exit 0
for workflow in cosign policy-controller kyverno chains; do
	step "$workflow" hack/cluster exec hack/actions.d/runner.sh "$workflow"
done

#!/usr/bin/env bash
# The phases of hack/gitops.sh: with Flux and with Argo CD, or with those that are named.
set -euo pipefail
cd "$(dirname "$0")/../.."

# shellcheck source=hack/e2e.d/phases.sh
. hack/e2e.d/phases.sh

# sync TAG: brings the cluster, as $tool does, to what is in the repository, with our images under that tag.
sync() {
	kubectl kustomize target/gitops/stack | sed "s|\(localhost/scaffolding/[a-z]*\):dev|\1:$1|" | "target/gitops/$tool"
}

# A line for each gate, with its UID and image.
jobs_now() {
	kubectl get jobs --all-namespaces --selector=scaffolding/gate=true --output=jsonpath='{range .items[*]}{.metadata.namespace}/{.metadata.name} {.metadata.uid} {..image}{"\n"}{end}'
}

stand_up_with() {
	sync dev
	hack/wait.sh --servers
}

sync_again() { same_objects sync dev; }

# Every Job is another one, with the image that was asked for, and every key and certificate is the one that it was.
upgrade_with() {
	local before
	before=$(jobs_now)
	same_objects sync next
	if join -j 1 <(sort <<< "$before") <(jobs_now | sort) | awk '$2 == $4 { print; same = 1 } END { exit !same }'; then
		echo 'these were not replaced'
		return 1
	fi
	[[ $(jobs_now | grep -c ':next$') == "$(wc -l <<< "$before")" ]]
	[[ $(kubectl get deployment tuf --namespace=tuf-system --output=jsonpath='{..image}') == *:next* ]]
}

# What docs/gitops.md has people keep in their repository.
mkdir -p target/gitops/stack
sed -n '/^...yaml$/,/^...$/{/^...\(yaml\)\?$/!{s|scaffolding/|../../../|;p}}' docs/gitops.md > target/gitops/stack/kustomization.yaml
(($#)) || set -- flux argo
for tool; do
	phase "$tool: empty volumes" take_down rekor-tiles-system ctlog-tiles-system
	phase "$tool: stands up" stand_up_with
	$ok || exit 1
	phase "$tool: syncs again, and no object changes" sync_again
	phase "$tool: other images, and no object changes" upgrade_with
done
echo "$passed passed, $failed failed"
((failed == 0))

#!/usr/bin/env bash
# The phases of hack/e2e.sh that need only kubectl and a cluster with our images. The one argument:
# how many stand-ups.
set -euo pipefail
cd "$(dirname "$0")/../.."

# shellcheck source=hack/e2e.d/phases.sh
. hack/e2e.d/phases.sh

export CARGO_NET_OFFLINE=true # in here there is no network

# After a failure here nothing below can succeed.
for ((i = 1; i <= $1; i++)); do
	phase 'empty volumes' take_down e2e
	stand_up
	$ok || exit 1
done
(($1 == 1)) || worst_stand_up
phase 'a client in the cluster' start_client
$ok || exit 1

phase 'our images to a registry, config/ with their digests' push_images
for cosign in cosign cosign-v2; do
	phase "$cosign: initialize" initialize
	phase "$cosign: sign a blob with a timestamp, verify it" "sign_blob_with_$cosign"
	phase "$cosign: sign an image in a registry, verify it" "sign_image_with_$cosign"
	phase "$cosign: refuses another blob, identity or issuer" refuse_others
done
phase 'Rekor finds the entry by hash' search
phase 'from outside: port-forward and URL flags' sign_from_outside

phase 'stand up again as the README says: nothing changes' unchanged stand_up_again
phase 'kubectl apply says unchanged of everything' applied_twice
phase 'delete every Job, apply again: nothing changes' unchanged apply_without_jobs
phase 'upgrade to another tag: nothing changes' unchanged upgrade
phase 'delete every pod: nothing is lost' unchanged delete_pods

# Bad input. It goes on counting, and prints the sum.
target/debug/refuse --passed "$passed" --failed "$failed"

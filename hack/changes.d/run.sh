#!/usr/bin/env bash
# The phases of hack/changes.sh, inside the cluster's namespaces.
set -euo pipefail
cd "$(dirname "$0")/../.."

# shellcheck source=hack/e2e.d/phases.sh
. hack/e2e.d/phases.sh
# shellcheck source=hack/changes.d/change.sh
. hack/changes.d/change.sh

phase 'empty volumes' take_down e2e
stand_up
$ok || exit 1
phase 'a client in the cluster' start_client
$ok || exit 1

signed=()
phase 'the first signatures' sign first
signed+=(first)
for change in rekor-key fulcio-root ctlog-key tsa-chain tuf-keys; do
	phase "$change: made, published, servers restarted" "change_$change"
	phase "$change: signs with it" sign "$change"
	signed+=("$change")
	phase "$change: ${#signed[@]} signatures verify, to old clients and to new ones" verify_all
done

echo "$passed passed, $failed failed"
((failed == 0))

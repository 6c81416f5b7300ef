#!/usr/bin/env bash
# The phases of hack/e2e.sh that need only kubectl and a cluster with our images. The one argument: how many stand-ups.
set -euo pipefail
cd "$(dirname "$0")/../.."

# shellcheck disable=SC2034
namespaces=(trillian-system fulcio-system tsa-system tuf-system rekor-system ctlog-system)
scratch=$(mktemp -d)
trap 'kill $(jobs -p) 2> /dev/null || true; rm -rf "$scratch"' EXIT
passed=0 failed=0

# phase WHAT COMMAND…: a line that says whether COMMAND succeeded and in how many seconds, and what it printed if it failed.
# Sets $ok instead of returning a status: within `phase … || …` COMMAND would run without errexit.
phase() {
	local what=$1 start=${EPOCHREALTIME/./} status result=ok
	shift
	set +e
	(set -e && "$@") > "$scratch/output" 2>&1
	status=$?
	set -e
	if ((status)); then
		ok=false result=FAIL failed=$((failed + 1))
	else
		ok=true passed=$((passed + 1))
	fi
	printf '%-5s %-60s %6s s\n' $result "$what" "$(seconds_since "$start")"
	$ok || tail -n 40 "$scratch/output" | cut -c 1-400 | sed 's/^/      | /'
}

seconds_since() {
	local tenths=$(((${EPOCHREALTIME/./} - $1) / 100000))
	echo "$((tenths / 10)).$((tenths % 10))"
}

# fails_with PATTERN COMMAND…: COMMAND must fail, and for the reason that PATTERN describes.
fails_with() {
	local pattern=$1 output
	shift
	if output=$("$@" 2>&1); then
		echo "this should have failed: $*"
		return 1
	fi
	grep -qE "$pattern" <<< "$output" || { echo "this failed, but not with '$pattern': $output"; return 1; }
}

# client SCRIPT: runs it in the client's pod.
client() { kubectl exec --namespace=e2e --stdin client -- sh -euc "$1"; }

for part in hack/e2e.d/{standup,sign,again,refuse}.sh; do
	# shellcheck source=/dev/null
	. "$part"
done

# After a failure here nothing below can succeed.
for ((i = 1; i <= $1; i++)); do
	phase 'empty volumes' take_down
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

phase 'apply again: nothing changes' unchanged apply_again
phase 'delete every Job, apply again: nothing changes' unchanged apply_without_jobs
phase 'upgrade to another tag: nothing changes' unchanged upgrade
phase 'delete every pod: nothing is lost' unchanged delete_pods
phase 'the database, killed again and again at its first start' kill_database

phase 'wrong flag: exit 2, names it' wrong_flag
phase 'no tree: gives up at --timeout, exit 1, says who makes it' no_dependency
phase 'no rights: says which verb on which object' no_rights
phase 'a Secret with a broken PEM: exit 3, nothing changes' broken_pem
phase 'a public key of another private key: exit 3, nothing changes' other_public_key
phase 'a tree that Trillian does not have: exit 3, nothing changes' unknown_tree
phase 'a chain in the wrong order: exit 3, nothing changes' wrong_order

echo "$passed passed, $failed failed"
((failed == 0))

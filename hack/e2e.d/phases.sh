# shellcheck shell=bash
# What the phases of hack/e2e.sh have in common. They run in the cluster's namespaces, in the
# checkout's folder.

namespaces=(trillian-system fulcio-system tsa-system tuf-system rekor-system ctlog-system)
scratch=$(mktemp -d)
trap 'kill $(jobs -p) 2> /dev/null || true; rm -rf "$scratch"' EXIT
passed=0 failed=0

# phase WHAT COMMAND…: a line that says whether COMMAND succeeded and in how many seconds, and what
# it printed if it failed. Sets $ok instead of returning a status: within `phase … || …` COMMAND
# would run without errexit.
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
	printf '%-5s %-60s %6s s\n' "$result" "$what" "$(seconds_since "$start")"
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
client() { kubectl exec --namespace=default --stdin client -- sh -euc "$1"; }

# give FILE: puts what comes from stdin there in the client's pod. Of what `kubectl exec` is given, a part gets lost now and
# then.
give() {
	local size tries=0
	cat > "$scratch/given"
	size=$(wc -c < "$scratch/given")
	while [[ $(client "mkdir -p ${1%/*} && cat > $1 && wc -c < $1" < "$scratch/given") != "$size" ]]; do
		((++tries < 5)) || { echo "$1 doesn't arrive in the client's pod"; return 1; }
	done
}

# shellcheck source=hack/e2e.d/standup.sh
. hack/e2e.d/standup.sh
# shellcheck source=hack/e2e.d/sign.sh
. hack/e2e.d/sign.sh
# shellcheck source=hack/e2e.d/again.sh
. hack/e2e.d/again.sh

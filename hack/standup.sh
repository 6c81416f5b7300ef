#!/usr/bin/env bash
# `standup --servers`: how fast and how big it is, what it leaves behind however it ends, what it keeps, what it refuses; and
# cosign that signs with it as docs/local.md says.
#
#   hack/standup.sh [--clients]
#
#   --clients   every client of hack/clients.sh, too, with Python and Node
#
# Needs Linux, Rust and Go. Everything is on loopback, and ends with this script.
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=hack/step.sh
. hack/step.sh
# shellcheck source=hack/standup.d/clients.sh
. hack/standup.d/clients.sh

program=$PWD/target/debug/standup
modules=(fulcio rekor-tiles tesseract timestamp-server-local cosign kubernetes)
work=$(mktemp -d)
trap 'end' EXIT

# Each stack's programs have a file in there in their environment, and nobody else has.
ours() { grep --files-with-matches --no-messages --fixed-strings --text -- "$work" /proc/[0-9]*/environ | cut -d/ -f3 || true; }

end() {
	ours | xargs --no-run-if-empty kill -9
	rm -rf "$work"
}

standup() { TMPDIR=$work "$program" "$@"; }

cosign() { TUF_ROOT=$work/tuf command cosign "$@"; }

build() {
	cargo build --quiet --locked --package=docs --package=standup --package='create*' --package=copysecrets --package='*server'
	hack/cluster build "${modules[@]}"
}

up() { standup --servers --env "$@" 2> "$work/log" || { cat "$work/log" >&2 && return 1; }; }

# Seconds from the command to its return, which is when it is ready to sign.
timed() {
	local start=$EPOCHREALTIME variables
	variables=$(up)
	awk "BEGIN { printf \"%.2f\\n\", $EPOCHREALTIME - $start }"
	(eval "$variables" && standup stop)
}

twenty() {
	for _ in {1..20}; do timed; done | sort -n > "$work/times"
	awk '{ times[NR] = $1 } END { printf "20 starts: %s s to %s s, median %s s\n", times[1], times[NR], times[NR / 2] }' "$work/times"
	nothing_left
}

size() {
	local pids
	(
		eval "$(up)"
		pids=$(ours)
		ps -o rss=,args= -p "${pids//$'\n'/,}" | awk '{ sum += $1; printf "%7.1f MiB %s\n", $1 / 1024, $2 }
			END { printf "%7.1f MiB in all\n", sum / 1024; exit sum > 300 * 1024 }'
		standup stop
	)
}

three() {
	local number pids=()
	for number in 1 2 3; do
		standup --servers --json > "$work/$number.json" 2> "$work/$number.log" &
		pids+=($!)
	done
	for number in "${pids[@]}"; do wait "$number"; done
	for number in 1 2 3; do
		(STANDUP_STATE=$(value "$number" STANDUP_STATE) && cd "$work" && sign_in "$number" && standup stop --state "$STANDUP_STATE")
	done
	nothing_left
}

value() { sed "s/.*\"$2\":\"\([^\"]*\)\".*/\1/" "$work/$1.json"; }

# sign_in NUMBER: with the files of that stack.
sign_in() {
	local with=(--trusted-root="$(value "$1" TRUSTED_ROOT)")
	echo "$1" > blob
	cosign sign-blob --yes --identity-token="$(value "$1" OIDC_TOKEN)" --signing-config="$(value "$1" SIGNING_CONFIG)" "${with[@]}" --bundle="$1.bundle" blob
	verify "${with[@]}" --bundle="$1.bundle" blob
}

verify() { cosign verify-blob --certificate-identity=https://kubernetes.io/namespaces/default/serviceaccounts/default --certificate-oidc-issuer-regexp='^http://127.0.0.1:' "$@"; }

# Neither while it stands up nor when it is up.
killed() {
	local pause pid
	for pause in 0.1 0.3 0.6 0.9 1.2 1.5 2 3; do
		TMPDIR=$work "$program" --servers > /dev/null 2>&1 &
		pid=$!
		sleep "$pause"
		kill -9 "$pid"
		wait "$pid" 2> /dev/null || true
		nothing_left
	done
}

# nothing_left: no process, and no folder, within some seconds.
nothing_left() {
	for _ in {1..500}; do
		[[ -n $(ours) || -n $(find "$work" -maxdepth 1 -name '.tmp*') ]] || return 0
		sleep 0.01
	done
	ours | xargs --no-run-if-empty ps -o pid=,args= -p
	find "$work" -maxdepth 1 -name '.tmp*'
	return 1
}

kept() {
	local state=$work/state size=0 root run
	echo kept > "$work/blob"
	for run in 1 2 3; do
		(
			eval "$(up --state "$state")"
			cd "$work"
			[[ $run = 1 ]] || {
				verify --trusted-root="$TRUSTED_ROOT" --bundle=kept.bundle blob
				cmp root.json "$TUF_ROOT_JSON"
				cmp trusted_root.json "$TRUSTED_ROOT"
			}
			cp "$TUF_ROOT_JSON" "$TRUSTED_ROOT" .
			cosign sign-blob --yes --signing-config="$SIGNING_CONFIG" --trusted-root="$TRUSTED_ROOT" --bundle=kept.bundle blob
			sed -n 2p "$state/volumes/rekor-tiles-system/rekor/checkpoint" > size
			# The second ends without warning.
			if [[ $run = 2 ]]; then kill -9 "$STANDUP_PID"; else standup stop; fi
		)
		(($(< "$work/size") > size))
		size=$(< "$work/size")
	done
	root=$(sha256sum < "$state/client/root.json")
	echo "three starts, one after a kill -9: root.json is ${root:0:16}, Rekor has $size entries"
}

# refused WORDS COMMAND…: one sentence with these words, and no stack.
refused() {
	local words=$1 told
	shift
	if told=$("$@" 2>&1); then return 1; fi
	told=$(grep '^standup: ' <<< "$told")
	echo "$told"
	[[ $told = *"$words"* ]]
}

refusals() {
	local state=$work/refused port server
	(
		eval "$(up --state "$state")"
		refused "$state is in use" standup --servers --state "$state"
		standup stop
	)
	refused 'no stack runs in' standup stop --state "$state"
	port=$(sed 's/.*"fulcio-system\/fulcio:5555":\([0-9]*\).*/\1/' "$state/ports.json")
	python3 -c "import socket, time; s = socket.create_server(('127.0.0.1', $port)); time.sleep(60)" "$work" &
	server=$!
	sleep 0.5
	refused "port $port of 127.0.0.1" standup --servers --state "$state"
	kill "$server"
	echo 0 > "$state/version"
	refused "is of version" standup --servers --state "$state"
	mkdir "$work/other" && touch "$work/other/file"
	refused "isn't empty" standup --servers --state "$work/other"
	mkdir "$work/bin" && ln -s "$(command -v kubectl)" "$work/bin"
	refused 'install Go' env PATH="$work/bin" SCAFFOLDING_CACHE="$work" TMPDIR="$work" "$program" --servers
	printf '#!/bin/sh\necho "Error: unknown flag: --legacy-unix-domain-socket" >&2\nexit 1\n' > "$work/bin/fulcio"
	chmod +x "$work/bin/fulcio"
	refused 'take it off the PATH if it is older' env PATH="$work/bin:$PATH" TMPDIR="$work" "$program" --servers
	nothing_left
}

block() { target/debug/docs block docs/local.md "$1"; }

# The page, with this build in the place of cargo's.
page() {
	mkdir -p "$work/page" "$work/cargo"
	printf '#!/bin/sh\nshift\nTMPDIR="%s" exec "%s" "$@"\n' "$work" "$program" > "$work/cargo/cargo"
	chmod +x "$work/cargo/cargo"
	{
		block 'The real Fulcio'
		block 'Sign, and verify:'
		block 'As whomever'
		block 'The end of it:'
	} > "$work/page/commands"
	(cd "$work/page" && TUF_ROOT=$work/tuf PATH=$work/cargo:$PATH bash -euo pipefail commands)
	nothing_left
}

step 'standup, the Jobs, the servers, cosign' build
# Before those of hack/clients.sh, of which not every one runs three times at once.
for module in "${modules[@]}"; do PATH=$(hack/cluster bin "$module"):$PATH; done
step 'docs/local.md' page
step '20 starts in a row' twenty
step 'what it takes' size
step '3 at once' three
step 'what is left after kill -9' killed
step 'what is kept' kept
step 'what is refused' refusals
[[ $* = *--clients* ]] || exit 0
step 'the clients' install_clients
PATH=$PWD/target/debug:$PATH
step 'all of them' everybody

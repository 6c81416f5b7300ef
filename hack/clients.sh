#!/usr/bin/env bash
# Every client that people use, at a TUF repository that lives: new and with what it kept from
# before, while the repository is renewed, its keys are rotated and its inputs change; and ten
# simulated years of it. A line for each client and state, and a table. Then every kind of key that a
# server may have: which clients verify what is signed with it; and whether they verify under keys and
# chains made as docs/own-keys.md says. Then real servers of a stack with tiles: who signs where, and what is verified, on the way to it.
# Versions are pinned in test/clients (Go, Python, JavaScript),
# hack/cluster.d/modules (cosign) and Cargo.lock.
#
# Runs as root on Debian with Rust, Go, Python and Node 20. What runs after the installation has no
# network but its own loopback, and ends with this script.
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=hack/step.sh
. hack/step.sh
# shellcheck source=hack/clients.d/install.sh
. hack/clients.d/install.sh

packages() {
	local missing=()
	ls /usr/lib/*/faketime/libfaketime.so.1 > /dev/null 2>&1 || missing+=(libfaketime)
	command -v ip > /dev/null || missing+=(iproute2)
	if ((${#missing[@]})); then
		apt-get update -qq
		apt-get install -qq --yes "${missing[@]}" > /dev/null
	fi
}

programs() { cargo build --quiet --locked --package=createtuf --package=tufserver --package=clients; }

# The two cosigns are those of hack/cluster.
go_clients() {
	mkdir -p "$installed/bin"
	hack/cluster build cosign cosign-v2
	ln -sf "$(hack/cluster bin cosign)/cosign" "$(hack/cluster bin cosign-v2)/cosign-v2" "$installed/bin"
	CGO_ENABLED=0 go build -C test/clients/go -mod=readonly -trimpath -o "$installed/bin/" .
	CGO_ENABLED=0 go build -C test/clients/signer -mod=readonly -trimpath -o "$installed/bin/" .
}

# What a stack with tiles is made of.
servers() {
	local server
	for server in rekor-tiles tesseract fulcio timestamp-server; do
		hack/cluster build "$server"
		ln -sf "$(hack/cluster bin "$server")/$server" "$installed/bin"
	done
}

# Go, Python and Node read URLs as pkg/address/tests has recorded.
urls() { TEST_URL_READERS=1 cargo test --quiet --locked --package=scaffolding-address --test=readers; }

# alone COMMAND…: in a network of its own, where only loopback is up; what it leaves behind is
# killed.
alone() {
	unshare --net --pid --fork --kill-child bash -euc 'ip link set lo up && "$@"' alone "$@"
}

step 'packages' packages
step 'createtuf, tufserver, the Rust clients' programs
step 'cosign, the Go clients' go_clients
step 'Rekor v2, TesseraCT, Fulcio, a timestamp authority' servers
step 'the Python clients' python_clients
step 'the JavaScript clients' javascript_clients

PATH=$PWD/target/debug:$PATH
LIBFAKETIME=$(echo /usr/lib/*/faketime/libfaketime.so.1)
export LIBFAKETIME
step 'URLs, as clients read them' urls
step 'odd keys and certificates' alone target/debug/odd-trust
step 'every client, at every state' alone target/debug/clients
step 'ten years' alone target/debug/ten-years
step 'every kind of key, with every server' alone target/debug/key-kinds
step "keys and chains of one's own" alone target/debug/own-chain
step 'Rekor v2 and TesseraCT, and the way to them' alone target/debug/tiles

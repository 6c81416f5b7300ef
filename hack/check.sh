#!/usr/bin/env bash
# Every check that needs no cluster, each with its seconds. Stops at the first that fails, and names it.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo_deny=0.20.2
tools=${XDG_CACHE_HOME:-$HOME/.cache}/scaffolding/cargo-deny-$cargo_deny
log=$(mktemp)
running=
trap 'rm -f "$log"; [ -z "$running" ] || echo "== $running failed after $((SECONDS - start)) s" >&2' EXIT

step() {
	running=$1 start=$SECONDS
	shift
	echo "== $running"
	"$@"
	echo "== $running: $((SECONDS - start)) s"
	running=
}

tests() {
	cargo test --locked --workspace --no-fail-fast 2>&1 | tee "$log"
}

documentation() {
	RUSTDOCFLAGS='-D warnings' cargo doc --quiet --locked --workspace --no-deps
}

dependencies() {
	if ! [ -x "$tools/bin/cargo-deny" ]; then
		cargo install --quiet --locked --root "$tools" "cargo-deny@$cargo_deny"
	fi
	"$tools/bin/cargo-deny" --locked check --hide-inclusion-graph licenses bans sources
}

shell_scripts() {
	if ! command -v shellcheck > /dev/null; then
		apt-get update -qq
		apt-get install -qq --yes shellcheck
	fi
	git ls-files -z '*.sh' hack/cluster .ci/run | xargs -0 shellcheck --external-sources
}

step formatting cargo fmt --all --check
step clippy cargo clippy --quiet --locked --workspace --all-targets -- -D warnings
step tests tests
step documentation documentation
step dependencies dependencies
step 'shell scripts' shell_scripts
step 'images in config/' hack/cluster images --check
echo "all checks passed after $SECONDS s:"
awk '/^test result: / { passed += $4; failed += $6 } END { printf "%d passed, %d failed\n", passed, failed }' "$log"

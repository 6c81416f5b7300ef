#!/usr/bin/env bash
# Every check that needs no cluster, each with its seconds. Stops at the first that fails, and names
# it.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo_deny=0.20.2
tools=${XDG_CACHE_HOME:-$HOME/.cache}/scaffolding/cargo-deny-$cargo_deny
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# shellcheck source=hack/step.sh
. hack/step.sh

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

# Those that can be run, and with each the parts that it consists of. No rule is off.
shell_scripts() {
	if ! command -v shellcheck > /dev/null; then
		apt-get update -qq
		apt-get install -qq --yes shellcheck
	fi
	git grep -lz '^#!/usr/bin/env bash$' | xargs -0 shellcheck --external-sources --check-sourced
	if git grep -n '# shellcheck .*disabl[e]=\|# shellcheck source=/dev/nul[l]' -- .ci hack test; then return 1; fi
}

# The other stacks are rendered by hack/cluster's kubectl, if somebody has built it.
manifests() {
	local kubectl stack
	kubectl=$(hack/cluster bin kubernetes)
	[ -x "$kubectl/kubectl" ] || { echo 'not done: hack/cluster build kubernetes' && return; }
	for stack in config config/tiles config/both; do
		PATH=$kubectl:$PATH SCAFFOLDING_CONFIG=$stack cargo test --quiet --locked --package=testbed --test=manifests --test=contract 2>&1 | tee -a "$log"
		PATH=$kubectl:$PATH cargo standup --config "$stack" > /dev/null
	done
	PATH=$kubectl:$PATH cargo run --quiet --locked --package=e2e --bin=components
	PATH=$kubectl:$PATH cargo standup --config test/helm > /dev/null
}

step formatting cargo fmt --all --check
step clippy cargo clippy --quiet --locked --workspace --all-targets -- -D warnings
step tests tests
step 'manifests of each stack' manifests
step documentation documentation
step dependencies dependencies
step 'shell scripts' shell_scripts
step 'images of the stacks' hack/cluster images --check
echo "all checks passed after $SECONDS s:"
awk '/^test result: / { passed += $4; failed += $6 } END { printf "%d passed, %d failed\n", passed, failed }' "$log"

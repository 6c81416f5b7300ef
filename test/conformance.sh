#!/usr/bin/env bash
# Asks the real Kubernetes, the real Trillian and, where there is one, the real Rekor v2 of
# hack/cluster what is recorded in data/, where a stack is applied. The embedded ones answer as recorded: cargo test sees to that. With UPDATE=1
# it records what they answer now.
set -euo pipefail
cd "$(dirname "$0")/.."

# The test binary of that name.
binary() {
	cargo test --quiet --locked --workspace --test "$1" --no-run --message-format=json |
		sed -n 's/.*"executable":"\([^"]*\)".*/\1/p'
}

inside() {
	hack/cluster exec env ${UPDATE:+UPDATE=1} "$@" --exact "$test"
}

# Where a Service of this namespace is; nothing where there is none.
address() {
	hack/cluster exec kubectl get service "$2" -n "$1" --ignore-not-found -o 'jsonpath={.spec.clusterIP}:{.spec.ports[0].port}'
}

server=$(address trillian-system log-server)
rekor=$(address rekor-tiles-system rekor)
kubernetes=$(binary kubernetes)
trillian=$(binary trillian)
tiles=$(binary tiles)
test=a_real_api_still_answers_as_recorded
inside TEST_KUBECONFIG=/run/cluster/admin.conf "$kubernetes"
test=a_real_trillian_still_answers_as_recorded
if [ "$server" ]; then inside TEST_TRILLIAN="$server" "$trillian"; fi
test=a_real_rekor_still_answers_as_recorded
if [ "$rekor" ]; then inside TEST_REKOR_TILES="$rekor" "$tiles"; fi
[ "$server$rekor" ]

#!/usr/bin/env bash
# Asks the real Kubernetes and the real Trillian of hack/cluster what is recorded in data/, where
# `config/` is applied. The embedded ones answer as recorded: cargo test sees to that. With UPDATE=1
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

server=$(hack/cluster exec kubectl get service log-server -n trillian-system -o 'jsonpath={.spec.clusterIP}:{.spec.ports[0].port}')
kubernetes=$(binary kubernetes)
trillian=$(binary trillian)
test=a_real_api_still_answers_as_recorded
inside TEST_KUBECONFIG=/run/cluster/admin.conf "$kubernetes"
test=a_real_trillian_still_answers_as_recorded
inside TEST_TRILLIAN="$server" "$trillian"

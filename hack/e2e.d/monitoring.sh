#!/usr/bin/env bash
# The phases of hack/monitoring.sh, where pods can be reached.
set -euo pipefail
cd "$(dirname "$0")/../.."

# shellcheck source=hack/e2e.d/phases.sh
. hack/e2e.d/phases.sh

component=config/components/monitoring tools=target/monitoring cosign=cosign

stack() {
	kubectl apply --kustomize=config/both
	hack/wait.sh --servers
	start_client
	initialize
	sign_blob_with_cosign
}

# A Prometheus that looks at the stack until it has seen it all.
scraped() (
	trap 'kill $(jobs -p)' EXIT
	sed "s|^  - role: pod\$|&\n    kubeconfig_file: $KUBECONFIG|" "$component/scrape.yml" > "$tools/prometheus.yml"
	printf '%s\n' 'global: {scrape_interval: 2s}' 'rule_files: [rules.yml]' >> "$tools/prometheus.yml"
	"$tools/promtool" check config "$tools/prometheus.yml"
	"$tools/prometheus" --config.file="$tools/prometheus.yml" --storage.tsdb.path="$scratch/prometheus" \
		--web.listen-address=127.0.0.1:9090 > "$tools/prometheus.log" 2>&1 &
	for ((try = 0; try < 12; try++)); do
		sleep 5
		! "$tools/monitoring" "$tools/rules.yml" "$component/dashboard.json" http://127.0.0.1:9090 > "$scratch/seen" 2>&1 || break
	done
	cat "$scratch/seen"
	((try < 12))
)

phase 'empty volumes' take_down e2e rekor-tiles-system ctlog-tiles-system
phase 'config/both, and a signature' stack
$ok || { explain; exit 1; }
phase 'a Prometheus that scrapes it' scraped
echo "$passed passed, $failed failed"
((failed == 0))

#!/usr/bin/env bash
# What config/components/monitoring tells Prometheus and Grafana, tried: promtool's unit tests of the rules, Grafana's own
# types for the dashboard, the operator's custom resources; and a real Prometheus that scrapes config/both in hack/cluster: each
# metric is there, each panel shows something, and nothing fires. The cluster is left running.
#
#   hack/monitoring.sh [--files]
#
#   --files   without a cluster: what promtool and Grafana's types say
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=hack/step.sh
. hack/step.sh

component=config/components/monitoring
tools=target/monitoring

build() {
	cargo build --quiet --locked --package=docs
	mkdir -p "$tools"
	# Without the tags it knows every cloud there is.
	cd test/monitoring
	CGO_ENABLED=0 go build -mod=readonly -trimpath -tags remove_all_sd,enable_kubernetes_sd -ldflags '-s -w' -o "../../$tools/" . tool
}

# The rules as Prometheus reads them without the operator, by what docs/monitoring.md says.
files() {
	local rules
	rules=$(target/debug/docs block docs/monitoring.md 'without their wrapping')
	eval "$rules"
	mv rules.yml "$tools"
	cp test/monitoring/rules_test.yml "$tools"
	"$tools/promtool" check rules "$tools/rules.yml"
	"$tools/promtool" test rules "$tools/rules_test.yml"
	"$tools/monitoring" "$tools/rules.yml" "$component/dashboard.json"
}

# As an API server with the operator's custom resources takes it.
accepted() {
	local crds
	crds=$(cd test/monitoring/crds && go mod download && go list -mod=readonly -m -f '{{.Dir}}' github.com/prometheus-operator/prometheus-operator)
	crds+=/example/prometheus-operator-crd
	hack/cluster exec kubectl apply --server-side --filename="$crds/monitoring.coreos.com_podmonitors.yaml" \
		--filename="$crds/monitoring.coreos.com_prometheusrules.yaml"
	hack/cluster exec kubectl wait --for=condition=Established crd/podmonitors.monitoring.coreos.com crd/prometheusrules.monitoring.coreos.com
	hack/cluster exec kubectl apply --dry-run=server --validate=strict --filename="$component/pods.yaml" --filename="$component/rules.yaml"
}

# What runs in the cluster's namespaces, beside its own processes, where pods can be reached: a stack with every server there
# is, a signature, and a Prometheus that looks at it until it has seen it all.
in_cluster() {
	local cosign=cosign try
	# shellcheck source=hack/e2e.d/phases.sh
	. hack/e2e.d/phases.sh
	take_down e2e rekor-tiles-system ctlog-tiles-system
	kubectl apply --kustomize=config/both
	hack/wait.sh --servers
	start_client
	initialize
	sign_blob_with_cosign
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
}

case "$*" in
	'' | --files) ;;
	in-cluster)
		in_cluster
		exit ;;
	*) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2 && exit 2 ;;
esac
step 'Prometheus, promtool' build
step 'the rules, the dashboard' files
[[ $* != --files ]] || exit 0
# shellcheck source=hack/e2e.d/prepare.sh
. hack/e2e.d/prepare.sh
prepare
step "the operator's custom resources" accepted
step 'a Prometheus that scrapes config/both' hack/cluster exec hack/monitoring.sh in-cluster

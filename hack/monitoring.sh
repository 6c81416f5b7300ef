#!/usr/bin/env bash
# What config/components/monitoring tells Prometheus and Grafana, tried: promtool's unit tests of the rules, Grafana's own
# types for the dashboard, the operator's custom resources; and a real Prometheus that scrapes config/both in hack/cluster: each
# metric is there, each panel shows something, and nothing fires.
#
#   hack/monitoring.sh [--files | --keep]
#
#   --files   without a cluster: what promtool and Grafana's types say
#   --keep    leave the cluster running at the end; hack/cluster down removes it
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
	hack/cluster exec kubectl apply --filename=config/100-namespaces.yaml
	hack/cluster exec kubectl apply --dry-run=server --validate=strict --filename="$component/pods.yaml" --filename="$component/rules.yaml"
}

case "$*" in
	--files) ;;
	*)
		# shellcheck source=hack/e2e.d/prepare.sh
		. hack/e2e.d/prepare.sh
		keep_or_down "$@" ;;
esac
step 'Prometheus, promtool' build
step 'the rules, the dashboard' files
[[ $* != --files ]] || exit 0
prepare
step "the operator's custom resources" accepted
hack/cluster exec hack/e2e.d/monitoring.sh

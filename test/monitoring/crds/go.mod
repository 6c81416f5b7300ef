// The custom resources of the Prometheus operator, as its repository has them.
module scaffolding/monitoring/crds

go 1.26.0

require github.com/prometheus-operator/prometheus-operator v0.85.0

module scaffolding/gitops/flux

go 1.26.0

require github.com/fluxcd/pkg/ssa v0.78.0

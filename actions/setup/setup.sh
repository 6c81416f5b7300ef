#!/usr/bin/env bash
# The action: the cluster, the stack, what is beside it for those who test clients, and the names of all of it on the runner.
# action.yml says what the variables mean.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
checkout=${here%/actions/setup}

die() {
	echo "::error::$*" >&2
	exit 1
}

as_root() { if ((EUID)); then sudo "$@"; else "$@"; fi; }

# shellcheck source=actions/setup/kind.sh
. "$here/kind.sh"
# shellcheck source=actions/setup/stack.sh
. "$here/stack.sh"
# shellcheck source=actions/setup/names.sh
. "$here/names.sh"

[[ $REGISTRY_NAME =~ ^[a-z0-9-]+\.[a-z0-9-]+$ ]] ||
	die "registry-name: $REGISTRY_NAME isn't NAME.NAMESPACE, as registry.local is: pods find a Service by those two"
[[ ! $KNATIVE_VERSION ]] || echo "::notice::knative-version: no Knative is installed; the servers are Deployments and Services"

[[ $SIGSTORE_ONLY == true ]] || new_cluster
stack
beside_it
[[ $SIGSTORE_ONLY == true ]] || nodes_pull_from_registry
names
sign_and_verify
ksvc
variables

#!/usr/bin/env bash
# Components of config/components on a real cluster, all at once: a database elsewhere over TLS, no Redis, user IDs as
# OpenShift gives them, a storage class, nodes with a label and a taint, and two of each server. Both cosigns sign and verify there.
# Then others: claims that exist, and host names over TLS. Needs nginx and installs it.
#
#   hack/customize.sh [--keep]
#
#   --keep   leave the cluster running at the end; hack/cluster down removes it
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=hack/e2e.d/prepare.sh
. hack/e2e.d/prepare.sh

install_nginx() {
	apt-get update -qq
	apt-get install -qq --yes --no-install-recommends nginx > /dev/null
}

keep_or_down "$@"
prepare
command -v nginx > /dev/null || step nginx install_nginx
hack/cluster exec hack/e2e.d/customize.sh

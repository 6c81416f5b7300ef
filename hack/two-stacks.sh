#!/usr/bin/env bash
# Two stacks in one cluster, as docs/two-stacks.md says: each signs, and what it signed verifies with its own root and not with
# the other's. Each phase is a line with its seconds.
#
#   hack/two-stacks.sh [--keep]
#
#   --keep   leave the cluster running at the end; hack/cluster down removes it
#
# It isn't part of .ci/run, for which it would be two minutes more.
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=hack/e2e.d/prepare.sh
. hack/e2e.d/prepare.sh
keep_or_down "$@"
prepare
hack/cluster exec hack/e2e.d/two-stacks.sh

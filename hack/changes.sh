#!/usr/bin/env bash
# New keys for each server of a running stack, made and published as docs/changes.md says. After each, both cosigns sign with the
# new key, and verify what was signed with every key before, wherever they last looked. Each phase is a line with its seconds.
#
#   hack/changes.sh [--keep]
#
#   --keep   leave the cluster running at the end; hack/cluster down removes it
#
# It isn't part of .ci/run, whose time hack/e2e.sh, hack/chaos.sh and hack/clients.sh take: hack/clients.sh has the same changes,
# with more clients and without servers.
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=hack/e2e.d/prepare.sh
. hack/e2e.d/prepare.sh
keep_or_down "$@"
prepare
hack/cluster exec target/debug/changes

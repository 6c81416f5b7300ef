#!/usr/bin/env bash
# Pages of docs/, followed on a real cluster: the commands between their fences in their order, and what they show beside what it is
# to be. Each is a line with its seconds. Each page begins with an empty cluster.
#
#   hack/docs.sh [--keep] [PAGE…]
#
#   --keep   leave the cluster running at the end; hack/cluster down removes it
#   PAGE     such as docs/remove.md; without one it is every page that has commands
set -euo pipefail
cd "$(dirname "$0")/.."

keep=() pages=()
for argument; do
	case $argument in
		--keep) keep=(--keep) ;;
		docs/*.md) pages+=("$argument") ;;
		*) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2 && exit 2 ;;
	esac
done

# shellcheck source=hack/e2e.d/prepare.sh
. hack/e2e.d/prepare.sh
keep_or_down "${keep[@]}"
# shellcheck source=hack/clients.d/install.sh
. hack/clients.d/install.sh
prepare
((${#pages[@]})) || mapfile -t pages < <(target/debug/docs list)
if [[ " ${pages[*]} " == *" docs/own-keys.md "* || " ${pages[*]} " == *" docs/tiles.md "* ]]; then
	step 'sigstore-python' python_clients
	step 'sigstore-js' javascript_clients
fi
target/debug/docs run "${pages[@]}"

#!/usr/bin/env bash
# What clusters do to a stack: servers, Jobs, the API server and the database die at any moment,
# objects get lost, Jobs run twice. After each of it the first signature verifies, and a second one
# can be made. Each phase is a line with its seconds.
#
#   hack/chaos.sh [--stack trillian|tiles] [--rounds N] [--races N] [--seed N] [--keep]
#
#   --stack STACK   config/ (trillian, the default) or config/tiles
#   --rounds N      stand-ups whose Jobs are killed at random moments (default 3)
#   --races N       times that two of every Job run at once (default 3)
#   --seed N        of the random moments; it is printed (default: another one each time)
#   --keep          leave the cluster running at the end; hack/cluster down removes it
set -euo pipefail
cd "$(dirname "$0")/.."

flags=() keep='' config=config
while (($#)); do
	case "$1 ${2-}" in
		'--stack trillian') shift ;;
		'--stack tiles') config=config/tiles && shift ;;
		--rounds\ [0-9]* | --races\ [0-9]* | --seed\ [0-9]*) flags+=("$1" "$2") && shift ;;
		--keep\ *) keep=yes ;;
		*) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2 && exit 2 ;;
	esac
	shift
done

# shellcheck source=hack/e2e.d/prepare.sh
. hack/e2e.d/prepare.sh
[[ $keep ]] || trap 'hack/cluster down' EXIT
prepare
hack/cluster exec env SCAFFOLDING_CONFIG="$config" target/debug/chaos "${flags[@]}"

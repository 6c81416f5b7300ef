#!/usr/bin/env bash
# workflow.sh NAME [ETC]: act runs the workflow test/actions/NAME.yml on this machine, as its job's runner. With a folder ETC, hosts and
# resolv.conf are those in there.
set -euo pipefail
cd "$(dirname "$0")/../.."

if [[ ${2-} ]]; then
	mount --bind "$2/hosts" /etc/hosts
	mount --bind "$2/resolv.conf" "$(realpath /etc/resolv.conf)"
fi
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
log=target/actions/$1.log
export HOME=$home XDG_CACHE_HOME=$home/cache XDG_CONFIG_HOME=$home/config
if ! target/actions/act push --workflows "test/actions/$1.yml" --platform ubuntu-latest=-self-hosted --action-offline-mode --no-cache-server > "$log" 2>&1; then
	tail -n 60 "$log"
	exit 1
fi

#!/usr/bin/env bash
# A stack under other names: puts PREFIX before the name of each of its namespaces, and of what belongs to none, wherever it
# stands in the manifests: in URLs and flags, too. So several stacks have room in one cluster.
#
#   kubectl kustomize config | hack/prefix.sh PREFIX | kubectl apply -f -
#
# Exit: 0 done, 1 there are no manifests with a namespace, 2 wrong arguments.
set -euo pipefail

usage() { sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2; exit 2; }
[[ $# == 1 && $1 != -* ]] || usage
[[ $1 =~ ^[a-z0-9][a-z0-9-]{0,31}$ ]] || { echo "'$1' is no prefix of a namespace's name: up to 32 of a-z, 0-9 and -" >&2; exit 2; }
prefix=$1

manifests=$(cat)
names=$(awk '
	/^---/ { kind = ""; named = 0 }
	/^kind: / { kind = $2; metadata = 0 }
	/^[a-z]/ { metadata = /^metadata:/ }
	metadata && !named && /^  name: / && kind ~ /^(Namespace|ClusterRole|ClusterRoleBinding)$/ { print $2; named = 1 }' <<< "$manifests")
[[ $names ]] || { echo "no Namespace is in what came from stdin: kubectl kustomize config prints a stack" >&2; exit 1; }

# A name is whole where no other letter, digit or hyphen is beside it, nor a dot after it, but for `.svc`: the host names of
# one's own stay.
script=
while read -r name; do
	script+=":$name"$'\n'"s/\(^\|[^a-z0-9-]\)$name\(\$\|[^a-z0-9.-]\|\.svc\)/\1$prefix$name\2/"$'\n'"t $name"$'\n'
done <<< "$names"
sed "$script" <<< "$manifests"

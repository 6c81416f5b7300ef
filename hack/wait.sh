#!/usr/bin/env bash
# Waits until every gate is open, that is, until every Job labelled scaffolding/gate=true is
# complete. Unlike `kubectl wait` it stops at once when a Job fails, and says why.
#
#   hack/wait.sh [--servers] [--timeout SECONDS]
#
#   --servers   then also wait until every Deployment and StatefulSet beside the gates is ready
#   --timeout   give up after so many seconds (default 300), and say what each gate still waits for
#
# Exit: 0 all open, 1 timed out, 2 wrong arguments, 3 a gate failed. Needs kubectl, on any cluster.
set -euo pipefail

gate=scaffolding/gate=true
timeout=300 servers=
while (($#)); do
	case $1 in
		--servers) servers=yes ;;
		--timeout) timeout=${2:?--timeout needs a number of seconds} && shift ;;
		--timeout=*) timeout=${1#*=} ;;
		*) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2 && exit 2 ;;
	esac
	shift
done
[[ $timeout =~ ^[0-9]+$ ]] || { echo "--timeout: '$timeout' is no number of seconds" >&2; exit 2; }

# One line per gate: its namespace, its name, the conditions that hold.
gates() {
	kubectl get jobs --all-namespaces --selector=$gate --output=jsonpath='{range .items[*]}{.metadata.namespace}{" "}{.metadata.name}{" "}{.status.conditions[?(@.status=="True")].type}{"\n"}{end}'
}

namespaces() { cut -d' ' -f1 <<< "$all" | sort -u; }

# Why each pod of a Job ended: exit code, and the last lines of its log.
why_failed() {
	kubectl get job "$2" --namespace="$1" --output=jsonpath='{range .status.conditions[?(@.type=="Failed")]}  {.reason}: {.message}{"\n"}{end}'
	kubectl get pods --namespace="$1" --selector="job-name=$2" --output=jsonpath='{range .items[*]}  {.metadata.name}: {range .status.containerStatuses[*].state.terminated}exit code {.exitCode}: {.message}{end}{"\n"}{end}'
}

# The last word of a Job that isn't done.
last_word() {
	kubectl logs "job/$2" --namespace="$1" --tail=1 2> /dev/null | sed 's/^/  /' || true
}

# Why containers don't start, in the namespaces of gates: no node for them, their image, their
# volumes.
why_waiting() {
	for namespace in $(namespaces); do
		kubectl get pods --namespace="$namespace" --output=jsonpath='{range .items[*]}{.metadata.namespace}/{.metadata.name}:{range .status.conditions[?(@.reason=="Unschedulable")]} {.message}{end}{range .status.initContainerStatuses[*].state.waiting} {.reason} {.message}{end}{range .status.containerStatuses[*].state.waiting} {.reason} {.message}{end}{"\n"}{end}' |
			sed '/:$/d; s/^/  /'
	done
}

while :; do
	all=$(gates)
	[[ $all ]] || { echo "no Job is labelled $gate: kubectl apply -f config/ makes them" >&2; exit 1; }
	waiting=
	while read -r namespace name conditions; do
		case " $conditions " in
			*" Complete "*) ;;
			*" Failed "*)
				{ echo "$namespace/$name failed"; why_failed "$namespace" "$name"; } >&2
				exit 3 ;;
			*) waiting+="$namespace $name"$'\n' ;;
		esac
	done <<< "$all"
	[[ $waiting ]] || break
	if ((SECONDS >= timeout)); then
		echo "after $timeout s these gates are still shut:" >&2
		while read -r namespace name; do
			echo "$namespace/$name"
			last_word "$namespace" "$name"
		done <<< "${waiting%$'\n'}" >&2
		{ echo "containers that don't start:"; why_waiting; } >&2
		exit 1
	fi
	sleep 0.5
done
echo "all $(wc -l <<< "$all") gates are open after $SECONDS s"

[[ $servers ]] || exit 0
for namespace in $(namespaces); do
	for server in $(kubectl get deployments,statefulsets --namespace="$namespace" --output=name); do
		kubectl rollout status "$server" --namespace="$namespace" --timeout="$((timeout > SECONDS ? timeout - SECONDS : 1))s" > /dev/null ||
			{ echo "$namespace/${server##*/} is not ready after $timeout s; containers that don't start:"; why_waiting; exit 1; } >&2
	done
done
echo "all servers are ready after $SECONDS s"

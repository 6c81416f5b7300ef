# shellcheck shell=bash
# The stand-up: what is measured, and how it is taken down again.

stand_up_lines=()

# Four phases, and the figures that the project promises.
stand_up() {
	local start jobs servers figures
	watch_pods
	start=${EPOCHREALTIME/./}
	phase 'kubectl apply -f config/' kubectl apply -f config/
	kubectl apply --filename=hack/e2e.d/whole.yaml > /dev/null
	if $ok; then phase 'kubectl wait for the Jobs' wait_for_jobs; fi
	jobs=$(seconds_since "$start")
	if $ok; then phase 'hack/wait.sh --servers' hack/wait.sh --servers; fi
	servers=$(seconds_since "$start")
	if $ok; then phase 'a pod that mounts ctlog-secret whole started once' started_once; fi
	kill "$pod_watch"
	$ok || { explain; return; }
	figures=("$jobs" "$servers" "$(failed_pods)" "$(restarts)")
	stand_up_lines+=("${figures[*]}")
	printf 'stand-up: %s s to all Jobs complete, %s s to all servers ready, %s failed pods, %s container restarts\n' "${figures[@]}"
}

wait_for_jobs() {
	local namespace
	for namespace in "${namespaces[@]}"; do
		kubectl wait --for=condition=Complete --timeout=5m job --all -n "$namespace"
	done
}

# It was there before the Secret was, and finds all that it needs in it.
started_once() {
	local pod secret
	kubectl wait --for=condition=Ready --timeout=1m --namespace=ctlog-system pod/whole
	pod=$(kubectl get pod whole --namespace=ctlog-system --output=jsonpath='{.metadata.creationTimestamp}')
	secret=$(kubectl get secret ctlog-secret --namespace=ctlog-system --output=jsonpath='{.metadata.creationTimestamp}')
	echo "pod: $pod, Secret: $secret"
	[[ $pod < $secret ]]
	[[ $(kubectl get pod whole --namespace=ctlog-system --output=jsonpath='{.status.containerStatuses[0].restartCount}') == 0 ]]
	kubectl delete pod whole --namespace=ctlog-system --wait=false
}

# A line for each change of each pod, deleted ones too: namespace, uid, phase, and the restarts of
# its containers.
watch_pods() {
	kubectl get pods --all-namespaces --watch --output=jsonpath='{.metadata.namespace} {.metadata.uid} {.status.phase} {.status.initContainerStatuses[*].restartCount} {.status.containerStatuses[*].restartCount}{"\n"}' > "$scratch/pods" &
	pod_watch=$!
}

failed_pods() { awk '/^[a-z]+-system / && $3 == "Failed" { print $2 }' "$scratch/pods" | sort -u | wc -l; }

restarts() {
	awk '/^[a-z]+-system / { n = 0; for (i = 4; i <= NF; i++) n += $i; if (n > most[$2]) most[$2] = n }
		END { for (pod in most) sum += most[pod]; print sum + 0 }' "$scratch/pods"
}

worst_stand_up() {
	printf '%s\n' "${stand_up_lines[@]}" | awk '
		{ for (i = 1; i <= 4; i++) if ($i > worst[i]) worst[i] = $i }
		END { printf "worst of %d stand-ups: %s s to all Jobs complete, %s s to all servers ready, %d failed pods, %d container restarts\n", NR, worst[1], worst[2], worst[3], worst[4] }'
}

# After a stand-up that failed: who is not ready, and what Kubernetes says about it.
explain() {
	kubectl get pods --all-namespaces
	kubectl get events --all-namespaces --field-selector=type=Warning --sort-by=.lastTimestamp | tail -n 30
}

# take_down [NAMESPACE…]: the stack's namespaces and those, and their volumes with them. No server
# is left the time to say goodbye.
take_down() {
	local namespace
	kubectl delete namespace --ignore-not-found --wait=false "${namespaces[@]}" "$@"
	for namespace in "${namespaces[@]}" "$@"; do
		kubectl delete pods --all --force --grace-period=0 --namespace="$namespace" &
	done
	wait
	set -- "${namespaces[@]}" "$@"
	kubectl wait --for=delete --timeout=2m "${@/#/namespace/}"
}

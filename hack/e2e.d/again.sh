# shellcheck shell=bash disable=SC2034,SC2154 # run.sh and its other parts set and use the variables that seem to be nobody's
# What must change nothing: no Secret, no ConfigMap, and the first signatures still verify.

# unchanged COMMAND…: COMMAND, and afterwards every Secret and ConfigMap has the version that it had.
unchanged() {
	versions > "$scratch/before"
	"$@"
	hack/wait.sh --servers
	versions | diff "$scratch/before" -
	for cosign in cosign cosign-v2; do
		initialize
		verify_first
	done
}

versions() {
	local namespace
	for namespace in "${namespaces[@]}"; do
		versions_in "$namespace"
	done
}

versions_in() {
	kubectl get secrets,configmaps --namespace="$1" --output=jsonpath='{range .items[*]}{.kind} {.metadata.namespace}/{.metadata.name} {.metadata.resourceVersion}{"\n"}{end}'
}

apply_again() { kubectl apply -f config/; }

apply_without_jobs() {
	local namespace
	for namespace in "${namespaces[@]}"; do
		kubectl delete job --all --namespace="$namespace"
	done
	kubectl apply -f config/
}

# As the README says it, with a copy of config/ that names the next tag.
upgrade() {
	local file
	mkdir -p "$scratch/config"
	for file in config/*.yaml; do
		sed 's|\(localhost/scaffolding/[a-z]*\):dev|\1:next|' "$file" > "$scratch/$file"
	done
	kubectl delete job -l scaffolding/gate=true -A && kubectl apply -f "$scratch/config"
	[[ $(kubectl get deployment tuf --namespace=tuf-system --output=jsonpath='{..image}') == *:next* ]]
}

delete_pods() {
	local namespace
	for namespace in "${namespaces[@]}"; do
		kubectl delete pods --all --namespace="$namespace" &
	done
	wait
	hack/wait.sh --servers
	search
}

# A second database, from the same manifest in a namespace of its own: its first start is killed at any moment, again and again,
# and the next start is right.
kill_database() {
	kubectl create secret generic trillian-mysql --namespace=e2e --from-literal=password=one --from-literal=root-password=two
	documents 200-trillian.yaml '/kind: (ConfigMap|StatefulSet)\n/' trillian-system e2e | kubectl apply --filename=-
	for _ in {1..8}; do
		until [[ $(mysql_state) =~ running|terminated ]]; do sleep 0.1; done
		sleep $((RANDOM % 4)).$((RANDOM % 10))
		kubectl delete pod mysql-0 --namespace=e2e --force --grace-period=0
	done
	until mysql_answers; do sleep 0.2; done
	kubectl delete --namespace=e2e statefulset/mysql configmap/mysql-schema secret/trillian-mysql persistentvolumeclaim/data-mysql-0
}

mysql_state() { kubectl get pod mysql-0 --namespace=e2e --output=jsonpath='{.status.initContainerStatuses[0].state}'; }

mysql_answers() {
	kubectl exec mysql-0 --namespace=e2e --container=mysql -- mariadb --host=127.0.0.1 --user=trillian --password=one trillian \
		--execute='SELECT COUNT(*) FROM Trees, TreeControl, Subtree, TreeHead, LeafData, SequencedLeafData, Unsequenced'
}

# documents FILE CONDITION FROM TO: the documents of config/FILE in the namespace FROM for which an awk CONDITION holds, moved to
# the namespace TO.
documents() {
	awk -v RS='---\n' -v ORS='---\n' "/\\n  namespace: $3\\n/ && $2" "config/$1" | sed "s/\<$3\>/$4/g"
}

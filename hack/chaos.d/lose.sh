# shellcheck shell=bash disable=SC2154 # run.sh and its other parts set the variables that seem to be nobody's
# What gets lost, and what has to be there again afterwards.

lose_tree_and_config() {
	local before
	before="$(tree_id rekor) $(ct_secret)"
	kubectl delete configmap rekor-config --namespace=rekor-system
	remove_ct_config
	apply_without_jobs
	hack/wait.sh
	[[ "$(tree_id rekor) $(ct_secret)" == "$before" ]]
	restart rekor ctlog
}

tree_id() { kubectl get configmap "$1-config" --namespace="$1-system" --output=jsonpath='{.data.treeID}'; }

ct_secret() { kubectl get secret ctlog-secret --namespace=ctlog-system --output=jsonpath='{.data}' | sha256sum; }

remove_ct_config() {
	kubectl patch secret ctlog-secret --namespace=ctlog-system --type=json --patch='[{"op": "remove", "path": "/data/config"}]'
}

restart() {
	local server
	for server; do
		kubectl rollout restart "deployment/$server" --namespace="$server-system"
	done
}

# A new repository has new keys, which every client has to be told. That it says the same as the old one, byte for byte, is
# why it doesn't matter when it is made: its keys are valid from times that are theirs, not from now.
lose_tuf() {
	trusted_root > "$scratch/trusted-root"
	tuf_root > "$scratch/root"
	kubectl delete namespace tuf-system
	kubectl apply -f config/
	hack/wait.sh --servers
	trusted_root | cmp - "$scratch/trusted-root"
	fails_with differ cmp "$scratch/root" <(tuf_root)
	both old_root_is_refused
}

trusted_root() { kubectl get configmap sigstore-trust --namespace=tuf-system --output=jsonpath='{.data.trusted_root\.json}'; }

# As the README says it.
old_root_is_refused() {
	fails_with 'not enough signatures' verify_blob
	fails_with 'valid signatures did not meet threshold' with_cosign "$cosign initialize --mirror=http://tuf.tuf-system.svc --root=root.json"
	initialize
}

# As the README says it: put back into new namespaces.
restore_backup() {
	local lost=({rekor,fulcio,ctlog,tsa,tuf}-system) namespace
	contents > "$scratch/contents"
	for namespace in "${lost[@]}"; do
		kubectl get secrets,configmaps --namespace="$namespace" --field-selector=metadata.name!=kube-root-ca.crt --output=yaml |
			sed '/^    \(uid\|resourceVersion\):/d'
		echo ---
	done > "$scratch/backup.yaml"
	kubectl delete namespace "${lost[@]}"
	fails_with '' diff "$scratch/contents" <(contents)
	kubectl apply -f config/100-namespaces.yaml
	kubectl create -f "$scratch/backup.yaml"
	apply_without_jobs
	hack/wait.sh --servers
	contents | diff "$scratch/contents" -
}

# contents: of every Secret and ConfigMap of the stack.
contents() {
	kubectl get secrets,configmaps --all-namespaces --output=jsonpath='{range .items[*]}{.metadata.namespace}/{.metadata.name} {.kind} {.data}{"\n"}{end}' |
		grep '^[a-z]*-system/' | grep -v 'kube-' | sort
}

lose_database() {
	kubectl delete persistentvolumeclaim data-mysql-0 --namespace=trillian-system --wait=false
	kubectl delete pod mysql-0 --namespace=trillian-system
	kubectl rollout status statefulset/mysql --namespace=trillian-system --timeout=2m
	apply_without_jobs
	fails_with 'exit code 3: .*no tree [0-9]+, and .*restore Trillian' hack/wait.sh
}

# As the README says it.
start_new_trees() {
	kubectl delete configmap rekor-config --namespace=rekor-system
	kubectl delete configmap ctlog-config --namespace=ctlog-system
	remove_ct_config
	apply_without_jobs
	hack/wait.sh
	restart rekor ctlog
}

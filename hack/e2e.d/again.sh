# shellcheck shell=bash
# What must change nothing: no Secret, no ConfigMap, and the first signatures still verify.

# unchanged COMMAND…: COMMAND changes no object, and the first signatures verify to who initializes
# now.
unchanged() {
	same_objects "$@"
	for cosign in cosign cosign-v2; do
		initialize
		verify_blob
	done
}

# same_objects COMMAND…: COMMAND, and afterwards every Secret and ConfigMap has the version that it
# had.
same_objects() {
	versions > "$scratch/before"
	"$@"
	hack/wait.sh --servers
	versions | diff "$scratch/before" -
}

versions() {
	kubectl get secrets,configmaps --all-namespaces --output=jsonpath='{range .items[*]}{.kind} {.metadata.namespace}/{.metadata.name} {.metadata.resourceVersion}{"\n"}{end}' |
		grep ' [a-z-]*-system/' | grep -v ' kube-system/'
}

# What the README begins with. The cluster of hack/cluster is loaded like kind's.
stand_up_again() (
	local commands
	kind() { ctr images import "$3"; }
	commands=$(readme block 'Ten small programs')
	eval "$commands"
)

apply_without_jobs() {
	local namespace
	for namespace in "${namespaces[@]}"; do
		kubectl delete job --all --namespace="$namespace"
	done
	kubectl apply -f config/
}

# What docs/upgrade.md says, where config/ names the next tag.
upgrade() {
	local file apply
	mkdir -p "$scratch/next/config"
	ln -s "$PWD/hack" "$scratch/next/hack"
	for file in config/*.yaml; do
		sed 's|\(localhost/scaffolding/[a-z]*\):dev|\1:next|' "$file" > "$scratch/next/$file"
	done
	apply=$(page upgrade 'Then the servers')
	(cd "$scratch/next" && eval "$apply")
	[[ $(kubectl get deployment tuf --namespace=tuf-system --output=jsonpath='{..image}') == *:next* ]]
	[[ $(kubectl get jobs --all-namespaces --selector=scaffolding/gate=true --output=jsonpath='{..image}') != *:dev* ]]
}

# What `kubectl apply -f config/` says of a stack that it was applied to before.
applied_twice() {
	local said
	said=$(kubectl apply -f config/)
	if grep -v ' unchanged$' <<< "$said"; then return 1; fi
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

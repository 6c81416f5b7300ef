# shellcheck shell=bash disable=SC2154 # run.sh and its other parts set the variables that seem to be nobody's
# Two of every Job at once: the programs themselves as processes, with the arguments, the rights and the names that config/ gives
# them, against the real API server, Trillian and Fulcio.

programs=target/x86_64-unknown-linux-musl/release

# race N: N times, in new namespaces each time. All Jobs are started at once, as on a first apply, and each of them twice.
race() {
	local prefix
	kubectl config view --raw --flatten > "$scratch/admin.conf"
	# shellcheck disable=SC2016 # a Go template
	kubectl create --dry-run=client --filename=config/ --output=go-template='{{if eq .kind "Job"}}{{with .spec.template.spec}}{{$.metadata.namespace}} {{.serviceAccountName}} {{with index .containers 0}}{{.name}}{{range .args}} {{.}}{{end}}{{end}}{{end}}{{"\n"}}{{end}}' > "$scratch/jobs"
	for ((i = 1; i <= $1; i++)); do
		prefix=race-$i-
		copy_namespaces $prefix
		run_jobs $prefix twice
		halves_match $prefix
		versions $prefix > "$scratch/before"
		run_jobs $prefix
		versions $prefix | diff "$scratch/before" -
	done
	count_trees
	kubectl get namespaces --output=name | grep /race- | xargs kubectl delete
}

# copy_namespaces PREFIX: the stack's namespaces with that prefix, and the accounts and rights in them.
copy_namespaces() {
	awk -v RS='---\n' -v ORS='---\n' '/\nkind: (Namespace|ServiceAccount|Role|RoleBinding)\n/' config/*.yaml |
		sed -E "s/\<[a-z]+-system\>/$1&/g" | kubectl create --filename=-
}

# run_jobs PREFIX [twice]: every Job, and each ends with 0.
run_jobs() {
	local namespace account program args pid pids=()
	while read -r namespace account program args; do
		namespace=$1$namespace
		sed "/^  user:/a\\    as: system:serviceaccount:$namespace:$account" "$scratch/admin.conf" > "$scratch/$namespace-$account.conf"
		args=${args//\$(NAMESPACE)/$namespace}
		[[ $program != copysecrets ]] || args=--copy=$1fulcio-system/fulcio-pub-key,$1ctlog-system/ctlog-public-key,$1rekor-system/rekor-pub-key,$1tsa-system/tsa-pub-chain=tsa-cert-chain
		run_job & pids+=($!)
		[[ ! ${2:-} ]] || { run_job & pids+=($!); }
	done < "$scratch/jobs"
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
}

# $program with $args, as $account of $namespace.
run_job() {
	local status=0
	# shellcheck disable=SC2086 # words
	env --ignore-environment KUBECONFIG="$scratch/$namespace-$account.conf" NAMESPACE="$namespace" \
		"$programs/$program" $args --timeout=1m || status=$?
	((status == 0)) || { echo "$program in $namespace ended with $status" && return 1; }
}

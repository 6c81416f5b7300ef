# shellcheck shell=bash disable=SC2034,SC2154 # run.sh and its other parts set and use the variables that seem to be nobody's
# Bad input on the real cluster. Each case is one Job of config/, with its own account and rights, in a namespace of its own
# where what it has to refuse is prepared.

wrong_flag() (
	scene wrong-flag 300-fulcio.yaml fulcio-system
	run createcerts --no-such-flag
	ended 2 '--no-such-flag'
	fails_with 'exit code 2: .*--no-such-flag' hack/wait.sh
)

no_dependency() (
	scene no-dependency 700-ctlog.yaml ctlog-system
	run createctconfig --timeout=5s
	ended 1 'treeID.*createtree'
)

no_rights() (
	scene no-rights 300-fulcio.yaml fulcio-system
	kubectl delete rolebinding createcerts --namespace="$namespace"
	run createcerts --timeout=5s
	ended 1 'reading Secret [^ ]*fulcio-(secret|pub-key): .*cannot get resource "secrets"'
)

broken_pem() (
	scene broken-pem 300-fulcio.yaml fulcio-system
	copy fulcio-secret
	sed -i '3s/./!/' "$scratch/fulcio-secret/private"
	refuses fulcio-secret createcerts 'fulcio-secret.*private'
)

other_public_key() (
	scene other-public-key 300-fulcio.yaml fulcio-system
	copy fulcio-secret
	openssl ecparam -name prime256v1 -genkey -noout | openssl pkey -pubout > "$scratch/fulcio-secret/public"
	refuses fulcio-secret createcerts 'fulcio-secret.*public'
)

unknown_tree() (
	scene unknown-tree 600-rekor.yaml rekor-system
	kubectl create configmap rekor-config --namespace="$namespace" --from-literal=treeID=42
	versions_in --namespace="$namespace" > "$scratch/before"
	run createtree
	ended 3 'no tree 42.*rekor-config'
	versions_in --namespace="$namespace" | diff "$scratch/before" -
)

wrong_order() (
	scene wrong-order 500-tuf.yaml tuf-system
	for secret in fulcio-pub-key ctlog-public-key rekor-pub-key tsa-cert-chain; do
		copy $secret
		[[ $secret == tsa-cert-chain ]] || create $secret
	done
	awk -v RS='-----END CERTIFICATE-----\n' 'NF { chain = $0 RS chain } END { printf "%s", chain }' \
		"$scratch/tsa-cert-chain/cert-chain" > "$scratch/reversed"
	mv "$scratch/reversed" "$scratch/tsa-cert-chain/cert-chain"
	refuses tsa-cert-chain createtuf 'tsa-cert-chain'
)

# scene NAME FILE NAMESPACE: a namespace e2e-NAME with the accounts and rights that config/FILE gives in NAMESPACE.
scene() {
	namespace=e2e-$1 file=$2 original=$3
	trap 'kubectl delete namespace "$namespace" --wait=false' EXIT
	kubectl create namespace "$namespace"
	kubectl label namespace "$namespace" pod-security.kubernetes.io/enforce=restricted
	documents "$file" '/kind: (ServiceAccount|Role|RoleBinding)\n/' "$original" "$namespace" | kubectl apply --filename=-
}

# run JOB ARGS…: starts that Job, with ARGS after its own, and waits until its pod has ended.
run() {
	local arg patch=
	pod=--selector=job-name=$1
	documents "$file" "/kind: Job\\n/ && /name: $1\\n/" "$original" "$namespace" > "$scratch/job.yaml"
	for arg in "${@:2}"; do
		patch+="{\"op\": \"add\", \"path\": \"/spec/template/spec/containers/0/args/-\", \"value\": \"$arg\"},"
	done
	kubectl patch --local --filename="$scratch/job.yaml" --type=json --patch="[${patch%,}]" --output=yaml | kubectl apply --filename=-
	until [[ $(kubectl get pods "$pod" --namespace="$namespace" --output=jsonpath='{.items[0].status.phase}') == Failed ]]; do
		sleep 0.2
	done
}

# ended CODE PATTERN: how the Job's pod ended, and what it said last.
ended() {
	local status
	status=$(kubectl get pods "$pod" --namespace="$namespace" --output=jsonpath='{range .items[0].status.containerStatuses[0].state.terminated}{.exitCode} {.message}{end}')
	echo "$status"
	[[ $status == "$1 "* ]]
	grep -qE -e "$2" <<< "$status"
}

# copy SECRET: the keys of the real one, as files in $scratch.
copy() {
	local key
	mkdir -p "$scratch/$1"
	# shellcheck disable=SC2016 # a Go template's variables
	for key in $(kubectl get secret "$1" --namespace="$original" --output=go-template='{{range $key, $value := .data}}{{$key}} {{end}}'); do
		kubectl get secret "$1" --namespace="$original" --output=go-template="{{index .data \"$key\"}}" | base64 --decode > "$scratch/$1/$key"
	done
}

# refuses SECRET JOB PATTERN: with SECRET made of the files in $scratch, JOB ends with 3 and changes nothing.
refuses() {
	create "$1"
	versions_in --namespace="$namespace" > "$scratch/before"
	run "$2"
	ended 3 "$3"
	versions_in --namespace="$namespace" | diff "$scratch/before" -
}

# create SECRET: of the files in $scratch.
create() { kubectl create secret generic "$1" --namespace="$namespace" --from-file="$scratch/$1"; }

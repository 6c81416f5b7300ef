# shellcheck shell=bash disable=SC2034,SC2154 # run.sh and its other parts set and use the variables that seem to be nobody's
# What has to hold after each phase.

client_anew() {
	take_down e2e
	start_client
}

# stand_up_under FAULT…: on an empty cluster, with FAULT going on. The first signature is made.
stand_up_under() {
	take_down
	kubectl apply -f config/
	"$@"
	hack/wait.sh --servers
	both first_signature
}

# lasts_under FAULT…: the same, and a second time nothing changes.
lasts_under() {
	stand_up_under "$@"
	keeps same_objects apply_without_jobs
	count_trees
}

# keeps COMMAND…: COMMAND, which ends with `kubectl apply -f config/`, and what holds then.
keeps() {
	"$@"
	hack/wait.sh --servers
	halves_match ''
	both signatures
}

# both COMMAND…: with both cosigns at once.
both() {
	local cosign pid pids=()
	for cosign in cosign cosign-v2; do
		"$@" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
}

first_signature() {
	initialize
	"sign_blob_with_$cosign"
}

# The first signature verifies to who has initialized before and to who does it now, and a second one can be made.
signatures() {
	verify_blob
	initialize
	verify_blob
	local blob=second
	"sign_blob_with_$cosign"
}

# count_trees: every tree in Trillian is published or deleted. How many of each is written down.
count_trees() {
	sql 'SELECT TreeId FROM Trees WHERE Deleted IS NOT TRUE' | sort > "$scratch/live-trees"
	kubectl get configmaps --all-namespaces --output=jsonpath='{range .items[?(@.data.treeID)]}{.data.treeID}{"\n"}{end}' |
		sort | diff - "$scratch/live-trees"
	echo "$(wc -l < "$scratch/live-trees") $(sql 'SELECT COUNT(*) FROM Trees WHERE Deleted')" >> "$scratch/trees"
}

# sql STATEMENTS: in Trillian's database. Without an argument they come from the input.
sql() {
	# shellcheck disable=SC2016 # the pod's shell
	kubectl exec --stdin mysql-0 --namespace=trillian-system --container=mysql -- sh -euc '
		password=$(cat /etc/mysql-passwords/password)
		exec mariadb --host=127.0.0.1 --user=trillian --password="$password" --batch --skip-column-names --unbuffered trillian "$@"
	' sql ${1:+--execute="$1"}
}

# halves_match PREFIX: every public object belongs to the private one beside it, in the namespaces whose names begin with PREFIX.
halves_match() (
	read_secrets "$1"
	cd "$scratch/secrets" || return
	password=rekor-system/rekor-signing-secret/signing-secret-password
	same "$(public_half rekor-system/rekor-signing-secret/signing-secret $password)" "$(public_key rekor-system/rekor-pub-key/public)"
	same "$(public_half fulcio-system/fulcio-secret/private fulcio-system/fulcio-secret/password)" \
		"$(public_key fulcio-system/fulcio-pub-key/public)" "$(certified_key fulcio-system/fulcio-pub-key/cert)"
	same "$(public_half ctlog-system/ctlog-secret/private ctlog-system/ctlog-secret/password)" \
		"$(public_key ctlog-system/ctlog-public-key/public)"
	password=tsa-system/tsa-cert-chain/signing-secret-password
	same "$(public_half tsa-system/tsa-cert-chain/signing-secret $password)" "$(certified_key tsa-system/tsa-pub-chain/cert-chain)"
	cmp {rekor,tuf}-system/rekor-pub-key/public
	cmp {fulcio,tuf}-system/fulcio-pub-key/cert
	cmp {ctlog,tuf}-system/ctlog-public-key/public
	cmp tsa-system/tsa-pub-chain/cert-chain tuf-system/tsa-cert-chain/cert-chain
	for key in tuf-system/tuf-keys/*.pem; do
		grep -q "$(openssl pkey -in "$key" -pubout -outform DER | tail -c 32 | od -An -v -tx1 | tr -d ' \n')" tuf-system/tuf-root/root
	done
)

# read_secrets PREFIX: every entry of a Secret as the file $scratch/secrets/NAMESPACE/NAME/ENTRY, NAMESPACE without PREFIX.
read_secrets() {
	local namespace name entry value
	rm -rf "$scratch/secrets"
	# shellcheck disable=SC2016 # a Go template's variables
	kubectl get secrets --all-namespaces --output=go-template='{{range $secret := .items}}{{range $entry, $value := .data}}{{$secret.metadata.namespace}} {{$secret.metadata.name}} {{$entry}} {{$value}}{{"\n"}}{{end}}{{end}}' |
		sed -n "s/^$1\([a-z]*-system \)/\1/p" | while read -r namespace name entry value; do
			mkdir -p "$scratch/secrets/$namespace/$name"
			base64 --decode <<< "$value" > "$scratch/secrets/$namespace/$name/$entry"
		done
}

# public_half KEY PASSWORD
public_half() { openssl pkey -in "$1" -passin "file:$2" -pubout; }

public_key() { openssl pkey -pubin -in "$1"; }

certified_key() { openssl x509 -in "$1" -noout -pubkey; }

# same TEXT…: they are, and they aren't empty.
same() {
	local text
	for text; do
		[[ $text && $text == "$1" ]]
	done
}

# Each private key is where it was made, and nowhere else.
no_private_copies() {
	read_secrets ''
	[[ $(cd "$scratch/secrets" && grep -rl 'PRIVATE KEY' . | cut -d/ -f2,3 | sort -u | xargs) == "$private_secrets" ]]
}

private_secrets='ctlog-system/ctlog-secret fulcio-system/fulcio-secret rekor-system/rekor-signing-secret tsa-system/tsa-cert-chain tuf-system/tuf-keys'

# shellcheck shell=bash disable=SC2034,SC2154 # run.sh and the parts of e2e.d set and use the variables that seem to be nobody's
# New keys, and what is done to have them trusted and used: what docs/changes.md says.

change_rekor-key() {
	new_key rekor-system rekor-signing-secret rekor-pub-key 600-rekor.yaml createsecret
	publish
	restart tuf rekor
}

# The CT log and the clients trust the new root before Fulcio signs with it.
change_fulcio-root() {
	new_key fulcio-system fulcio-secret fulcio-pub-key 300-fulcio.yaml createcerts
	kubectl patch secret ctlog-secret --namespace=ctlog-system \
		--patch="{\"data\": {\"fulcio-1\": \"$(entry fulcio-system fulcio-pub-key cert)\"}}"
	again 700-ctlog.yaml ctlog-system createctconfig
	publish
	restart ctlog tuf fulcio
}

change_ctlog-key() {
	new_key ctlog-system ctlog-secret ctlog-public-key 700-ctlog.yaml createctconfig
	publish
	restart ctlog tuf
}

change_tsa-chain() {
	new_key tsa-system tsa-cert-chain tsa-pub-chain 400-tsa.yaml createcertchain
	publish
	restart tuf tsa
}

# As the README says it.
change_tuf-keys() {
	kubectl -n tuf-system create job rotate --from=cronjob/renew-tuf --dry-run=client -o yaml |
		sed s/--renew/--rotate=root,snapshot,targets,timestamp/ | kubectl create -f -
	kubectl wait --for=condition=Complete --timeout=2m job/rotate --namespace=tuf-system
	restart tuf
}

# new_key NAMESPACE SECRET PUBLIC FILE JOB: what starts a new trust: both halves deleted, and the Job run again.
new_key() {
	local before
	before=$(kubectl get secret "$3" --namespace="$1" --output=jsonpath='{.data}')
	kubectl delete secret "$2" "$3" --namespace="$1"
	again "$4" "$1" "$5"
	[[ $(kubectl get secret "$3" --namespace="$1" --output=jsonpath='{.data}') != "$before" ]]
}

# publish: refused at first, since nobody has said that the change is wanted.
publish() {
	fails_with 'refused: .*--accept-changes' again 500-tuf.yaml tuf-system copysecrets
	kubectl -n tuf-system delete job copysecrets
	sed 's/args: \[\]/args: [--accept-changes]/' config/500-tuf.yaml | kubectl apply -f -
	kubectl -n tuf-system wait --for=condition=Complete job/copysecrets
	kubectl -n tuf-system logs job/copysecrets
	fails_with 'refused: .*--accept-changes' again 500-tuf.yaml tuf-system createtuf
	kubectl -n tuf-system create job publish --from=cronjob/renew-tuf --dry-run=client -o yaml |
		sed s/--renew/--accept-changes/ | kubectl create -f -
	kubectl -n tuf-system wait --for=condition=Complete job/publish
	kubectl -n tuf-system logs job/publish --tail=1
	kubectl -n tuf-system delete job copysecrets createtuf publish && kubectl apply -f config/500-tuf.yaml
	kubectl -n tuf-system wait --for=condition=Complete job/copysecrets job/createtuf
}

# again FILE NAMESPACE JOB: that Job of config/FILE once more.
again() {
	local job=--selector=job-name=$3
	kubectl delete job "$3" --namespace="$2"
	documents "$1" "/kind: Job\\n/ && /name: $3\\n/" "$2" "$2" | kubectl apply --filename=-
	until [[ $(phases "$2" "$job") =~ Succeeded|Failed ]]; do
		sleep 0.2
	done
	kubectl logs "$job" --namespace="$2"
	[[ $(phases "$2" "$job") == Succeeded ]]
}

phases() { kubectl get pods "$2" --namespace="$1" --output=jsonpath='{.items[*].status.phase}'; }

# restart SERVER…: one after the other. A pod is asked until it is gone.
restart() {
	local server namespace old
	for server; do
		namespace=$server-system
		old=$(kubectl get pods --selector="app=$server" --namespace="$namespace" --output=name)
		kubectl rollout restart "deployment/$server" --namespace="$namespace"
		kubectl rollout status "deployment/$server" --namespace="$namespace" --timeout=2m
		# shellcheck disable=SC2086 # names
		kubectl wait --for=delete --namespace="$namespace" --timeout=1m $old
	done
}

# entry NAMESPACE SECRET KEY: as it is written in the Secret, in base64.
entry() { kubectl get secret "$2" --namespace="$1" --output=go-template="{{index .data \"$3\"}}"; }

# sign NAME: with both cosigns, a blob of that name. The bundle has to be the newest keys' work.
sign() {
	local blob=$1 cosign
	for cosign in cosign cosign-v2; do
		[[ $1 != first ]] || { initialize && with_cosign 'cp -r tuf tuf-at-first'; }
		"sign_blob_with_$cosign"
		with_cosign "cat $blob.json" > "$scratch/bundle.json"
		made_with_newest
	done
}

# made_with_newest: the bundle in $scratch names Rekor's key, its certificate is of Fulcio's root, and its timestamp of the chain.
made_with_newest() {
	grep -q "\"keyId\":\"$(log_id rekor-system rekor-pub-key)\"" "$scratch/bundle.json"
	field rawBytes | head -n 1 | base64 --decode | openssl x509 -inform DER -out "$scratch/signer.pem"
	entry fulcio-system fulcio-pub-key cert | base64 --decode > "$scratch/fulcio.pem"
	openssl verify -CAfile "$scratch/fulcio.pem" -no_check_time -ignore_critical "$scratch/signer.pem"
	openssl x509 -in "$scratch/signer.pem" -noout -ext ct_precert_scts | tr -d ' :\n' |
		grep -qi "LogID$(entry ctlog-system ctlog-public-key public | base64 --decode | spki_sha256 | od -An -v -tx1 | tr -d ' \n')"
	field signedTimestamp | base64 --decode > "$scratch/timestamp"
	entry tsa-system tsa-pub-chain cert-chain | base64 --decode > "$scratch/tsa.pem"
	field signature | tail -n 1 | base64 --decode > "$scratch/signature"
	openssl ts -verify -in "$scratch/timestamp" -data "$scratch/signature" -CAfile "$scratch/tsa.pem" -untrusted "$scratch/tsa.pem"
}

# field NAME: the values of that name in the bundle.
field() { grep -o "\"$1\":\"[^\"]*\"" "$scratch/bundle.json" | cut -d'"' -f4; }

# log_id NAMESPACE SECRET: what logs call themselves by: the digest of their key.
log_id() { entry "$1" "$2" public | base64 --decode | spki_sha256 | base64; }

spki_sha256() { openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary; }

# verify_all: by both cosigns, with the TUF repository as they left it at the first signature, as they left it now, and new.
verify_all() {
	local cosign blob
	for cosign in cosign cosign-v2; do
		verify_each
		with_cosign 'rm -rf tuf && cp -r tuf-at-first tuf'
		verify_each
		initialize
		verify_each
	done
}

verify_each() {
	for blob in "${signed[@]}"; do
		verify_blob
	done
}

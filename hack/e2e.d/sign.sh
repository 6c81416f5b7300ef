# shellcheck shell=bash
# What a user of the stack does: initialize, sign, verify, look up. $cosign is the one in turn, and
# $blob the file that it signs. Each cosign has a TUF_ROOT and a folder of its own in the client's
# pod.

blob=first
signer=https://kubernetes.io/namespaces/default/serviceaccounts/default
issuer=https://kubernetes.default.svc.cluster.local
identity=("--certificate-identity=$signer" "--certificate-oidc-issuer=$issuer")
declare -A verify_command=([cosign]='cosign verify-blob' [cosign-v2]='cosign-v2 verify-blob --new-bundle-format')
in_cluster=registry.e2e.svc.cluster.local:5000
# cosign 3 takes these from the TUF repository.
urls='--fulcio-url=http://fulcio.fulcio-system.svc --rekor-url=http://rekor.rekor-system.svc'
tsa=http://tsa.tsa-system.svc/api/v1/timestamp

# readme block LINE | row CELL: the commands that the README has there.
readme() { target/debug/docs "$1" README.md "$2"; }

# page NAME LINE: those that a page of docs/ has below it.
page() { target/debug/docs block "docs/$1.md" "$2"; }

start_client() {
	kubectl delete pod client --namespace=default --ignore-not-found
	kubectl apply --filename=hack/e2e.d/client.yaml
	kubectl wait --for=condition=Ready --timeout=1m --namespace=default pod/client
	kubectl wait --for=condition=Ready --timeout=1m --namespace=e2e pod/registry
}

# with_cosign SCRIPT: runs it with the folder and the TUF_ROOT of $cosign.
with_cosign() { client "mkdir -p $cosign && cd $cosign && export TUF_ROOT=/work/$cosign/tuf && $1"; }

initialize() {
	tuf_root | give "$cosign/root.json"
	with_cosign "rm -rf tuf && $cosign initialize --mirror=http://tuf.tuf-system.svc --root=root.json"
}

tuf_root() { kubectl get secret tuf-root --namespace=tuf-system --output=jsonpath='{.data.root}' | base64 --decode; }

# What the README says, with the root that it says.
sign_blob_with_cosign() {
	local get_root sign
	get_root=$(readme block 'may not read Secrets')
	(cd "$scratch" && eval "$get_root")
	give "$cosign/root.json" < "$scratch/root.json"
	give "$cosign/mirror" < "$scratch/mirror"
	sign=$(readme block 'In the cluster')
	with_cosign "
		date > blob
		$sign
		grep -q rfc3161Timestamps blob.sigstore.json
		mv blob $blob
		mv blob.sigstore.json $blob.json"
	verify_blob
}

sign_blob_with_cosign-v2() {
	with_cosign "
		date > $blob
		cosign-v2 sign-blob --yes $urls --timestamp-server-url=$tsa --new-bundle-format --bundle=$blob.json $blob
		cosign-v2 sign-blob --yes $urls --timestamp-server-url=$tsa --rfc3161-timestamp=timestamp --bundle=old-bundle.json $blob
		cosign-v2 verify-blob --rekor-url=http://rekor.rekor-system.svc --use-signed-timestamps \
			--rfc3161-timestamp=timestamp --bundle=old-bundle.json ${identity[*]} $blob"
	verify_blob
}

# verify FILE IDENTITY ISSUER: whether $blob's bundle is of that file, timestamped, and signed by
# that identity.
verify() {
	with_cosign "${verify_command[$cosign]} --bundle=$blob.json --use-signed-timestamps --certificate-identity=$2 --certificate-oidc-issuer=$3 $1"
}

verify_blob() { verify "$blob" "$signer" "$issuer"; }

# Our images go to the registry as to any other, and config/ comes out with their digests: what the
# README says, but for its end, for no node can pull from there.
push_images() (
	local resolve
	export registry=localhost:5000/scaffolding
	trap 'kill $(jobs -p)' EXIT
	kubectl port-forward --namespace=e2e pod/registry 5000:5000 &
	answer 5000
	kubectl() { cat > "$scratch/resolved.yaml"; }
	resolve=$(readme row 'use your own images')
	eval "$resolve"
	command kubectl create --dry-run=client --filename="$scratch/resolved.yaml" > /dev/null
	[[ $(digests | wc -l) == 8 ]]
)

digests() { grep -o 'scaffolding/[a-z]*@sha256:[0-9a-f]*' "$scratch/resolved.yaml" | sort -u; }

sign_image_with_cosign() {
	local image
	image=$in_cluster/$(digests | grep createtree)
	with_cosign "cosign sign --yes --allow-http-registry $image && cosign verify --allow-http-registry ${identity[*]} $image"
}

sign_image_with_cosign-v2() {
	local image
	image=$in_cluster/$(digests | grep createtuf)
	with_cosign "
		cosign-v2 sign --yes --allow-http-registry $urls --timestamp-server-url=$tsa $image
		cosign-v2 verify --allow-http-registry --rekor-url=http://rekor.rekor-system.svc --use-signed-timestamps ${identity[*]} $image"
}

# answer PORT…: waits until something does.
answer() {
	local port
	for port; do
		until : 2> /dev/null < "/dev/tcp/localhost/$port"; do sleep 0.2; done
	done
}

# The bundle is right, and what is asked of it isn't.
refuse_others() {
	with_cosign 'echo other > other'
	fails_with 'invalid signature' verify other "$signer" "$issuer"
	fails_with "expected SAN value \"$signer-too\"" verify "$blob" "$signer-too" "$issuer"
	fails_with 'expected issuer value "https://example.com"' verify "$blob" "$signer" https://example.com
}

search() {
	client "
		cd cosign
		rekor='rekor-cli --rekor_server=http://rekor.rekor-system.svc --store_tree_state=false'
		found=\$(\$rekor search --artifact=$blob | tail -n 1)
		\$rekor get --uuid=\$found --format=json | grep \$(sha256sum $blob | cut -d' ' -f1)"
}

# What docs/clients.md says: ports instead of cluster names, a token by file.
sign_from_outside() (
	local forward sign
	trap 'kill $(jobs -p)' EXIT
	forward=$(page clients 'Forward the ports')
	sign=$(page clients 'When they answer')
	mkdir "$scratch/outside"
	cd "$scratch/outside" || return
	export TUF_ROOT=$scratch/outside/tuf
	tuf_root > root.json
	echo outside > blob
	eval "$forward"
	answer 8081 8082 8083 8084
	eval "$sign"
	cosign verify-blob --bundle=blob.sigstore.json --use-signed-timestamps "${identity[@]}" blob
)

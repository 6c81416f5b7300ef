# shellcheck shell=bash
# What a user of the stack does: initialize, sign, verify, look up. $cosign is the one in turn, and $blob the file that it signs.
# Each cosign has a TUF_ROOT and a folder of its own in the client's pod.

blob=first
signer=https://kubernetes.io/namespaces/e2e/serviceaccounts/signer
issuer=https://kubernetes.default.svc.cluster.local
identity=("--certificate-identity=$signer" "--certificate-oidc-issuer=$issuer")
declare -A verify_command=([cosign]='cosign verify-blob' [cosign-v2]='cosign-v2 verify-blob --new-bundle-format')
registry=registry.e2e.svc.cluster.local:5000
# cosign 3 takes these from the TUF repository.
urls='--fulcio-url=http://fulcio.fulcio-system.svc --rekor-url=http://rekor.rekor-system.svc'
tsa=http://tsa.tsa-system.svc/api/v1/timestamp

start_client() {
	kubectl apply --filename=hack/e2e.d/client.yaml
	kubectl wait --for=condition=Ready --timeout=1m --namespace=e2e pod/client pod/registry
}

# with_cosign SCRIPT: runs it with the folder and the TUF_ROOT of $cosign.
with_cosign() { client "mkdir -p $cosign && cd $cosign && export TUF_ROOT=/work/$cosign/tuf && $1"; }

initialize() {
	tuf_root | with_cosign "cat > root.json && rm -rf tuf && $cosign initialize --mirror=http://tuf.tuf-system.svc --root=root.json"
}

tuf_root() { kubectl get secret tuf-root --namespace=tuf-system --output=jsonpath='{.data.root}' | base64 --decode; }

sign_blob_with_cosign() {
	with_cosign "
		date > $blob
		cosign sign-blob --yes --bundle=$blob.json $blob
		grep -q rfc3161Timestamps $blob.json"
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

# verify FILE IDENTITY ISSUER: whether $blob's bundle is of that file, timestamped, and signed by that identity.
verify() {
	with_cosign "${verify_command[$cosign]} --bundle=$blob.json --use-signed-timestamps --certificate-identity=$2 --certificate-oidc-issuer=$3 $1"
}

verify_blob() { verify "$blob" "$signer" "$issuer"; }

# Our images go to the registry as to any other, and config/ comes out with their digests.
push_images() (
	trap 'kill $(jobs -p)' EXIT
	forward e2e pod/registry 5000:5000
	CARGO_NET_OFFLINE=true cargo xtask resolve -f config/ --registry localhost:5000/scaffolding > "$scratch/resolved.yaml"
	kubectl create --dry-run=client --filename="$scratch/resolved.yaml" > /dev/null
	[[ $(digests | wc -l) == 8 ]]
)

digests() { grep -o 'scaffolding/[a-z]*@sha256:[0-9a-f]*' "$scratch/resolved.yaml" | sort -u; }

sign_image_with_cosign() {
	local image
	image=$registry/$(digests | grep createtree)
	with_cosign "cosign sign --yes --allow-http-registry $image && cosign verify --allow-http-registry ${identity[*]} $image"
}

sign_image_with_cosign-v2() {
	local image
	image=$registry/$(digests | grep createtuf)
	with_cosign "
		cosign-v2 sign --yes --allow-http-registry $urls --timestamp-server-url=$tsa $image
		cosign-v2 verify --allow-http-registry --rekor-url=http://rekor.rekor-system.svc --use-signed-timestamps ${identity[*]} $image"
}

# forward NAMESPACE WHAT HERE:THERE: a port of the cluster on this machine, until the subshell ends.
forward() {
	kubectl port-forward --namespace="$1" "$2" "$3" &
	until : 2> /dev/null < "/dev/tcp/localhost/${3%:*}"; do sleep 0.2; done
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

# As the README says it: ports instead of cluster names, a token by file.
sign_from_outside() (
	trap 'kill $(jobs -p)' EXIT
	mkdir "$scratch/outside"
	cd "$scratch/outside" || return
	export TUF_ROOT=$scratch/outside/tuf
	forward fulcio-system service/fulcio 8081:80
	forward rekor-system service/rekor 8082:80
	forward tsa-system service/tsa 8083:80
	forward tuf-system service/tuf 8084:80
	tuf_root > root.json
	kubectl create token signer --namespace=e2e --audience=sigstore > identity-token
	echo outside > blob
	cosign initialize --mirror=http://localhost:8084 --root=root.json
	cosign sign-blob --yes --use-signing-config=false --identity-token=identity-token \
		--fulcio-url=http://localhost:8081 --rekor-url=http://localhost:8082 \
		--timestamp-server-url=http://localhost:8083/api/v1/timestamp --bundle=bundle.json blob
	cosign verify-blob --bundle=bundle.json --use-signed-timestamps "${identity[@]}" blob
)

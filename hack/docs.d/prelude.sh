# shellcheck shell=bash
# What stands in for a part of the world that isn't here, while a page of docs/ is run. `docs run` has set $checkout; the page runs
# in a copy of it.

export CARGO_NET_OFFLINE=true # in here there is no network
trap 'kill $(jobs -p) 2> /dev/null || :' EXIT

# The cluster is hack/cluster's, which is loaded like kind's.
kind() {
	[[ "$1 $2" != 'load image-archive' ]] || ctr images import "$3" > /dev/null
}

# What cargo builds is the checkout's: it needn't be built anew for the copy.
cargo() { (cd "${checkout:?}" && command cargo "$@"); }

# phases PROGRAM…: one of test/e2e, which tells its own phases.
phases() { "$checkout/target/debug/$1" "${@:2}" >&4 2>&1; }

# What pages assume, and what has to hold after them.

stand_up() { kubectl apply -f config/ && hack/wait.sh --servers; }

# signed BLOB: cosign signs a new file of that name, as who is new to the stack. In here a program finds servers like a pod does.
signed() {
	initialized
	date > "$1"
	kubectl create token default --audience=sigstore --output=jsonpath='{.status.token}' > ./identity
	cosign sign-blob --yes --identity-token=identity --bundle="$1.json" "$1"
	verified "$1"
}

initialized() {
	kubectl -n tuf-system get secret tuf-root --output=jsonpath='{.data.root}' | base64 --decode > root.json
	export TUF_ROOT=$PWD/.tuf
	rm -rf "$TUF_ROOT"
	# A server that is ready is reached a moment later, when the node knows of it.
	timeout 60 bash -c 'until : < /dev/tcp/tuf.tuf-system.svc/80; do sleep 0.2; done' 2> /dev/null
	cosign initialize --mirror=http://tuf.tuf-system.svc --root=root.json
}

# verified BLOB: it verifies, to who was there before and to who is new.
verified() {
	local verify=(cosign verify-blob --bundle="$1.json" --use-signed-timestamps "$1"
		--certificate-identity=https://kubernetes.io/namespaces/default/serviceaccounts/default
		--certificate-oidc-issuer=https://kubernetes.default.svc.cluster.local)
	export TUF_ROOT=$PWD/.tuf
	"${verify[@]}"
	initialized
	"${verify[@]}"
}

# of_stack FIELDS…: of every Secret and ConfigMap of the stack.
of_stack() {
	kubectl get secrets,configmaps --all-namespaces --selector=app.kubernetes.io/managed-by=scaffolding \
		--output=jsonpath="{range .items[*]}{.kind} {.metadata.namespace}/{.metadata.name} $1{'\n'}{end}"
}

versions() { of_stack '{.metadata.resourceVersion}'; }

# keys: what is in them.
keys() { of_stack '{.data}'; }

# cluster_objects: everything in the cluster that is in no namespace, and lasts.
cluster_objects() {
	kubectl api-resources --namespaced=false --verbs=list --output=name | grep -v 'componentstatuses\|csinodes\|flowcontrol' |
		paste -sd, | xargs kubectl get --output=name
}

# another_tag: config/ names images of another version.
another_tag() {
	sed -i 's|\(localhost/scaffolding/[a-z]*\):dev|\1:next|' config/*.yaml
	ctr images list --quiet name~=^localhost/scaffolding/.*:dev$ |
		while read -r image; do ctr images tag --force "$image" "${image%:dev}:next"; done
}

# shellcheck shell=bash
# What is applied: the stack, a registry and tokens beside it, and a Job that signs and verifies.

issuer_in_manifests=https://kubernetes.default.svc.cluster.local

# Who issues this cluster's tokens is known to it alone.
issuer() { kubectl get --raw /.well-known/openid-configuration | jq --raw-output .issuer; }

stack() {
	local manifests
	issuer=$(issuer)
	manifests=$(manifests)
	apply <<< "$manifests"
	"$checkout/hack/wait.sh" --servers
}

apply() { sed "s|$issuer_in_manifests\b|$issuer|g" | kubectl apply --filename=-; }

manifests() {
	case $VERSION in
		main) kubectl kustomize "$checkout/config" ;;
		latest-release) release latest/download ;;
		v0.[4-7].*)
			echo "::warning::version: $VERSION is one of sigstore/scaffolding, so this is the newest of $REPOSITORY" >&2
			release latest/download ;;
		*) release "download/$VERSION" ;;
	esac
}

release() {
	local releases=${GITHUB_SERVER_URL:-https://github.com}/$REPOSITORY/releases
	curl --fail --silent --show-error --location "$releases/$1/release.yaml" ||
		die "version: $VERSION has no release.yaml that can be had; $releases shows those that there are"
}

beside_it() {
	sed "s/REGISTRY_NAMESPACE/${REGISTRY_NAME#*.}/; s/REGISTRY_NAME/${REGISTRY_NAME%.*}/; s/REGISTRY_PORT/$REGISTRY_PORT/" \
		"$here/objects.yaml" | kubectl apply --filename=-
	kubectl rollout status --timeout=2m --namespace="${REGISTRY_NAME#*.}" "deployment/${REGISTRY_NAME%.*}"
	kubectl rollout status --timeout=2m --namespace=default deployment/gettoken
}

# Everybody reads root.json by this name, and Jobs of the namespace default mount the Secret.
sign_and_verify() {
	kubectl --namespace=tuf-system get secret tuf-root --output=json |
		jq '{apiVersion, kind, type, data, metadata: {name: .metadata.name, namespace: "default"}}' | kubectl apply --filename=-
	kubectl --namespace=tuf-system get secret tuf-root --output=jsonpath='{.data.root}' | base64 --decode > "$WORKING_DIRECTORY/root.json"
	kubectl delete --ignore-not-found --namespace=default job/sign-and-verify configmap/to-sign
	kubectl create configmap to-sign --namespace=default --from-file="$WORKING_DIRECTORY/root.json" --from-literal=blob="$(date)"
	apply < "$checkout/docs/client.yaml"
	if ! kubectl wait --for=condition=Complete --timeout=3m --namespace=default job/sign-and-verify; then
		kubectl logs --namespace=default --all-containers job/sign-and-verify >&2 || :
		die "the Job sign-and-verify didn't: above is its log"
	fi
}

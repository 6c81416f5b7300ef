# shellcheck shell=bash
# A cluster of kind's: made as the inputs say, and its nodes told of the registry.

node_port=30500 # the registry's, in objects.yaml; kind has it on the runner's loopback

new_cluster() {
	local image=()
	[[ ! $KUBERNETES_VERSION ]] || image=(--image="kindest/node:$(patch_release)")
	kind create cluster "${image[@]}" --config=- <<-END
		kind: Cluster
		apiVersion: kind.x-k8s.io/v1alpha4
		nodes:
		- role: control-plane
		  extraPortMappings: [{containerPort: $node_port, hostPort: $REGISTRY_PORT, listenAddress: 127.0.0.1}]
		kubeadmConfigPatches:
		- |
		  kind: ClusterConfiguration
		  networking: {dnsDomain: $CLUSTER_SUFFIX}
	END
	[[ $VERSION != main ]] || load_images
}

# patch_release: v1.33.x is the last one of which kind's makers published an image with a release.
patch_release() {
	case $KUBERNETES_VERSION in
		v1.2[0-5].x) die "k8s-version: $KUBERNETES_VERSION is too old for the Jobs, which need podFailurePolicy: v1.26.x or later" ;;
		v1.26.x) echo v1.26.15 ;;
		v1.27.x) echo v1.27.16 ;;
		v1.28.x) echo v1.28.15 ;;
		v1.29.x) echo v1.29.14 ;;
		v1.30.x) echo v1.30.13 ;;
		v1.31.x) echo v1.31.14 ;;
		v1.32.x) echo v1.32.11 ;;
		v1.33.x) echo v1.33.7 ;;
		v1.34.x) echo v1.34.3 ;;
		v1.35.x) echo v1.35.0 ;;
		*.x) die "k8s-version: of $KUBERNETES_VERSION no patch release is known here: name one, as in v1.34.3" ;;
		*) echo "$KUBERNETES_VERSION" ;;
	esac
}

load_images() {
	[[ -f $checkout/target/images.tar ]] || die "version: main takes target/images.tar of this checkout: cargo xtask images makes it"
	kind load image-archive "$checkout/target/images.tar"
}

# A node knows no names of Services, and the registry does without TLS.
nodes_pull_from_registry() {
	local node address folder=/etc/containerd/certs.d/$REGISTRY_NAME:$REGISTRY_PORT
	address=$(kubectl get service "${REGISTRY_NAME%.*}" --namespace="${REGISTRY_NAME#*.}" --output=jsonpath='{.spec.clusterIP}')
	for node in $(kind get nodes); do
		docker exec --interactive "$node" sh -c "mkdir -p $folder && cat > $folder/hosts.toml" <<< "[host.\"http://$address:$REGISTRY_PORT\"]"
	done
}

# shellcheck shell=bash
# Where the servers are: the same URLs for the runner as for pods, in the environment of the steps that follow.

urls=(
	"TUF_MIRROR tuf-system tuf http://tuf.tuf-system.svc"
	"REKOR_URL rekor-system rekor http://rekor.rekor-system.svc"
	"FULCIO_URL fulcio-system fulcio http://fulcio.fulcio-system.svc"
	"FULCIO_GRPC_URL fulcio-system fulcio-grpc http://fulcio.fulcio-system.svc:5554"
	"CTLOG_URL ctlog-system ctlog http://ctlog.ctlog-system.svc"
	"TSA_URL tsa-system tsa http://tsa.tsa-system.svc"
	"ISSUER_URL default gettoken http://gettoken.default.svc"
)
mark='# sigstore'

# names: a runner finds Services by their names where /etc/hosts has them, and reaches them where a node is the way to them.
names() {
	local services others address node
	services=$(services)
	others=$(grep -v "$mark\$" /etc/hosts)
	as_root tee /etc/hosts <<< "$others"$'\n'"$services" > /dev/null
	answered && return
	node=$(kubectl get nodes --output=jsonpath='{.items[0].status.addresses[?(@.type=="InternalIP")].address}')
	while read -r address _; do
		[[ $address == 127.0.0.1 ]] || as_root ip route replace "$address" via "$node"
	done <<< "$services"
	answered --retry 20 --retry-delay 1 --retry-all-errors || die "no Service answers by way of the node $node: the runner has to be in its network"
}

# services: a line for each, as in /etc/hosts.
services() {
	local address name namespace
	while read -r address name namespace; do
		# kind has it on the runner's loopback, where Docker, too, does without TLS.
		[[ $SIGSTORE_ONLY == true || $name.$namespace != "$REGISTRY_NAME" ]] || address=127.0.0.1
		echo "$address $name.$namespace.svc $name.$namespace.svc.$CLUSTER_SUFFIX $name.$namespace $mark"
	done < <(kubectl get services --all-namespaces --selector='app.kubernetes.io/part-of in (sigstore, sigstore-setup)' \
		--output=jsonpath='{range .items[*]}{.spec.clusterIP} {.metadata.name} {.metadata.namespace}{"\n"}{end}' | grep -v '^None')
}

answered() { curl --silent --fail --max-time 2 "$@" --output /dev/null http://tuf.tuf-system.svc/timestamp.json; }

# ksvc: upstream's servers are Knative's Services, and whoever asks for the URL of one is told it.
ksvc() {
	local namespace name url
	if kubectl get crd --selector='app.kubernetes.io/part-of!=sigstore-setup' --output=name | grep -q '/services\.serving\.knative\.dev$'; then
		echo "::notice::this cluster has a Knative of its own, so kubectl get ksvc doesn't show the servers"
		return
	fi
	kubectl apply --filename="$here/ksvc.yaml"
	kubectl wait --for=condition=Established crd/services.serving.knative.dev
	while read -r _ namespace name url; do
		printf '%s\n' --- 'apiVersion: serving.knative.dev/v1' 'kind: Service' "metadata: {name: $name, namespace: $namespace}" \
			"status: {url: '$url', conditions: [{type: Ready, status: 'True'}]}"
	done < <(printf '%s\n' "${urls[@]}") | kubectl apply --filename=-
}

variables() {
	local variable url token
	while read -r variable _ _ url; do
		echo "$variable=$url"
	done < <(printf '%s\n' "${urls[@]}") | tee --append "$GITHUB_ENV"
	token=$(curl --fail --silent --show-error http://gettoken.default.svc)
	echo "OIDC_TOKEN=$token" >> "$GITHUB_ENV"
}

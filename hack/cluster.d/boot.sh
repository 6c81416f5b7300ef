# shellcheck shell=bash
# Starts the parts of Kubernetes, in the order in which they need each other, and waits for each.
#
# Runs inside the namespaces, in $home. Whatever runs already is left alone, so a second `up`
# revives what died.

boot() {
	cd "$home"
	mkdir -p log pid pki cni images
	cp "$parts/bridge.conflist" cni/
	step certificates certificates
	daemon containerd containerd --config "$parts/containerd.toml"
	daemon etcd etcd --data-dir=etcd --unsafe-no-fsync --logger=zap --log-level=warn
	daemon kube-apiserver kube-apiserver "${apiserver_flags[@]}"
	step containerd await containerd 20 ctr version
	step etcd await etcd 20 ready 127.0.0.1 2379 /health
	step API await kube-apiserver 60 kubectl get --raw /readyz
	daemon kube-controller-manager kube-controller-manager "${controller_manager_flags[@]}"
	daemon kube-scheduler kube-scheduler --kubeconfig=admin.conf --leader-elect=false
	daemon coredns coredns -conf "$parts/Corefile"
	step objects kubectl_quiet apply --filename="$parts/objects.yaml"
	: >resolv.conf # pods know no name server but ours
	daemon kubelet kubelet --config="$parts/kubelet.yaml" --cgroup-root="/$cgroup" --kubeconfig=kubelet.conf \
		--hostname-override=node --node-ip="$node_ip"
	daemon kube-proxy kube-proxy "${proxy_flags[@]}"
	daemon local-path-provisioner local-path-provisioner start "${provisioner_flags[@]}"
	step images import_images
	step controllers await kube-controller-manager 30 kubectl get serviceaccount default
	step DNS await coredns 20 ready "$node_ip" 8054 /ready
	step node await kubelet 40 kubectl wait --for=condition=Ready --timeout=1s node/node
	step volumes try_volume
	step 'all alive' all_alive
}

apiserver_flags=(
	--etcd-servers=http://127.0.0.1:2379
	--advertise-address="$node_ip"
	--tls-cert-file=pki/apiserver.crt
	--tls-private-key-file=pki/apiserver.key
	--client-ca-file=pki/ca.crt
	--service-cluster-ip-range=10.96.0.0/16
	# Who verifies a service account's token asks this address for the keys; its name is in the
	# certificate, and pods know it.
	--service-account-issuer=https://kubernetes.default.svc.cluster.local
	--service-account-key-file=pki/sa.pub
	--service-account-signing-key-file=pki/sa.key
	--authorization-mode='Node,RBAC'
	--enable-admission-plugins=NodeRestriction
	--kubelet-client-certificate=pki/admin.crt
	--kubelet-client-key=pki/admin.key
	--kubelet-preferred-address-types=InternalIP # the node's name is in no DNS
	--allow-privileged
)
controller_manager_flags=(
	--kubeconfig=admin.conf
	--root-ca-file=pki/ca.crt
	--service-account-private-key-file=pki/sa.key
	--use-service-account-credentials
	--controllers='*,-nodeipam' # the CNI plugin gives out addresses
	--leader-elect=false
)
proxy_flags=(
	--kubeconfig=proxy.conf
	--hostname-override=node
	--cluster-cidr=10.244.0.0/16
	# The connection tracking table is the machine's: not ours to size.
	--conntrack-max-per-core=0 --conntrack-min=0
	--conntrack-tcp-timeout-established=0 --conntrack-tcp-timeout-close-wait=0
)
provisioner_flags=(
	--kubeconfig=admin.conf
	--config="$parts/volumes.json"
	--provisioner-name=rancher.io/local-path
	--namespace=local-path-storage
	--configmap-name=local-path
	--service-account-name=default
	--helper-image=localhost/cluster/busybox:dev
)

# daemon NAME COMMAND…: starts COMMAND unless it runs, with its output in log/NAME.
daemon() {
	local name=$1
	shift
	! alive "$name" || return 0
	setsid "$@" >"log/$name" 2>&1 </dev/null &
	echo $! >"pid/$name"
}

alive() { [ -f "pid/$1" ] && kill -0 "$(cat "pid/$1")" 2>/dev/null; }

# await NAME SECONDS COMMAND…: waits until COMMAND succeeds, as long as the daemon NAME lives.
await() {
	local name=$1 end=$((SECONDS + $2)) reason=
	shift 2
	until alive "$name" && "$@" >/dev/null 2>&1; do
		alive "$name" || reason="stopped"
		[ $SECONDS -lt $end ] || reason="isn't ready: $*"
		if [ -n "$reason" ]; then
			tail -n 20 "log/$name" >&2
			die "$name $reason (above, the end of its log)"
		fi
		sleep 0.1
	done
}

kubectl_quiet() { kubectl "$@" >/dev/null; }

try_volume() {
	local volume
	kubectl_quiet apply --filename="$parts/trial.yaml"
	await local-path-provisioner 60 kubectl wait --for=jsonpath='{.status.phase}'=Succeeded --timeout=1s \
		--namespace=local-path-storage pod/trial
	volume=$(kubectl get persistentvolumeclaim trial --namespace=local-path-storage --output=jsonpath='{.spec.volumeName}')
	kubectl_quiet delete --filename="$parts/trial.yaml"
	await local-path-provisioner 60 kubectl wait --for=delete --timeout=1s "persistentvolume/$volume"
}

all_alive() {
	local file
	for file in pid/*; do
		await "${file#pid/}" 1 true
	done
}

# ready HOST PORT PATH: whether a GET is answered with 200.
ready() (
	exec 3<>"/dev/tcp/$1/$2"
	printf 'GET %s HTTP/1.0\r\n\r\n' "$3" >&3
	read -r _ status _ <&3
	[ "$status" = 200 ]
)

# shellcheck shell=bash
# The certificate authority, the certificates it signs, and the kubeconfigs that hold them.

certificates() {
	[ ! -f pki/done ] || return 0
	openssl_req ca /CN=kubernetes-ca basicConstraints=critical,CA:TRUE keyUsage=critical,keyCertSign,cRLSign
	certificate apiserver /CN=kube-apiserver "DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,\
DNS:kubernetes.default.svc.cluster.local,DNS:localhost,IP:127.0.0.1,IP:$node_ip,IP:10.96.0.1"
	certificate admin /O=system:masters/CN=admin
	certificate kubelet /O=system:nodes/CN=system:node:node "DNS:node,IP:$node_ip"
	certificate proxy /CN=system:kube-proxy
	kubeconfig admin
	kubeconfig kubelet
	kubeconfig proxy
	# Tokens are signed with RSA, as kind does: cosign takes one on its command line only if it says
	# RS256.
	openssl genrsa -out pki/sa.key 2048 2>/dev/null
	openssl rsa -in pki/sa.key -pubout -out pki/sa.pub 2>/dev/null
	: >pki/done
}

# certificate NAME SUBJECT [ALTERNATIVE-NAMES]
certificate() {
	openssl_req "$1" "$2" basicConstraints=CA:FALSE extendedKeyUsage=serverAuth,clientAuth ${3:+"subjectAltName=$3"} \
		-CA pki/ca.crt -CAkey pki/ca.key
}

# openssl_req NAME SUBJECT EXTENSION… [OPTION…]: a new key, and a certificate for it.
openssl_req() {
	local name=$1 subject=$2 arguments=()
	shift 2
	while [[ ${1:-} == *=* ]]; do
		arguments+=(-addext "$1")
		shift
	done
	# A configuration of its own: the system's would make every one of these an authority.
	openssl req -config <(printf '[req]\ndistinguished_name = none\n[none]\n') -x509 -days 30 -subj "$subject" "${arguments[@]}" \
		-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "pki/$name.key" -out "pki/$name.crt" "$@" 2>/dev/null
}

kubeconfig() {
	cat >"$1.conf" <<-END
		apiVersion: v1
		kind: Config
		clusters: [{name: here, cluster: {server: "https://$node_ip:6443", certificate-authority: $home/pki/ca.crt}}]
		users: [{name: $1, user: {client-certificate: $home/pki/$1.crt, client-key: $home/pki/$1.key}}]
		contexts: [{name: here, context: {cluster: here, user: $1}}]
		current-context: here
	END
}

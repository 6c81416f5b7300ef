#!/usr/bin/env bash
# The real servers with certificates of a CA of one's own, told of it as docs/network.md says:
# createtree makes a tree in Trillian, trusting the CA and no other, Rekor and ct_server serve that
# tree, and Fulcio asks an issuer of identity tokens. A pod's Job asks the API server, whatever proxy
# its environment names.
#
# Runs as root on Debian with Rust and Go. The servers are those of hack/cluster, in a network of
# their own, and end with this script.
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=hack/step.sh
. hack/step.sh
# shellcheck source=hack/e2e.d/certificate.sh
. hack/e2e.d/certificate.sh

packages() {
	local missing=()
	command -v mariadbd > /dev/null || missing+=(mariadb-server)
	command -v openssl > /dev/null || missing+=(openssl)
	command -v ip > /dev/null || missing+=(iproute2)
	command -v curl > /dev/null || missing+=(curl)
	if ((${#missing[@]})); then
		apt-get update -qq
		apt-get install -qq --yes "${missing[@]}" > /dev/null
	fi
}

certificates() {
	exec 2> "$folder/openssl.log"
	mkdir "$folder/other"
	authority "$folder" 'CA of Trillian'
	authority "$folder/other" 'another CA'
	certificate "$folder" localhost
	openssl ecparam -name prime256v1 -genkey -noout | openssl ec -aes256 -passout pass:hush -out "$folder/ctlog.key"
}

# until_true SECONDS COMMAND…
until_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@" > /dev/null 2>&1; do
		((SECONDS < end)) || return 1
		sleep 0.2
	done
}

start() { "$@" > "$folder/${1##*/}.log" 2>&1 & }

database() {
	mariadb-install-db --no-defaults --force --skip-test-db --auth-root-authentication-method=normal --user=root \
		--datadir="$folder/mysql" > "$folder/install.log" 2>&1
	{
		sed -n '/^  schema.sql: |$/,/^---$/{s/^    //p}' config/200-trillian.yaml
		echo "GRANT ALL ON trillian.* TO trillian@'%' IDENTIFIED BY 'hush';"
	} > "$folder/init.sql"
	start mariadbd --no-defaults --user=root --datadir="$folder/mysql" --init-file="$folder/init.sql" \
		--socket="$folder/mysql.sock" --pid-file="$folder/mysql.pid" --bind-address=127.0.0.1 --skip-name-resolve
	until_true 60 mariadb --no-defaults --protocol=tcp --host=127.0.0.1 --user=trillian --password=hush trillian -e 'SELECT 1 FROM Trees LIMIT 1'
}

trillian_with_tls() {
	local storage=(--storage_system=mysql --quota_system=noop "--mysql_uri=trillian:hush@tcp(127.0.0.1:3306)/trillian")
	start "$trillian/trillian_log_server" "${storage[@]}" --rpc_endpoint=127.0.0.1:8090 --http_endpoint=127.0.0.1:8091 \
		--tls_cert_file="$folder/server.pem" --tls_key_file="$folder/server.key"
	start "$trillian/trillian_log_signer" "${storage[@]}" --rpc_endpoint=127.0.0.1:8092 --http_endpoint=127.0.0.1:8093 --force_master
	until_true 60 openssl s_client -connect 127.0.0.1:8090 -alpn h2 -CAfile "$folder/ca.pem" -verify_return_error
}

createtree_test() {
	TEST_TRILLIAN_TLS=localhost:8090 TEST_TRILLIAN_TLS_FOLDER=$folder "$test" --exact network::a_real_trillian_speaks_tls_with_us
	[ -s "$folder/tree" ]
}

# The search index, Redis, isn't asked for what is looked at here.
rekor_with_tls() {
	start "$rekor/rekor-server" serve --port=3000 --rekor_server.signer=memory --enable_retrieve_api=false \
		--trillian_log_server.address=localhost --trillian_log_server.port=8090 \
		--trillian_log_server.tlog_id="$(< "$folder/tree")" --trillian_log_server.tls_ca_cert="$folder/ca.pem"
	until_true 60 curl --silent --fail http://127.0.0.1:3000/api/v1/log
	curl --silent http://127.0.0.1:3000/api/v1/log | grep "\"treeID\":\"$(< "$folder/tree")\""
}

ct_server_with_tls() {
	cat > "$folder/ct_server.cfg" <<-END
		backends { backend { name: "trillian" backend_spec: "dns:///localhost:8090" } }
		log_configs {
		  config {
		    log_id: $(< "$folder/tree")
		    prefix: "sigstorescaffolding"
		    roots_pem_file: "$folder/ca.pem"
		    private_key { [type.googleapis.com/keyspb.PEMKeyFile] { path: "$folder/ctlog.key" password: "hush" } }
		    log_backend_name: "trillian"
		  }
		}
	END
	start "$ct_server/ct_server" --log_config="$folder/ct_server.cfg" --http_endpoint=127.0.0.1:6962 \
		--trillian_tls_ca_cert_file="$folder/ca.pem"
	until_true 60 curl --silent --fail http://127.0.0.1:6962/sigstorescaffolding/ct/v1/get-sth
}

# issuers CA: the issuers in docs/network.md, but for the host, and with this file's certificate.
issuers() {
	sed -n '/^    oidc-issuers:$/,/BEGIN/{/BEGIN/d;s/^    //;s/sso.example.com/localhost:9443/;p}' docs/network.md
	sed 's/^/      /' "$1"
}

fulcio_asks_with() {
	local config=$folder/$1.yaml log=$folder/fulcio-$1.log
	"$fulcio/fulcio" serve --config-path="$config" --ca=ephemeralca --ct-log-url= --host=127.0.0.1 --port=5555 \
		--grpc-host=127.0.0.1 --grpc-port=5554 --metrics-port=2113 > "$log" 2>&1 &
	until_true 60 curl --silent --fail http://127.0.0.1:5555/healthz
	kill $!
	wait $! || true
	! grep --quiet 'error creating provider' "$log"
}

issuer_over_tls() {
	mkdir -p "$folder/issuer/.well-known"
	echo '{"issuer": "https://localhost:9443", "jwks_uri": "https://localhost:9443/keys"}' \
		> "$folder/issuer/.well-known/openid-configuration"
	(cd "$folder/issuer" && start openssl s_server -WWW -accept 127.0.0.1:9443 -cert "$folder/server.pem" -key "$folder/server.key")
	until_true 10 curl --silent --fail --cacert "$folder/ca.pem" https://localhost:9443/.well-known/openid-configuration
	issuers "$folder/ca.pem" > "$folder/trusted.yaml"
	issuers "$folder/other/ca.pem" > "$folder/foreign.yaml"
	fulcio_asks_with trusted
	if fulcio_asks_with foreign; then return 1; fi
}

# What answers is no API server, but it is there that a pod's Job asks, and not at the proxy.
pod_with_a_proxy() {
	local account=/var/run/secrets/kubernetes.io/serviceaccount log=$folder/pod.log
	mkdir -p /var/run/secrets
	mount -t tmpfs tmpfs /var/run/secrets
	mkdir -p "$account"
	printf token > "$account/token"
	printf rekor-system > "$account/namespace"
	cp "$folder/ca.pem" "$account/ca.crt"
	start openssl s_server -www -accept 127.0.0.1:6443 -cert "$folder/server.pem" -key "$folder/server.key"
	until_true 10 curl --silent --fail --cacert "$folder/ca.pem" https://localhost:6443
	env -i KUBERNETES_SERVICE_HOST=localhost KUBERNETES_SERVICE_PORT=6443 HTTPS_PROXY=http://127.0.0.1:9 \
		NO_PROXY='<local>,' target/debug/createtree --timeout=1s > "$log" 2>&1 || [ $? = 1 ]
	grep --quiet "the API server's answer can't be read" "$log"
}

all() {
	ip link set lo up
	step 'certificates' certificates
	step 'MariaDB' database
	step 'Trillian with TLS' trillian_with_tls
	step 'createtree makes a tree there' createtree_test
	step 'Rekor serves it' rekor_with_tls
	step 'ct_server serves it' ct_server_with_tls
	step 'Fulcio trusts the CA of an issuer' issuer_over_tls
	step "a pod's Job asks the API server directly" pod_with_a_proxy
}

if [ "${1:-}" = alone ]; then
	all
	exit
fi

step 'packages' packages
step 'Trillian, Rekor, ct_server, Fulcio' hack/cluster build trillian rekor ct_server fulcio
step 'createtree' cargo test --quiet --locked --package=createtree --test=createtree --no-run
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
test=$(cargo test --quiet --locked --package=createtree --test=createtree --no-run --message-format=json |
	sed -n 's/.*"executable":"\([^"]*\)".*"test":true.*/\1/p;s/.*"test":true.*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)
trillian=$(hack/cluster bin trillian) rekor=$(hack/cluster bin rekor) ct_server=$(hack/cluster bin ct_server)
fulcio=$(hack/cluster bin fulcio)
export folder test trillian rekor ct_server fulcio
unshare --net --pid --fork --mount-proc --kill-child "$0" alone

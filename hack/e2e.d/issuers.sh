#!/usr/bin/env bash
# The phases of hack/issuers.sh.
set -euo pipefail
cd "$(dirname "$0")/../.."

# shellcheck source=hack/e2e.d/phases.sh
. hack/e2e.d/phases.sh
# shellcheck source=hack/e2e.d/certificate.sh
. hack/e2e.d/certificate.sh

folder=target/issuers
cosign=cosign own=https://issuer.e2e.svc email=somebody@example.com

certificates() {
	authority "$folder" 'CA of the issuer'
	certificate "$folder" issuer.e2e.svc
}

stack() {
	local name
	kubectl apply --filename=config/
	hack/wait.sh --servers
	name=$(target/debug/docs block docs/issuers.md 'The cluster names itself')
	eval "$name" | grep --fixed-strings "\"issuer\":\"$issuer\""
	start_client
	initialize
}

own_issuer() {
	kubectl -n e2e delete pod/issuer secret/issuer --ignore-not-found
	kubectl -n e2e create secret tls issuer --cert="$folder/server.pem" --key="$folder/server.key"
	kubectl apply --filename=test/issuer/issuer.yaml
	kubectl -n e2e wait --for=condition=Ready --timeout=1m pod/issuer
}

# file_of NAME PAGE: the file that the page shows as mine/NAME.
file_of() { sed -n "/^# mine\\/$1/,/^\x60/{/^\x60/d;p}" "$2"; }

# The page's two files, with this issuer, its CA's certificate and this checkout.
two_issuers() {
	local page=docs/issuers.md restart
	mkdir -p "$folder/mine"
	file_of issuers.yaml "$page" |
		sed -e "s|https://sso.example.com|$own|" -e "/BEGIN CERTIFICATE/,/END CERTIFICATE/{/BEGIN/!d;s/.*/CA/}" |
		sed -e "/^CA\$/{r "<(sed 's/^/      /' "$folder/ca.pem") -e 'd;}' > "$folder/mine/issuers.yaml"
	file_of kustomization.yaml "$page" |
		sed -e 's|\.\./scaffolding/|../../../|' -e 's/literals: .*\], //' > "$folder/mine/kustomization.yaml"
	restart=$(target/debug/docs block "$page" 'Fulcio reads it')
	(cd "$folder" && eval "$restart")
}

# All that is asked is what the Service of the gRPC port answers: an empty message, and one that names the issuers.
grpc_names_both() {
	printf '\0\0\0\0\0' > "$scratch/nothing"
	curl --silent --fail --retry 10 --retry-delay 1 --retry-all-errors --max-time 5 --http2-prior-knowledge --header 'Content-Type: application/grpc' --header 'TE: trailers' \
		--data-binary "@$scratch/nothing" --output "$scratch/configuration" \
		http://fulcio.fulcio-system.svc:5554/dev.sigstore.fulcio.v2.CA/GetConfiguration
	grep --text --quiet "$issuer" "$scratch/configuration"
	grep --text --quiet "$own" "$scratch/configuration"
}

# Its name and its address are known a moment after its Service is there.
own_token() { curl --silent --fail --retry 20 --retry-delay 1 --retry-all-errors --cacert "$folder/ca.pem" "$own/token?email=$email&audience=sigstore"; }

sign_with_own() {
	own_token > "$scratch/token"
	give "$cosign/token" < "$scratch/token"
	with_cosign 'date > own && cosign sign-blob --yes --identity-token=token --bundle=own.json own'
	with_cosign "cosign verify-blob --bundle=own.json --use-signed-timestamps --certificate-identity=$email --certificate-oidc-issuer=$own own"
}

signs_with_both() {
	sign_blob_with_cosign
	sign_with_own
}

refused() {
	local ip
	ip=$(kubectl -n fulcio-system get pod --selector=app=fulcio --output=jsonpath='{.items[0].status.podIP}')
	curl --silent --fail "http://$ip:2112/metrics" |
		awk '/^grpc_server_handled_total.*InvalidArgument.*CreateSigningCertificate/ { n += $2 } END { print n + 0 }'
}

# Fulcio starts without the issuer, is Ready, and counts what it refuses. When the issuer is back, its tokens are taken.
unreachable() {
	local before log
	own_token > "$scratch/token"
	kubectl -n e2e delete service/issuer
	kubectl -n fulcio-system rollout restart deployment/fulcio
	kubectl -n fulcio-system rollout status deployment/fulcio --timeout=2m
	log=$(target/debug/docs block docs/issuers.md 'Fulcio starts, is Ready')
	eval "$log" | grep --fixed-strings "$own"
	hack/wait.sh --servers 2>&1 | grep "fulcio-system/fulcio couldn't ask the issuer $own.*fulcio-config"
	sign_blob_with_cosign
	before=$(refused)
	give "$cosign/token" < "$scratch/token"
	fails_with 'error processing the identity token' \
		with_cosign 'cosign sign-blob --yes --identity-token=token --bundle=own.json own'
	(($(refused) > before))
	kubectl apply --filename=test/issuer/issuer.yaml
	sign_with_own
}

phase 'empty volumes' take_down e2e rekor-tiles-system ctlog-tiles-system
phase 'a stack, and a client' stack
$ok || { explain; exit 1; }
phase 'certificates' certificates
phase 'an issuer with a CA of its own' own_issuer
phase 'Fulcio with both' two_issuers
phase "Fulcio's gRPC port names both" grpc_names_both
phase 'signatures by a token of each' signs_with_both
phase 'one that is gone stops nobody else, and is counted' unreachable
echo "$passed passed, $failed failed"
((failed == 0))

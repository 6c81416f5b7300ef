# shellcheck shell=bash
# The clients of hack/clients.sh at a stack without a cluster, for hack/standup.sh.

# shellcheck source=hack/clients.d/install.sh
. hack/clients.d/install.sh

signers=(cosign cosign-v2 sigstore-python sigstore-js)
verifiers=('cosign.sh cosign' 'cosign.sh cosign-v2 --new-bundle-format' 'go-clients sigstore-go' 'go-clients policy-controller'
	python-tuf.py sigstore-python.sh tuf-js.js sigstore-tuf.js tough-client sigstore-rust)

install_clients() {
	python_clients
	javascript_clients
	mkdir -p "$installed/bin"
	hack/cluster build cosign cosign-v2
	ln -sf "$(hack/cluster bin cosign)/cosign" "$(hack/cluster bin cosign-v2)/cosign-v2" "$installed/bin"
	CGO_ENABLED=0 go build -C test/clients/go -mod=readonly -trimpath -o "$installed/bin/" .
	cargo build --quiet --locked --package=clients --bin=sigstore-rust --bin=tough-client
}

# Each signs that can, and each verifies what each of them signed.
everybody() {
	local signer verifier command failed=0
	eval "$(up)"
	export TOKEN=$SIGSTORE_ID_TOKEN ISSUER=$ISSUER_URL TARGETS=trusted_root.json BLOB=$work/blob
	export IDENTITY=https://kubernetes.io/namespaces/default/serviceaccounts/default
	export ARCHIVE=$STANDUP_STATE/pods/tuf-system/tuf/tuf-root/repository
	unset SIGSTORE_ID_TOKEN
	echo everybody > "$BLOB"
	for signer in "${signers[@]}"; do
		export BUNDLE=$work/$signer.bundle
		as_new "$signer" sign.sh "$signer" || continue
		for verifier in "${verifiers[@]}"; do
			read -ra command <<< "$verifier"
			as_new "  ${command[*]}" "${command[@]}" || true
		done
	done
	standup stop
	((failed == 0))
}

# as_new WHAT COMMAND…: at the repository's URL, in a new folder that has its root.
as_new() {
	local what=$1 home
	shift
	home=$(mktemp -d -p "$work")
	cp "$TUF_ROOT_JSON" "$home/root.json"
	if (cd "$home" && HOME=$home "$@" "$TUF_MIRROR" > log 2>&1); then
		echo "ok    $what"
	else
		echo "FAIL  $what: $(tail -n 1 "$home/log")"
		failed=$((failed + 1))
		return 1
	fi
}

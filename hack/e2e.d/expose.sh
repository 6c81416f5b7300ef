# shellcheck shell=bash
# The component expose, seen from outside: an nginx that does what each Ingress asks for, and
# clients that know the host names and the CA of their certificates.

# What docs/customize.md shows, over config/both.
exposed() {
	kubectl taint node --all example.com/signing-
	take_down rekor-tiles-system ctlog-tiles-system
	mkdir -p "$mine/exposed"
	{
		echo 'resources: [../../../config/both]'
		sed -n '/^components: .*expose\]$/,/^```$/p' docs/customize.md | sed 's|scaffolding/config|../../../config|; /^```$/d'
	} > "$mine/exposed/kustomization.yaml"
	kubectl apply -k "$mine/exposed"
	hack/wait.sh --servers
}

# Certificates for them, and how nginx does what an ingress controller would. A line of the list is
# an Ingress: its namespace, its host, the Secret of its certificate, and PATH=SERVICE for each of
# its paths.
ingresses() {
	local namespace host secret paths path folder=$scratch/nginx
	mkdir -p "$folder"
	authority "$folder" 'CA of the hosts'
	echo '127.0.0.1 localhost' > "$folder/hosts"
	kubectl get ingresses --all-namespaces --output=jsonpath='{range .items[*]}{.metadata.namespace}{" "}{.spec.rules[0].host}{" "}{.spec.tls[?(@.hosts[0])].secretName}{range .spec.rules[0].http.paths[*]}{" "}{.path}={.backend.service.name}{end}{"\n"}{end}' > "$folder/ingresses"
	{
		echo "daemon off; pid $folder/pid; error_log $folder/log; events {}"
		echo "http { log_format host \$host; access_log $folder/asked host;"
		while read -r namespace host secret paths; do
			certificate "$folder" "$host"
			kubectl --namespace="$namespace" create secret tls "$secret" --cert="$folder/server.pem" --key="$folder/server.key" > /dev/null
			mounted "$namespace" "$secret" "$folder/$host"
			echo "server { listen 127.0.0.1:443 ssl; server_name $host; ssl_certificate $folder/$host/tls.crt; ssl_certificate_key $folder/$host/tls.key;"
			for path in $paths; do
				echo "location ${path%=*} { proxy_pass http://$(address "$namespace" "${path#*=}"); proxy_set_header Host \$host; }"
			done
			echo '}'
			echo "127.0.0.1 $host" >> "$folder/hosts"
		done < "$folder/ingresses"
		echo '}'
	} > "$folder/nginx.conf"
	[[ $(wc -l < "$folder/hosts") == 8 ]]
}

# mounted NAMESPACE SECRET FOLDER: a certificate's Secret as files.
mounted() {
	local entry
	mkdir -p "$3"
	for entry in tls.crt tls.key; do
		kubectl --namespace="$1" get secret "$2" --output=jsonpath="{.data.${entry/./\\.}}" | base64 --decode > "$3/$entry"
	done
}

# address NAMESPACE SERVICE: the IP address and the port of what it names `http`.
address() { kubectl --namespace="$1" get service "$2" --output=jsonpath='{.spec.clusterIP}:{.spec.ports[?(@.name=="http")].port}'; }

# Both cosigns, outside: each URL is one that the TUF repository names, or that a user gives by its host.
sign_at_host_names() (
	local sign=(--yes --new-bundle-format --identity-token="$(kubectl create token default --audience=sigstore)")
	trap 'umount /etc/hosts; kill $(jobs -p)' EXIT
	mount --bind "$scratch/nginx/hosts" /etc/hosts # the cluster's, in its namespaces
	nginx -c "$scratch/nginx/nginx.conf" &
	answer 443
	mkdir -p "$scratch/exposed"
	cd "$scratch/exposed"
	export SSL_CERT_FILE=$scratch/nginx/ca.pem HOME=$PWD # and the clients' TUF_ROOT in it
	kubectl get configmap sigstore-trust --namespace=tuf-system --output=jsonpath='{.data.root\.json}' > root.json
	date > blob
	cosign initialize --mirror=https://tuf.example.com --root=root.json
	cosign sign-blob "${sign[@]}" --bundle=new.json blob
	cosign-v2 sign-blob "${sign[@]}" --bundle=old.json --fulcio-url=https://fulcio.example.com \
		--rekor-url=https://rekor.example.com --timestamp-server-url=https://tsa.example.com/api/v1/timestamp blob
	for bundle in new old; do
		cosign verify-blob --bundle=$bundle.json --use-signed-timestamps "${identity[@]}" blob
		cosign-v2 verify-blob --new-bundle-format --bundle=$bundle.json --use-signed-timestamps "${identity[@]}" blob
	done
	# The names inside the cluster answer here, too, and nobody asked for them.
	[[ $(sort --unique "$scratch/nginx/asked") == $'fulcio.example.com\nrekor-tiles.example.com\nrekor.example.com\ntsa.example.com\ntuf.example.com' ]]
	if grep -r -e '-system\.svc' ./*.json .sigstore; then return 1; fi
)

# shellcheck shell=bash
# The component expose, seen from outside: an nginx that does what each Ingress asks for, and
# clients that know the host names and the CA of their certificates.

# What docs/customize.md shows, over config/both.
exposed() {
	take_down rekor-tiles-system ctlog-tiles-system
	mkdir -p "$mine/exposed"
	{
		echo 'resources: [../../../config/both]'
		sed -n '/^components: .*expose\]$/,/^```$/p' docs/customize.md | sed 's|scaffolding/config|../../../config|; /^```$/d'
	} > "$mine/exposed/kustomization.yaml"
	kubectl apply -k "$mine/exposed"
	hack/wait.sh --servers
}

# Their certificates, and nginx in the place of an ingress controller. A line of the list is an
# Ingress: its namespace, its host, the Secret of its certificate, its Service.
ingresses() {
	local namespace host secret service entry folder=$scratch/nginx
	mkdir -p "$folder"
	authority "$folder" 'CA of the hosts'
	kubectl get ingresses --all-namespaces --output=jsonpath='{range .items[*]}{.metadata.namespace}{" "}{.spec.rules[0].host}{" "}{.spec.tls[?(@.hosts[0])].secretName}{" "}{.spec.rules[0].http.paths[0].backend.service.name}{"\n"}{end}' > "$folder/ingresses"
	{
		echo "daemon off; pid $folder/pid; error_log $folder/log; events {}"
		echo "http { log_format host \$host; access_log $folder/asked host;"
		while read -r namespace host secret service; do
			certificate "$folder" "$host"
			kubectl --namespace="$namespace" create secret tls "$secret" --cert="$folder/server.pem" --key="$folder/server.key" > /dev/null
			for entry in crt key; do
				kubectl --namespace="$namespace" get secret "$secret" --output=jsonpath="{.data.tls\.$entry}" | base64 --decode > "$folder/$host.$entry"
			done
			echo "server { listen 127.0.0.1:443 ssl; server_name $host; ssl_certificate $folder/$host.crt; ssl_certificate_key $folder/$host.key;
				location / { proxy_pass http://$(kubectl --namespace="$namespace" get service "$service" --output=jsonpath='{.spec.clusterIP}:{.spec.ports[?(@.name=="http")].port}'); proxy_set_header Host \$host; } }"
			echo "127.0.0.1 $host" >> "$folder/hosts"
		done < "$folder/ingresses"
		echo '}'
	} > "$folder/nginx.conf"
	[[ $(wc -l < "$folder/hosts") == 7 ]]
	mount --bind "$folder/hosts" /etc/hosts # this process's namespaces are the cluster's
	nginx -c "$folder/nginx.conf" &
	answer 443
}

# Both cosigns, outside: each URL is one that the TUF repository names, or that a user gives by its host.
sign_at_host_names() (
	local sign=(--yes --new-bundle-format --identity-token="$(kubectl create token default --audience=sigstore)")
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
	[[ $(sort --unique "$scratch/nginx/asked") == $'fulcio.example.com\nrekor'*$'.example.com\ntsa.example.com\ntuf.example.com' ]]
	if grep -r -e '-system\.svc' ./*.json .sigstore; then return 1; fi
)

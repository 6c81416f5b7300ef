#!/usr/bin/env bash
# The phases of hack/customize.sh that need only kubectl and a cluster with our images.
set -euo pipefail
cd "$(dirname "$0")/../.."

# shellcheck source=hack/e2e.d/phases.sh
. hack/e2e.d/phases.sh
# shellcheck source=hack/e2e.d/certificate.sh
. hack/e2e.d/certificate.sh
# shellcheck source=hack/e2e.d/expose.sh
. hack/e2e.d/expose.sh

mine=target/mine
volumes=$'ctlog-tiles-system elsewhere Bound\nrekor-tiles-system elsewhere Bound'
user=$((1000000000 + RANDOM * 10000)) # as OpenShift gives a namespace

# What a user writes for the nodes below; and, as the last patches, what OpenShift does to each pod.
nodes='{name: scheduling, behavior: merge, literals: [label=example.com/pool, value=signing, taint=example.com/signing]}'
random_user() {
	local who="{securityContext: {runAsUser: $user, runAsGroup: 0, fsGroup: $user}}"
	cat <<- END
		patches:
		- target: {kind: Deployment|StatefulSet|Job}
		  patch: |
		    kind: Any
		    metadata: {name: any}
		    spec: {template: {spec: $who}}
		- target: {kind: CronJob}
		  patch: |
		    kind: Any
		    metadata: {name: any}
		    spec: {jobTemplate: {spec: {template: {spec: $who}}}}
	END
}

kustomization() {
	mkdir -p "$mine"
	cat > "$mine/kustomization.yaml" <<- END
		resources: [../../config/both]
		components:
		- ../../config/components/external-database
		- ../../config/components/high-availability
		- ../../config/components/no-search
		- ../../config/components/openshift
		- ../../config/components/scheduling
		- ../../config/components/storage
		configMapGenerator:
		- {name: external-database, behavior: merge, literals: [host=db.elsewhere.svc, database=logs, user=signer, tls=true]}
		- $nodes
		- {name: storage, behavior: merge, literals: [class=elsewhere]}
		$(random_user)
	END
	! kubectl kustomize "$mine" | grep -E '(runAsUser|fsGroup): (65532|999)$'
}

database_elsewhere() {
	authority "$scratch" 'a CA'
	certificate "$scratch" db.elsewhere.svc
	kubectl create namespace elsewhere
	kubectl -n elsewhere create secret tls db --cert="$scratch/server.pem" --key="$scratch/server.key"
	kubectl apply --filename=hack/e2e.d/elsewhere.yaml
	kubectl wait --for=condition=Ready --timeout=2m --namespace=elsewhere pod/db
}

# Nothing else comes to these nodes from here on.
reserve_nodes() {
	kubectl label node --all --overwrite example.com/pool=signing
	kubectl taint node --all --overwrite example.com/signing=:NoSchedule
}

# What docs/customize.md has people do.
password_and_ca() {
	local commands
	commands=$(target/debug/docs block docs/customize.md 'The password is yours to give')
	mkdir "$scratch/db"
	cp -r config "$scratch/db/"
	cp "$scratch/ca.pem" "$scratch/db/ca.crt"
	printf '%s' "$1" > "$scratch/db/password"
	(cd "$scratch/db" && eval "$commands")
	rm -r "$scratch/db"
}

# The first gate that can know it says it, and which object to change.
wrong_password() {
	password_and_ca wrong
	kubectl apply -k "$mine"
	fails_with '"password" of Secret trillian-system/trillian-mysql: ERROR 1045 .*: put the right one there' hack/wait.sh --timeout 60
	kubectl -n trillian-system delete secret/trillian-mysql configmap/database-ca job/createschema
}

stand_up_with_components() {
	password_and_ca 'p/a@s?s&w'
	kubectl apply -k "$mine"
	hack/wait.sh --servers
}

# What nobody said otherwise holds of the pods that run.
pods_are_as_asked() {
	local pods
	pods=$(kubectl get pods --all-namespaces --selector=app.kubernetes.io/part-of=sigstore --output=jsonpath='{range .items[*]}{.spec.securityContext.runAsUser}{" "}{.spec.tolerations[0].key}{"\n"}{end}' | sort -u)
	[[ $pods == "$user example.com/signing" ]] || { echo "$pods"; return 1; }
	[[ $(kubectl get deployments --all-namespaces --output=jsonpath='{range .items[?(@.status.readyReplicas==2)]}{.metadata.name} {end}') == 'ctlog fulcio rekor log-server tsa ' ]]
	[[ $(kubectl get persistentvolumeclaims --all-namespaces --output=jsonpath='{range .items[*]}{.metadata.namespace} {.spec.storageClassName} {.status.phase}{"\n"}{end}') == "$volumes" ]]
	[[ -z $(kubectl get statefulsets --all-namespaces --output=name --selector=app.kubernetes.io/part-of=sigstore) ]]
	kubectl --namespace=elsewhere exec db -- mariadb --no-defaults --socket=/tmp/mysqld.sock --execute='SELECT COUNT(*) FROM logs.SequencedLeafData'
}

# Whoever may create no tables has them made: as root of that database, from what kustomize shows.
schema_by_hand() (
	commands=$(target/debug/docs block docs/customize.md 'Where its user may create')
	mariadb() { kubectl exec --namespace=elsewhere --stdin db -- mariadb --no-defaults --socket=/tmp/mysqld.sock; }
	cd "${mine%/*}"
	eval "$commands"
	mariadb <<< 'SELECT COUNT(*) FROM trillian.Unsequenced'
)

# The list has all images, and a pod with one of ours and one of somebody else's is named by digest after a copy, which
# has the digest that the image had.
mirror_images() (
	list=$(target/debug/docs block docs/customize.md 'What a mirror has to have')
	mirror=$(target/debug/docs block docs/customize.md 'a component of your own that names each')
	(cd "${mine%/*}" && eval "$list") > "$scratch/list"
	grep -v '^localhost/scaffolding/[a-z]*:dev$' "$scratch/list" | diff - <(stack_images)
	trap 'kill $(jobs -p)' EXIT
	kubectl port-forward --namespace=e2e pod/registry 5000:5000 &
	answer 5000
	mkdir "$scratch/copies"
	image=localhost:5000/$(digests | grep createtree)
	echo "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [
		{name: a, image: $image},
		{name: b, image: localhost/scaffolding/createtree:dev}]}}" > "$scratch/copies/pod.yaml"
	mirror=${mirror//config\/both/$scratch/copies}
	eval "registry=localhost:5000/mirror; ${mirror//mine/$scratch/copies}"
	echo '{resources: [pod.yaml], components: [images]}' > "$scratch/copies/kustomization.yaml"
	kubectl kustomize "$scratch/copies" > "$scratch/mirrored"
	grep "image: localhost:5000/mirror/scaffolding/createtree@${image#*@}" "$scratch/mirrored"
	[[ $(grep -c 'image: localhost:5000/mirror/.*@sha256:' "$scratch/mirrored") == 2 ]]
)

# Those of others, but Redis.
stack_images() { awk '$4 == "config" { print $1 }' hack/cluster.d/images | grep -v redis | sort; }

no_search() {
	local rekor='rekor-cli --rekor_server=http://rekor.rekor-system.svc --store_tree_state=false'
	fails_with 'search index not enabled' client "cd cosign; $rekor search --artifact=$blob"
	client "$rekor get --log-index=0"
	[[ $(kubectl -n rekor-system logs deployment/rekor --all-pods | grep -ci redis) == 0 ]]
}

# Everything anew over config/: MariaDB and Redis, too, get along with such a user ID, and with claims that exist.
own_claims() {
	take_down rekor-tiles-system ctlog-tiles-system
	mkdir -p "$mine/claims"
	cat > "$mine/claims/kustomization.yaml" <<- END
		resources: [../../../config]
		components: [../../../config/components/openshift, ../../../config/components/scheduling, ../../../config/components/storage-claims]
		configMapGenerator:
		- $nodes
		- {name: storage-claims, behavior: merge, literals: [mysql=old, redis=old]}
		$(random_user)
	END
	kubectl apply -f config/100-namespaces.yaml
	for namespace in trillian-system rekor-system; do
		kubectl create --namespace=$namespace --filename=- <<- END
			{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: old}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}
		END
	done
	kubectl apply -k "$mine/claims"
	hack/wait.sh --servers
	[[ $(kubectl get persistentvolumeclaims --all-namespaces --output=jsonpath='{range .items[*]}{.metadata.name} {.status.phase}{"\n"}{end}') == $'old Bound\nold Bound' ]]
	for cosign in cosign cosign-v2; do
		initialize
		"sign_blob_with_$cosign"
	done
	search
}

kubectl create --filename=- << END
{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: elsewhere}, provisioner: rancher.io/local-path, volumeBindingMode: WaitForFirstConsumer}
END

phase 'a kustomization of six components' kustomization
phase 'a database elsewhere, with a CA of its own' database_elsewhere
phase 'a client in the cluster' start_client
phase 'nodes with a label, and a taint' reserve_nodes
phase 'a wrong password: said by createschema' wrong_password
phase 'kubectl apply -k, hack/wait.sh --servers' stand_up_with_components
$ok || { explain; exit 1; }
for cosign in cosign cosign-v2; do
	phase "$cosign: initialize" initialize
	phase "$cosign: sign a blob with a timestamp, verify it" "sign_blob_with_$cosign"
done
phase 'pods run as who, where and how often was asked' pods_are_as_asked
phase 'rekor-cli search says that there is none, get works' no_search
phase 'apply again: nothing changes' unchanged kubectl apply -k "$mine"
phase 'tables made by hand' schema_by_hand
phase 'our images to a registry' push_images
phase 'all images in a mirror, and by digest' mirror_images
phase 'the same with MariaDB, Redis and volumes that are there' own_claims
phase 'config/both at host names' exposed
phase 'an Ingress for each, with a certificate' ingresses
phase 'both cosigns sign and verify from outside, over TLS' sign_at_host_names
echo "$passed passed, $failed failed"
((failed == 0))

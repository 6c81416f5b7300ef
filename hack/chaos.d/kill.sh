# shellcheck shell=bash disable=SC2154 # run.sh and its other parts set the variables that seem to be nobody's
# Who is killed, and when. Random moments come from a seed, which is the argument: a subshell doesn't inherit its parent's.

# hack/cluster up starts again what died; this is the half of it that runs inside.
kill_api_server() {
	RANDOM=$1
	sleep $((RANDOM % 5)).$((RANDOM % 10))
	kill -KILL "$(cat /run/cluster/pid/kube-apiserver)"
	sleep 2
	hack/cluster boot
}

kill_servers() {
	delete_pods
	kubectl apply -f config/
}

# lose_database_for SECONDS SEED: from the moment at which Trillian's servers connect to it. Meanwhile another one is killed.
lose_database_for() {
	kubectl rollout status statefulset/mysql --namespace=trillian-system --timeout=2m
	kubectl scale statefulset/mysql --namespace=trillian-system --replicas=0
	kubectl delete pod/mysql-0 --namespace=trillian-system --ignore-not-found --force --grace-period=0
	sleep "$1" &
	kill_database "$2"
	wait $!
	kubectl scale statefulset/mysql --namespace=trillian-system --replicas=1
}

# Every process of a Job that is seen within 12 s is killed, or its pod deleted, at a moment of its first 0.3 s, or 3 s.
kill_jobs() {
	local end=$((SECONDS + 12)) process seen=
	RANDOM=$1
	while ((SECONDS < end)); do
		for process in $(job_processes); do
			[[ $seen != *" $process "* ]] || continue
			seen+=" $process "
			kill_later "$process" $((RANDOM % 4 ? RANDOM % 300 : RANDOM % 3000)) $((RANDOM % 2)) &
		done
	done
	wait
}

# The Jobs' processes in all pods, as folders of /proc.
job_processes() {
	find /proc/[0-9]*/exe -maxdepth 0 \( -lname '/create*' -o -lname /copysecrets \) -printf '%h\n' 2> /dev/null || true
}

# kill_later PROCESS MILLISECONDS POD: kills the process, or deletes its pod, if it is there then.
kill_later() {
	local namespace pod program
	namespace=$(namespace_of "$1") && pod=$(cat "$1/root/etc/hostname") && program=$(readlink "$1/exe") || return 0
	sleep "$(printf '%d.%03d' $(($2 / 1000)) $(($2 % 1000)))"
	[[ -e $1 ]] || return 0
	if (($3)); then
		kubectl delete pod "$pod" --namespace="$namespace" --force --grace-period=0 || return 0
	else
		kill -KILL "${1#/proc/}" || return 0
	fi
	echo "$namespace $program" >> "$scratch/kills"
}

namespace_of() { cat "$1/root/var/run/secrets/kubernetes.io/serviceaccount/namespace"; }

# createtree is killed when its tree is in Trillian and in no ConfigMap: the first root, which the tree gets next, waits for a lock.
kill_createtree() {
	local namespace=race-0-rekor-system process trees
	copy_namespaces race-0-
	trees=$(sql 'SELECT COUNT(*) FROM Trees')
	coproc database { sql; }
	echo 'BEGIN; SELECT COUNT(*) FROM TreeHead FOR UPDATE;' >&"${database[1]}"
	read -r -u "${database[0]}"
	documents 600-rekor.yaml '/kind: Job\n/ && /name: createtree\n/' rekor-system $namespace | kubectl apply --filename=-
	until [[ $(sql 'SELECT COUNT(*) FROM Trees') == $((trees + 1)) ]]; do sleep 0.1; done
	for process in $(job_processes); do
		[[ $(namespace_of "$process") != "$namespace" ]] || kill -KILL "${process#/proc/}"
	done
	fails_with 'NotFound' kubectl get configmap rekor-config --namespace=$namespace
	echo 'ROLLBACK;' >&"${database[1]}"
	kubectl wait --for=condition=Complete --timeout=2m --namespace=$namespace job/createtree
	[[ $(kubectl get job createtree --namespace=$namespace --output=jsonpath='{.status.failed}') == 1 ]]
	[[ $(sql 'SELECT COUNT(*) FROM Trees') == $((trees + 1)) ]]
}

# A second database, from the same manifest in a namespace of its own: its first start is killed at any moment, again and again,
# and the next start is right.
kill_database() {
	RANDOM=$1
	kubectl create secret generic trillian-mysql --namespace=e2e --from-literal=password=one --from-literal=root-password=two
	documents 200-trillian.yaml '/kind: (ConfigMap|StatefulSet)\n/' trillian-system e2e | kubectl apply --filename=-
	for _ in {1..10}; do
		until [[ $(mysql_state) =~ running|terminated ]]; do sleep 0.1; done
		sleep $((RANDOM % 4)).$((RANDOM % 10))
		kubectl delete pod mysql-0 --namespace=e2e --force --grace-period=0
	done
	until mysql_answers; do sleep 0.2; done
	kubectl delete --namespace=e2e statefulset/mysql configmap/mysql-schema secret/trillian-mysql persistentvolumeclaim/data-mysql-0
}

mysql_state() { kubectl get pod mysql-0 --namespace=e2e --output=jsonpath='{.status.initContainerStatuses[0].state}'; }

mysql_answers() {
	kubectl exec mysql-0 --namespace=e2e --container=mysql -- mariadb --host=127.0.0.1 --user=trillian --password=one trillian \
		--execute='SELECT COUNT(*) FROM Trees, TreeControl, Subtree, TreeHead, LeafData, SequencedLeafData, Unsequenced'
}

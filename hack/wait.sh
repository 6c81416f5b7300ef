#!/usr/bin/env bash
# Waits until every gate is open, that is, until every Job labelled scaffolding/gate=true is
# complete. It tells when each opens, and the last words of containers that crash. Unlike
# `kubectl wait` it stops at once when a Job fails, and soon when a container can't start, and says
# why.
#
#   hack/wait.sh [--servers] [--timeout SECONDS]
#
#   --servers   then also wait until every Deployment and StatefulSet beside the gates is ready
#   --timeout   give up after so many seconds (default 300), and say what each gate still waits for
#
# Exit: 0 all open, 1 timed out, 2 wrong arguments, 3 a gate failed, 4 a container can't start, and
# waiting is of no use: its image can't be pulled, or nobody makes what it is configured with. Needs
# kubectl, on any cluster.
set -euo pipefail

gate=scaffolding/gate=true ours=app.kubernetes.io/part-of=sigstore
timeout=300 servers=
while (($#)); do
	case $1 in
		--servers) servers=yes ;;
		--timeout) timeout=${2:?--timeout needs a number of seconds} && shift ;;
		--timeout=*) timeout=${1#*=} ;;
		*) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2 && exit 2 ;;
	esac
	shift
done
[[ $timeout =~ ^[0-9]+$ ]] || { echo "--timeout: '$timeout' is no number of seconds" >&2; exit 2; }

# For how many seconds a container may have such a reason to wait. Most may go by: a registry has
# its moments, and what is missing is looked for again after ten to fifteen.
declare -A patience=(
	[InvalidImageName]=0 [ErrImageNeverPull]=0
	[ErrImagePull]=15 [ImagePullBackOff]=15 [ImageInspectError]=15 [RegistryUnavailable]=15 [SignatureValidationFailed]=15
	[CreateContainerError]=30 [RunContainerError]=30 [CreateContainerConfigError]=30
)
# Since when containers wait, what was told, since when all gates are open; then what was found last.
declare -A since=() told=()
opened='' gates='' shut='' unready=''

# tell_once KEY WHAT
tell_once() {
	[[ ! ${told[$1]-} ]] || return 0
	told[$1]=yes
	printf '%4d s  %s\n' $SECONDS "$2"
}

# The last lines of a text, which may be somebody's whole usage.
indented() { sed '/^$/d; s/^/  /' | tail -n 10; }

# Tells which gates have opened, and ends when one has failed. A line of $gates is its namespace, its
# name, and the conditions that hold.
look_at_gates() {
	local namespace name conditions
	gates=$(kubectl get jobs --all-namespaces --selector=$gate --output=jsonpath='{range .items[*]}{.metadata.namespace}{" "}{.metadata.name}{" "}{.status.conditions[?(@.status=="True")].type}{"\n"}{end}')
	[[ $gates ]] || { echo "no Job is labelled $gate: kubectl apply -f config/ makes them" >&2; exit 1; }
	shut=
	while read -r namespace name conditions; do
		case " $conditions " in
			*" Complete "*) tell_once "gate $namespace/$name" "$namespace/$name is open" ;;
			*" Failed "*)
				{ echo "$namespace/$name failed"; why_failed "$namespace" "$name"; } >&2
				exit 3 ;;
			*) shut+="$namespace $name"$'\n' ;;
		esac
	done <<< "$gates"
}

# Why each pod of a Job ended: exit code, and the last lines of its log.
why_failed() {
	kubectl get job "$2" --namespace="$1" --output=jsonpath='{range .status.conditions[?(@.type=="Failed")]}  {.reason}: {.message}{"\n"}{end}'
	kubectl get pods --namespace="$1" --selector="job-name=$2" --output=jsonpath='{range .items[*]}  {.metadata.name}: {range .status.containerStatuses[*].state.terminated}exit code {.exitCode}: {.message}{end}{"\n"}{end}'
}

# Tells which servers beside the gates are ready: all their pods are, and none is an old one.
look_at_servers() {
	local list namespace name generation seen want new ready pods
	list=$(kubectl get deployments,statefulsets --all-namespaces --selector=$ours --output=jsonpath='{range .items[*]}{.metadata.namespace}{","}{.metadata.name}{","}{.metadata.generation}{","}{.status.observedGeneration}{","}{.spec.replicas}{","}{.status.updatedReplicas}{","}{.status.readyReplicas}{","}{.status.replicas}{"\n"}{end}')
	unready=
	while IFS=, read -r namespace name generation seen want new ready pods; do
		[[ $'\n'$gates == *$'\n'"$namespace "* ]] || continue
		if ((seen == generation && new == want && ready == want && pods == want)); then
			tell_once "server $namespace/$name" "$namespace/$name is ready"
		else
			unready+=$namespace/$name$'\n'
		fi
	done <<< "$list"
}

# A line for each pod, with the kind of its owner, and below it one for each of its containers that
# waits, and for each that isn't ready and was before it ended.
containers() {
	kubectl get pods --all-namespaces --selector=$ours --output=go-template-file=/dev/stdin <<'END'
{{define "containers"}}{{range $container := .}}
{{- if not .ready}}{{with .lastState.terminated}}ended {{$container.name}} {{$container.restartCount}} {{.exitCode}} {{with .message}}{{printf "%q" .}}{{else}}""{{end}}
{{end}}{{end}}{{with .state.waiting}}waits {{$container.name}} {{.reason}} {{with .message}}{{printf "%q" .}}{{end}}
{{end}}{{end}}{{end -}}
{{range .items}}pod {{.metadata.namespace}}/{{.metadata.name}} {{range .metadata.ownerReferences}}{{.kind}}{{end}}
{{template "containers" .status.initContainerStatuses}}{{template "containers" .status.containerStatuses}}{{end}}
END
}

# Tells of containers that crash, and ends when one waits in vain.
look_at_containers() {
	local list line name word rest pod='' owner='' why
	list=$(containers)
	while read -r line name word rest; do
		case $line in
			pod) pod=$name owner=$word ;;
			ended)
				why=$(unquoted "${rest#* }" | indented)
				tell_once "$pod $name $word" "$pod: $name ended with exit code ${rest%% *}, and is started again"${why:+$'\n'"$why"} ;;
			waits)
				in_vain "$pod $name $word" "$owner" "$word" "$rest" || continue
				{ echo "$pod: $name can't start: $word"; unquoted "$rest" | indented; } >&2
				exit 4 ;;
		esac
	done <<< "$list"
}

# in_vain KEY OWNER REASON MESSAGE: whether the container that waits for that reason waits in vain. A
# server that waits for an object of a gate doesn't before all gates are open.
in_vain() {
	local start most=${patience[$3]-}
	[[ $most ]] || return 1
	# The first two for a pull take turns.
	start=${since[${1/ErrImagePull/ImagePullBackOff}]:=$SECONDS}
	if [[ $3 == CreateContainerConfigError && $2 != Job ]]; then
		[[ $opened ]] || return 1
		((start > opened)) || start=$opened
	fi
	((SECONDS - start >= most))
}

# unquoted "TEXT": as a template quotes it.
unquoted() {
	local text=${1#\"}
	text=${text%\"}
	printf '%b\n' "${text//\\\"/\"}"
}

# Whom Fulcio couldn't ask. It is ready all the same, and asks again when it gets a token of such an issuer.
look_at_issuers() {
	local namespace pod issuer why
	while read -r namespace; do
		kubectl get pods --namespace="$namespace" --selector=app=fulcio --output=name |
			while read -r pod; do kubectl logs --namespace="$namespace" "$pod" 2> /dev/null || :; done | # one may be gone by now
			sed -n 's/.*"error creating provider for issuer URL \\"\([^"\]*\)\\": \(.*\)","stacktrace".*/\1 \2/p' | sort -u |
			while read -r issuer why; do
				echo "$namespace/fulcio couldn't ask the issuer $issuer, in \"config.yaml\" of ConfigMap $namespace/fulcio-config: $(unquoted "$why")"
			done
	done < <(kubectl get deployments --all-namespaces --selector="$ours,app.kubernetes.io/name=fulcio" --output=jsonpath='{range .items[*]}{.metadata.namespace}{"\n"}{end}')
}

give_up() {
	local namespace name
	echo "after $timeout s these gates are still shut, and these servers not ready:"
	while read -r namespace name; do
		[[ $namespace ]] || continue
		echo "$namespace/$name"
		kubectl logs "job/$name" --namespace="$namespace" --tail=1 2> /dev/null | indented || true
	done <<< "$shut"
	printf '%s' "$unready"
	echo "containers that don't start:"
	why_waiting
}

# Why containers don't start, in the namespaces of gates: no node for them, their image, their
# volumes.
why_waiting() {
	local namespace
	while read -r namespace; do
		kubectl get pods --namespace="$namespace" --output=jsonpath='{range .items[*]}{.metadata.namespace}/{.metadata.name}:{range .status.conditions[?(@.reason=="Unschedulable")]} {.message}{end}{range .status.initContainerStatuses[*].state.waiting} {.reason} {.message}{end}{range .status.containerStatuses[*].state.waiting} {.reason} {.message}{end}{"\n"}{end}' |
			sed '/:$/d; s/^/  /'
	done < <(cut -d' ' -f1 <<< "$gates" | sort -u)
}

for ((look = 0; ; look++)); do
	[[ $opened ]] || look_at_gates
	if [[ ! $shut && ! $opened ]]; then
		opened=$SECONDS
		echo "all $(wc -l <<< "$gates") gates are open after $SECONDS s"
	fi
	if [[ $opened ]]; then
		[[ $servers ]] || exit 0
		look_at_servers
		[[ $unready ]] || break
	fi
	((look % 4)) || look_at_containers
	if ((SECONDS >= timeout)); then
		give_up >&2
		exit 1
	fi
	sleep 0.5
done
echo "all servers are ready after $SECONDS s"
look_at_issuers >&2

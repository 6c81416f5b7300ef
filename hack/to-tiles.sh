#!/usr/bin/env bash
# From a running stack of config/ to Rekor v2 and TesseraCT, without a signature that stops to verify. It looks where the
# cluster is, goes as far as time and flags allow, and says what comes next. Killed at any moment, it goes on when it is run again.
#
#   hack/to-tiles.sh [--overlap DURATION] [--freeze] [--remove [--delete-data]] [--back] [--timeout SECONDS]
#
#   --overlap DURATION  how long clients go on with the trust that they have, such as 1d, 12h or 90s (default 1d)
#   --freeze            when v2 is in use: end Rekor v1 and its CT log. There is no way back after that
#   --remove            when v1 has ended: remove its servers and Trillian. Their volumes, keys and trees stay
#   --delete-data       with --remove: delete the volumes, too, but never a key
#   --back              before the freeze: back to v1 alone. What v2 signed goes on verifying
#   --timeout SECONDS   give up when a step takes longer (default 300)
#
# Exit: 0 as far as it goes for now, 1 something failed or timed out, 2 wrong arguments. Needs kubectl, on any cluster.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' hack/to-tiles.sh >&2; exit 2; }
overlap=1d timeout=300 freeze='' remove='' delete='' back=''
while (($#)); do
	case $1 in
		--overlap) overlap=${2:?--overlap needs a duration} && shift ;;
		--overlap=*) overlap=${1#*=} ;;
		--timeout) timeout=${2:?--timeout needs a number of seconds} && shift ;;
		--timeout=*) timeout=${1#*=} ;;
		--freeze) freeze=yes ;;
		--remove) remove=yes ;;
		--delete-data) delete=yes ;;
		--back) back=yes ;;
		*) usage ;;
	esac
	shift
done
[[ $overlap =~ ^[0-9]+[smhd]$ ]] || { echo "--overlap: '$overlap' is no duration such as 1d, 12h, 30m or 90s" >&2; exit 2; }
[[ $timeout =~ ^[0-9]+$ ]] || { echo "--timeout: '$timeout' is no number of seconds" >&2; exit 2; }
[[ ! $delete || $remove ]] || { echo '--delete-data goes with --remove' >&2; exit 2; }
[[ ! $back || ! $freeze$remove ]] || { echo '--back goes alone: a freeze has no way back' >&2; exit 2; }

say() { echo "-- $*"; }
tuf() { kubectl --namespace=tuf-system "$@"; }
seconds() { local unit=${1: -1}; echo $((${1%?} * $(case $unit in s) echo 1 ;; m) echo 60 ;; h) echo 3600 ;; d) echo 86400 ;; esac))); }

# offered VERSION: since when a Rekor of that major version is in the signing config, in seconds; nothing if it isn't.
offered() {
	tuf get configmap sigstore-trust --output=jsonpath='{.data.signing_config\.json}' | tr -d ' \n' |
		grep -o '"rekorTlogUrls":\[[^]]*\]' | grep -oE '\{[^{}]*\{[^{}]*\}[^{}]*\}' | grep -E "\"majorApiVersion\":$1[,}]" |
		sed -n 's/.*"start":"\([^"]*\)".*/\1/p' | head -n 1 | xargs --no-run-if-empty date +%s --date || true
}

# done_with FLAG: whether createtuf's own Job ran with it, at the end of a step.
done_with() {
	[[ " $(tuf get job createtuf --ignore-not-found --output=jsonpath='{..args[*]}  {.status.succeeded}') " == *" $1 "*" 1 "* ]]
}

# in_state NAMESPACE STATE: whether createtree has given the log's tree that state.
in_state() {
	[[ $(kubectl get job createtree --namespace="$1" --ignore-not-found --output=jsonpath='{.metadata.labels.scaffolding/tree-state} {.status.succeeded}') == "$2 1" ]]
}

# wait_for NAMESPACE JOB: until it is complete; one that fails tells why.
wait_for() {
	local until=$((SECONDS + timeout)) state
	until state=$(kubectl get job "$2" --namespace="$1" --output=jsonpath='{.status.conditions[?(@.status=="True")].type}') && [[ $state == *Complete* ]]; do
		if [[ $state == *Failed* ]] || ((SECONDS >= until)); then
			{ echo "$1/$2 isn't complete:"; kubectl logs "job/$2" --namespace="$1" --tail=3; } >&2
			exit 1
		fi
		sleep 0.5
	done
}

# apply FOLDER SELECTOR: those objects of a stack, and says what changed.
apply() { kubectl apply --kustomize="$1" --selector="$2" | sed '/ unchanged$/d; s/^/   /'; }

# publish: has createtuf, as renew-tuf runs it, publish what it finds.
publish() {
	tuf delete job to-tiles --ignore-not-found > /dev/null
	tuf create job to-tiles --from=cronjob/renew-tuf --dry-run=client --output=yaml |
		sed "s/^\( *- \)--renew$/\1--accept-changes\n\1--overlap=$overlap/" | kubectl create --filename=- > /dev/null
	wait_for tuf-system to-tiles
	tuf logs job/to-tiles | tail -n 3 | sed 's/^/   /'
	tuf delete job to-tiles > /dev/null
	# A running server's volume may show it only a minute later, and clients ask as soon as this says that it is done.
	tuf rollout restart deployment/tuf > /dev/null
	tuf rollout status deployment/tuf --timeout="${timeout}s" > /dev/null
}

# use FOLDER: applies a stack. Its inputs are published before createtuf's own Job, which accepts no change, looks at them.
use() {
	tuf delete job copysecrets createtuf --ignore-not-found > /dev/null
	apply "$1" 'app.kubernetes.io/name notin (createtuf, fulcio, createtree)'
	hack/wait.sh --timeout="$timeout" | sed 's/^/   /'
	publish
	apply "$1" app.kubernetes.io/name=createtuf
	hack/wait.sh --servers --timeout="$timeout" | sed 's/^/   /'
}

# fulcio_logs_in SERVICE FOLDER: gives Fulcio the CT log that it has in that stack.
fulcio_logs_in() {
	kubectl get deployment fulcio --namespace=fulcio-system --output=jsonpath='{..args}' | grep -qF "//$1/" || say "Fulcio logs in $1 from now on"
	apply "$2" app.kubernetes.io/name=fulcio
	kubectl rollout status deployment/fulcio --namespace=fulcio-system --timeout="${timeout}s" > /dev/null
}

# tree_state FILE NAMESPACE STATE: has createtree give the log's tree that state. Its Job tells afterwards which one it has.
tree_state() {
	! in_state "$2" "$3" || return 0
	say "the tree of $2 becomes $3"
	kubectl delete job createtree --namespace="$2" --ignore-not-found > /dev/null
	kubectl create --filename="config/$1" --selector=app.kubernetes.io/name=createtree --dry-run=client --output=yaml |
		sed "s/^\( *\)- --admin_server=.*/&\n\1- --tree_state=$3/; s/^\( *\)scaffolding\/gate: .*/&\n\1scaffolding\/tree-state: $3/" |
		kubectl apply --filename=- > /dev/null
	wait_for "$2" createtree
}
trees() { tree_state 600-rekor.yaml rekor-system "$1"; tree_state 700-ctlog.yaml ctlog-system "$1"; }

ended=
! done_with --rekor-secret= || ended=yes

if [[ $back ]]; then
	if [[ $ended ]] || in_state rekor-system FROZEN || in_state ctlog-system FROZEN; then
		echo 'v1 has ended: its trees are frozen, and there is no way back' >&2
		exit 1
	fi
	fulcio_logs_in ctlog.ctlog-system.svc config
	for file in 600-rekor.yaml:rekor-system 700-ctlog.yaml:ctlog-system; do
		! in_state "${file#*:}" DRAINING || tree_state "${file%:*}" "${file#*:}" ACTIVE
	done
	say 'v1 alone is offered; v2 stays trusted for what it signed'
	use config
	say 'back at v1. The servers of v2 go on: clients may come for as long as the overlap'
	exit
fi

if [[ ! $ended ]]; then
	if ! done_with --rekor-tiles-secret=rekor-tiles-pub-key; then
		say "1. v2 and TesseraCT are trusted from now on, v2 is offered in $overlap"
		use config/both
	fi
	start=$(offered 2)
	[[ $start ]] || { echo 'the signing config offers no Rekor v2: see the log of tuf-system/createtuf' >&2; exit 1; }
	if (($(date +%s) < start)); then
		say "until $(date --utc --date="@$start" +%FT%TZ) clients come to know both. Then run this again; --back ends it"
		exit
	fi
	say '2. v2 is offered'
	fulcio_logs_in ctlog.ctlog-tiles-system.svc config/tiles
	if [[ ! $freeze ]]; then
		say 'see that everybody signs and verifies. Then --freeze ends v1 for ever; --back goes back to it'
		exit
	fi
	if ! in_state rekor-system FROZEN || ! in_state ctlog-system FROZEN; then
		say '3. v1 takes no more entries'
		if ! in_state rekor-system FROZEN && ! in_state ctlog-system FROZEN; then
			trees DRAINING
			sleep 10 # what is queued gets into the trees within a second or two
		fi
		trees FROZEN
	fi
	say '4. v1 is offered no more. What it signed verifies as ever'
	use config/tiles
fi

v1=(trillian-system rekor-system ctlog-system)
if [[ ! $remove ]]; then
	say 'v1 has ended. --remove takes its servers away, when nobody looks entries up there any more'
	exit
fi
say '5. the servers of v1 and Trillian go'
for namespace in "${v1[@]}"; do
	kubectl delete deployments,statefulsets,services,jobs,cronjobs --all --namespace="$namespace" | sed 's/^/   /'
	[[ ! $delete ]] || kubectl delete persistentvolumeclaims --all --namespace="$namespace" | sed 's/^/   /'
done
say "done: kubectl apply -k config/tiles from now on. The Secrets in ${v1[*]} have the keys of v1: keep them, or back them up"

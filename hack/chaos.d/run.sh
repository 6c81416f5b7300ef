#!/usr/bin/env bash
# The phases of hack/chaos.sh, inside the cluster's namespaces. The arguments: how many rounds, how many races, the seed.
set -euo pipefail
cd "$(dirname "$0")/../.."

# shellcheck source=hack/e2e.d/phases.sh
. hack/e2e.d/phases.sh
for part in hack/chaos.d/{check,kill,lose,race}.sh; do
	# shellcheck source=/dev/null
	. "$part"
done
rounds=$1 races=$2 RANDOM=$3
: > "$scratch/kills"
echo "seed $3"

phase 'a client in the cluster' client_anew
$ok || exit 1
phase 'stand-up, the API server killed meanwhile' stand_up_under kill_api_server "$RANDOM"
$ok || exit 1
phase 'every Job deleted: nothing changes' keeps same_objects apply_without_jobs
phase 'every pod deleted: nothing changes' keeps same_objects kill_servers
phase 'no private key outside its namespace' no_private_copies
phase 'rekor-config and the config of ctlog-secret: the same again' keeps lose_tree_and_config
phase 'every namespace but trillian-system lost, put back from a backup' keeps restore_backup
phase 'tuf-system deleted: a new root that trusts the same' keeps lose_tuf

phase 'createtree killed before it publishes its tree' kill_createtree
phase "two of every Job at once, $races times" race "$races"
phase 'the database lost: refused, with the way out' lose_database
phase 'the way out: new trees, the same keys' keeps start_new_trees

phase 'stand-up, the database down, another killed 10 times' lasts_under lose_database_for 60 "$RANDOM"
for ((round = 1; round <= rounds; round++)); do
	phase "stand-up, Jobs killed at random, $round of $rounds" lasts_under kill_jobs "$RANDOM"
done

awk '{ stand_ups++; published += $1; deleted += $2 }
	END { printf "trees in Trillian: %d published and %d deleted in %d databases, no other\n", published, deleted, stand_ups }' "$scratch/trees"
echo "processes of Jobs killed: $(wc -l < "$scratch/kills")"
echo "$passed passed, $failed failed"
((failed == 0))

#!/usr/bin/env bash
# runner.sh NAME: a workflow on a machine beside the cluster's node, as a runner is beside kind's: the node is its neighbour, names of
# Services mean nothing to it, and nothing leads to their addresses.
set -euo pipefail
cd "$(dirname "$0")/../.."

node=10.244.0.1
etc=$(mktemp -d)
trap 'ip netns delete runner; rm -rf "$etc"' EXIT
echo '127.0.0.1 localhost' > "$etc/hosts"
: > "$etc/resolv.conf"
ip netns add runner
ip link add runner type veth peer name eth0 netns runner
ip address add 172.30.0.1/30 dev runner
ip link set runner up
ip -netns runner link set lo up
ip -netns runner address add 172.30.0.2/30 dev eth0
ip -netns runner link set eth0 up
ip -netns runner route add "$node" dev eth0
ip netns exec runner hack/actions.d/workflow.sh "$1" "$etc"

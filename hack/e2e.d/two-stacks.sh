#!/usr/bin/env bash
# The phases of hack/two-stacks.sh.
set -euo pipefail
cd "$(dirname "$0")/../.."

# shellcheck source=hack/e2e.d/phases.sh
. hack/e2e.d/phases.sh

config=${SCAFFOLDING_CONFIG:-config}
# The docs' prefix, and none.
stacks=(blue- '')
blue_namespaces=("${namespaces[@]/#/blue-}")

page_block() { target/debug/docs block docs/two-stacks.md "$1"; }

second_stack() {
	local commands
	commands=$(page_block 'wherever it stands')
	commands=${commands/kustomize config/kustomize "$config"}
	eval "$commands"
}

# of STACK SCRIPT: runs it in the client's pod, in a folder of that stack.
of() { client "mkdir -p ${1}stack && cd ${1}stack && export HOME=\$PWD TUF_ROOT=\$PWD/.sigstore/blue && $2"; }

# What the docs say of the one with a prefix, for either.
initialize_stack() {
	local commands get_root
	commands=$(page_block 'for each:')
	commands=${commands//blue-/$1}
	get_root=$(grep '^kubectl' <<< "$commands")
	(cd "$scratch" && eval "$get_root")
	give "${1}stack/blue.json" < "$scratch/blue.json"
	of "$1" "$(grep -v '^kubectl' <<< "$commands")"
}

sign_in() {
	of "$1" "date > blob
		cosign sign-blob --yes --bundle=blob.sigstore.json blob
		cosign verify-blob --bundle=blob.sigstore.json ${identity[*]} blob
		cp blob blob.sigstore.json /tmp"
}

# refused_in STACK: what the other signed, which is in /tmp.
refused_in() {
	fails_with 'failed to verify' of "$1" "cosign verify-blob --bundle=/tmp/blob.sigstore.json ${identity[*]} /tmp/blob"
}

roots_differ() {
	! diff <(of '' 'cat blue.json') <(of blue- 'cat blue.json')
}

phase 'empty volumes' take_down e2e "${blue_namespaces[@]}"
phase 'a stack' kubectl apply -k "$config"
phase 'a second one, under other names' second_stack
$ok || { explain; exit 1; }
phase 'a client in the cluster' start_client
for stack in "${stacks[@]}"; do
	phase "${stack:-no prefix}: initialize" initialize_stack "$stack"
done
phase 'they have roots of their own' roots_differ
for stack in "${stacks[@]}"; do
	other=blue-
	[[ ! $stack ]] || other=
	phase "${stack:-no prefix}: sign, verify" sign_in "$stack"
	phase "${stack:-no prefix}: the other refuses it" refused_in "$other"
done
phase 'the second again: nothing changes' same_objects second_stack
phase 'the first again: nothing changes' same_objects kubectl apply -k "$config"
echo "$passed passed, $failed failed"
((failed == 0))

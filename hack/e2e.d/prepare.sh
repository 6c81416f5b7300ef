# shellcheck shell=bash
# What the scripts do that run phases on a cluster, before them: a cluster with our images and a
# client's.

# shellcheck source=hack/step.sh
. hack/step.sh

# keep_or_down [--keep]: the arguments of a script that has no others. Without it the cluster ends with the script.
keep_or_down() {
	case "$*" in
		'') trap 'hack/cluster down' EXIT ;;
		--keep) ;;
		*) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2 && exit 2 ;;
	esac
}

# prepare: the cluster, unless it is up.
prepare() {
	step 'the cluster' hack/cluster up
	step 'our images' images
	step "the client's image" client_image
	step 'our phases' cargo build --quiet --locked --package=docs --package=e2e
}

images() {
	cargo xtask images
	hack/cluster load target/images.tar
}

# The same under the tag that an upgrade goes to.
next_images() {
	cargo xtask images --tag=next --out=target/next.tar
	hack/cluster load target/next.tar
}

# One image for all that the test runs as a client. Debian's busybox finds its own commands without
# files of their names.
client_image() {
	local program files=()
	for program in cosign cosign-v2 rekor-cli; do
		files+=("$(hack/cluster exec which "$program")=/usr/local/bin/$program")
	done
	cargo xtask image localhost/scaffolding/e2e-client:dev target/e2e-client.tar "${files[@]}" "$(command -v busybox)=/bin/sh"
	hack/cluster load target/e2e-client.tar
}

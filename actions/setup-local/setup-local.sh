#!/usr/bin/env bash
# The action: standup, downloaded unless it is there, has the stack in the background; what it says goes to the steps that follow.
# action.yml says what the variables mean.
set -euo pipefail

die() {
	echo "::error::$*" >&2
	exit 1
}

# download: the release's archive, whose programs are on the PATH from here on.
download() {
	local releases=${GITHUB_SERVER_URL:-https://github.com}/$REPOSITORY/releases folder=${RUNNER_TEMP:-/tmp}/standup of system
	case $VERSION in
		'' | latest-release) of=latest/download ;;
		*) of=download/$VERSION ;;
	esac
	case $(uname -sm) in
		'Linux x86_64') system=linux-amd64 ;;
		'Linux aarch64') system=linux-arm64 ;;
		'Darwin arm64') system=darwin-arm64 ;;
		*) die "there is no standup for $(uname -sm); setup runs the stack in a cluster" ;;
	esac
	mkdir -p "$folder"
	curl --fail --silent --show-error --location "$releases/$of/standup-$system.tar.gz" | tar --extract --gzip --directory="$folder" ||
		die "version: ${VERSION:-latest-release} has no standup-$system.tar.gz that can be had; $releases shows those that there are"
	PATH=$folder/bin:$PATH
	echo "$folder/bin" >> "$GITHUB_PATH"
}

if [[ $VERSION ]] || ! command -v standup > /dev/null; then download; fi
variables=$(standup --servers --env --env-file "$GITHUB_ENV")
eval "$variables"
cat >> "$GITHUB_OUTPUT" <<END
ct-log-key=$CT_LOG_KEY
oidc-url=$OIDC_URL
tsa-url=$TSA_URL
oidc-token=$OIDC_TOKEN
trusted-root=$TRUSTED_ROOT
signing-config=$SIGNING_CONFIG
trust-config=$TRUST_CONFIG
clone-dir=$STANDUP_STATE
END

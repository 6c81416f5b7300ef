#!/usr/bin/env bash
# A release, here as in .github/workflows/release.yml. What it makes is in target/dist.
#
#   hack/release.sh build VERSION [PLATFORMS]      the images, an SBOM of each, standup for Linux; digests.txt has their digests,
#                                                  which are the same wherever this commit is built
#   hack/release.sh publish VERSION REGISTRY [PLATFORMS]
#                                                  after build, there: pushes the images, writes release.yaml, signs it all
#   hack/release.sh verify VERSION REGISTRY        what publish has signed, as docs/releases.md says
#   hack/release.sh try VERSION [PLATFORMS]        all of it, with a registry and a Sigstore stack of this machine
#
#   PLATFORMS   linux/amd64,linux/arm64 unless given
#
# Runs on x86-64 Linux with Rust, Go and Python; publish and verify need cosign, which signs as whom it is told by its environment.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2 && exit 2; }

die() {
	echo "$*" >&2
	exit 1
}

# shellcheck source=hack/step.sh
. hack/step.sh
# shellcheck source=hack/release.d/build.sh
. hack/release.d/build.sh
# shellcheck source=hack/release.d/publish.sh
. hack/release.d/publish.sh
# shellcheck source=hack/release.d/try.sh
. hack/release.d/try.sh

server=${GITHUB_SERVER_URL:-https://github.com} repository=${GITHUB_REPOSITORY:-OWNER/scaffolding}
command=${1-} version=${2-} dist=$PWD/target/dist
[[ $version =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[a-z0-9.]+)?$ ]] || usage
case $command in
	build) platforms=${3-} ;;
	publish) registry=${3:?publish needs a REGISTRY} platforms=${4-} ;;
	verify) registry=${3:?verify needs a REGISTRY} ;;
	try) registry=localhost:5000/scaffolding platforms=${3-} ;;
	*) usage ;;
esac
platforms=${platforms:-linux/amd64,linux/arm64}
"$command"

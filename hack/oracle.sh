#!/usr/bin/env bash
# oracle.sh [NAME…]: what people bring (keys, certificates, chains), judged by the Jobs and by the
# servers' and clients' own code; with names, only the inputs that begin with one of them.
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=hack/step.sh
. hack/step.sh

jobs() {
	cargo build --quiet --locked --package=oracle --package=createsecret --package=createcerts \
		--package=createcertchain --package=createctconfig --package=createtuf
}

step 'the oracles: Fulcio, Rekor, TSA, CT log, clients' test/oracle/go/build.sh target/oracle
step 'the Jobs' jobs
step 'both verdicts of every input' target/debug/oracle "$@"

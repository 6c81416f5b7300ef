# shellcheck shell=bash
# The clients that people have in Python and JavaScript, for hack/clients.sh, hack/e2e.sh and hack/docs.sh.
# They find theirs on the PATH.

installed=$PWD/target/clients

python_clients() {
	python3 -c 'import ensurepip' 2> /dev/null || { apt-get update -qq && apt-get install -qq --yes python3-venv > /dev/null; }
	python3 -m venv "$installed/python"
	"$installed/python/bin/pip" install --quiet --no-deps --require-hashes --only-binary=:all: --requirement=test/clients/python/requirements.txt
}

# Node looks for packages beside the script.
javascript_clients() {
	mkdir -p "$installed/javascript"
	cp test/clients/javascript/* "$installed/javascript"
	npm ci --prefix="$installed/javascript" --silent --ignore-scripts --no-audit --no-fund
}

PATH=$installed/bin:$installed/python/bin:$installed/javascript:$PWD/test/clients:$PWD/test/clients/python:$PATH

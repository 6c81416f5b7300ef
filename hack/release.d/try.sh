# shellcheck shell=bash
# A release that nobody gets: in a registry on loopback, signed with a stack that this project stood up.

try() {
	local module
	build
	for module in registry cosign; do
		hack/cluster build "$module"
		PATH=$(hack/cluster bin "$module"):$PATH
	done
	work=$(mktemp -d)
	trap 'kill $(jobs -p); standup stop; rm -rf "$work"' EXIT
	local_registry
	local_sigstore
	publish
	verify
	step 'a release.yaml that was changed is refused' refused
}

refused() {
	local of_file
	of_file=$(target/debug/docs block docs/releases.md '## A file')
	cp "$dist"/release.yaml* "$work"
	echo '# changed' >> "$work/release.yaml"
	if file=$work/release.yaml bash -c "$of_file" > "$work/refused" 2>&1; then return 1; fi
	grep 'invalid signature' "$work/refused"
}

local_registry() {
	sed "s|/var/lib/registry|$work/registry|; s|\":5000\"|localhost:5000|" hack/cluster.d/registry.yml > "$work/registry.yml"
	registry serve "$work/registry.yml" > "$work/registry.log" 2>&1 &
	until : 2> /dev/null < /dev/tcp/localhost/5000; do
		kill -0 $! || die "the registry doesn't start: $(tail -n 1 "$work/registry.log")"
		sleep 0.1
	done
}

# It signs as the workflow would at GitHub.
local_sigstore() {
	local workflow=$repository/.github/workflows/release.yml@refs/tags/$version variables
	mkdir "$work/standup"
	tar --extract --file="$dist/standup-linux-amd64.tar.gz" --directory="$work/standup"
	PATH=$work/standup/bin:$PATH
	variables=$(standup --servers --env)
	eval "$variables"
	SIGSTORE_ID_TOKEN=$(standup token --github-workflow "$workflow")
	ISSUER_URL+=/github-workflow # of such tokens
	export SIGSTORE_ID_TOKEN TUF_ROOT=$work/tuf ISSUER_URL
	cosign initialize --mirror="$TUF_MIRROR" --root="$TUF_MIRROR/root.json"
}

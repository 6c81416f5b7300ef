# shellcheck shell=bash
# A release in a registry, signed, and what was signed, verified.

publish() {
	step 'images to the registry, release.yaml' push
	step 'signatures, SBOMs and provenance of the images' attest
	step 'signatures of the files' sign_files
}

push() {
	xtask resolve --filename=config --tag="$version" --platform="$platforms" --registry="$registry" > "$dist/release.yaml"
	# What is signed is what was built, and compared.
	while read -r _ digest; do
		grep -q "sha256:$digest" "$dist/digests.txt" || die "release.yaml names sha256:$digest, which digests.txt hasn't"
	done < <(grep -o 'localhost/scaffolding/[a-z]*@sha256:[0-9a-f]*' "$dist/release.yaml" | sed 's/@sha256:/ /')
}

# images: those of digests.txt, as who pulls them names them.
images() { sed -n "s|^\([a-z]*\) \(sha256:.*\)|$registry/\1@\2|p" "$dist/digests.txt"; }

attest() {
	local image program
	provenance > "$dist/provenance.json"
	for image in $(images); do
		program=${image##*/}
		quietly cosign sign --yes "$image"
		quietly cosign attest --yes --type=cyclonedx --predicate="$dist/${program%@*}.cdx.json" "$image"
		quietly cosign attest --yes --type=slsaprovenance1 --predicate="$dist/provenance.json" "$image"
	done
}

# What SLSA asks of a build: what was asked for, of which source, and who did it.
provenance() {
	local source=$server/$repository commit
	commit=$(git rev-parse HEAD)
	jq --null-input --arg source "$source" --arg commit "$commit" --arg version "$version" --arg platforms "$platforms" \
		--arg builder "${GITHUB_WORKFLOW_REF:+$server/$GITHUB_WORKFLOW_REF}" \
		--arg run "${GITHUB_RUN_ID:+$source/actions/runs/$GITHUB_RUN_ID/attempts/$GITHUB_RUN_ATTEMPT}" \
		--arg rust "$(rustc --version)" '{
			buildDefinition: {
				buildType: "\($source)/blob/\($commit)/hack/release.sh",
				externalParameters: {repository: $source, version: $version, platforms: $platforms},
				internalParameters: {rust: $rust},
				resolvedDependencies: [{uri: "git+\($source)", digest: {gitCommit: $commit}}]
			},
			runDetails: {
				builder: {id: (if $builder == "" then "\($source)/hack/release.sh" else $builder end)},
				metadata: (if $run == "" then {} else {invocationId: $run} end)
			}
		}'
}

sign_files() {
	local file
	for file in "$dist"/release.yaml "$dist"/*.tar.gz; do
		quietly cosign sign-blob --yes --bundle="$file.sigstore.json" "$file"
	done
}

# verify: the commands of the page, for each image and each file.
verify() {
	local whose of_image of_file
	cargo build --quiet --locked --package=docs
	whose=$(target/debug/docs block docs/releases.md 'Whose signature')
	eval "$(sed "s|OWNER/scaffolding|$repository|; s|v0\.1\.0|$version|" <<< "$whose")"
	[[ ! ${ISSUER_URL-} ]] || issuer=$ISSUER_URL # of a stack of one's own
	of_image=$(target/debug/docs block docs/releases.md '## An image')
	of_file=$(target/debug/docs block docs/releases.md '## A file')
	export identity issuer image file
	for image in $(images); do step "${image##*/}" quietly bash -euo pipefail -c "$of_image"; done
	for file in "$dist"/release.yaml "$dist"/*.tar.gz; do step "${file##*/}" quietly bash -euo pipefail -c "$of_file"; done
}

# quietly COMMAND…: what it says is of use if it fails.
quietly() {
	local said
	said=$("$@" 2>&1) || die "$said"
}

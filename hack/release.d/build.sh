# shellcheck shell=bash
# What a release consists of, built.

cyclonedx=0.5.9
tools=${XDG_CACHE_HOME:-$HOME/.cache}/scaffolding
servers=(fulcio rekor-tiles tesseract timestamp-server-local)

build() {
	git diff --quiet HEAD || die 'there are changes that no commit has: a release is of a commit'
	mkdir -p "$dist"
	find "$dist" -maxdepth 1 -type f -delete
	step 'zig, cargo-cyclonedx' build_tools
	step 'images' build_images
	step 'SBOMs' sboms
	step 'standup, and the servers it starts' archives
	(cd "$dist" && sha256sum ./*.tar.gz) >> "$dist/digests.txt"
	cat "$dist/digests.txt"
}

build_tools() {
	rustup target add x86_64-unknown-linux-musl aarch64-unknown-linux-musl
	python3 -m venv target/zig
	target/zig/bin/pip install --quiet --no-deps --require-hashes --only-binary=:all: --requirement=hack/release.d/requirements.txt
	[[ -x $tools/cargo-cyclonedx-$cyclonedx/bin/cargo-cyclonedx ]] ||
		cargo install --quiet --locked --root "$tools/cargo-cyclonedx-$cyclonedx" "cargo-cyclonedx@$cyclonedx"
}

xtask() { PATH=$PWD/target/zig/bin:$PATH cargo xtask "$@"; }

# A line for each image: its program, and the digest of its index.
build_images() {
	xtask images --tag="$version" --platform="$platforms" --out="$dist/images.tar" | tee "$dist/images.log"
	sed -n 's|^localhost/scaffolding/\([a-z]*\):[^ ]* \(sha256:[0-9a-f]*\) .*|\1 \2|p' "$dist/images.log" > "$dist/digests.txt"
	rm "$dist/images.log"
	[[ -s $dist/digests.txt ]]
}

programs() { sed -n 's/ sha256:.*//p' "$dist/digests.txt"; }

# cargo-cyclonedx writes beside each Cargo.toml, so it gets the commit's files elsewhere.
sboms() {
	local program source
	source=$(mktemp -d)
	git archive HEAD | tar --extract --directory="$source"
	SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) "$tools/cargo-cyclonedx-$cyclonedx/bin/cargo-cyclonedx" cyclonedx --quiet --format=json \
		--describe=binaries --no-build-deps --spec-version=1.5 --target=x86_64-unknown-linux-musl --manifest-path="$source/Cargo.toml"
	for program in $(programs); do
		sed "s|$source|/workspace|" "$source/cmd/$program/${program}_bin.cdx.json" > "$dist/$program.cdx.json"
	done
	rm -rf "$source"
}

# For those who have neither a cluster nor Rust: standup with all that it starts, and the manifests, rendered.
archives() {
	local platform
	xtask programs "$dist/programs" --platform="$platforms"
	# macOS's is built on macOS, and lies there already.
	for platform in ${platforms//,/ } darwin/arm64; do
		[[ ! -d $dist/programs/$platform ]] || archive "${platform%/*}" "${platform#*/}"
	done
	rm -r "$dist/programs"
}

# archive OS ARCHITECTURE
archive() {
	local server folder=$dist/programs/standup
	mkdir -p "$folder/config/tiles" "$folder/hack/cluster.d/modules"
	mv "$dist/programs/$1/$2" "$folder/bin"
	chmod 755 "$folder"/bin/* # not all that carries files between machines keeps modes
	for server in "${servers[@]}"; do
		GOOS=$1 GOARCH=$2 hack/cluster build "$server"
		cp "$(GOOS=$1 GOARCH=$2 hack/cluster bin "$server")/$server" "$folder/bin"
		cp -r "hack/cluster.d/modules/$server" "$folder/hack/cluster.d/modules"
	done
	cp LICENSE "$folder"
	cp config/*.yaml "$folder/config"
	kubectl kustomize config/tiles > "$folder/config/tiles/tiles.yaml"
	tar --create --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --directory="$folder" . | gzip --no-name > "$dist/standup-$1-$2.tar.gz"
	rm -r "$folder"
}

# shellcheck shell=bash
# Builds the Go programs of the cluster, each from the module in modules/ that pins it.
#
# A module's go.mod says what is built (its `tool` lines) and go.sum says from which bytes, so its
# files and the compiler's version name the folder of the result: every checkout of this project
# shares what one of them built.

# bin_dir MODULE: the folder of that module's programs, built or not.
bin_dir() {
	local key
	key=$(cd "$modules/$1" && { go env GOVERSION GOOS GOARCH && cat ./*; } | sha256sum)
	echo "$cache/bin/$1-${key:0:16}"
}

# build MODULE…: builds what isn't built, all modules if none is named.
build() {
	local module names=("$@")
	[ $# -gt 0 ] || read -ra names <<<"$(module_names)"
	for module in "${names[@]}"; do
		[ -f "$modules/$module/go.mod" ] || die "no module $module; there are: $(module_names)"
		[ -d "$(bin_dir "$module")" ] || step "build $module" build_module "$module"
	done
}

# link_programs: all programs in one folder, for the PATH inside; the cluster keeps those it was
# started with.
link_programs() {
	local module
	rm -rf "${state:?}/bin"
	mkdir -p "$state/bin"
	for module in $(module_names); do
		ln -s "$(bin_dir "$module")"/* "$state/bin"
	done
}

module_names() { for m in "$modules"/*/; do basename "$m"; done | xargs; }

# A module of one program names it (cosign-v2 is a `cosign` upstream, tesseract a `posix`); several keep their own names.
build_module() {
	local dir out ldflags='-s -w'
	dir=$(bin_dir "$1")
	mkdir -p "$cache/bin"
	out=$(mktemp -d "$dir.XXXXXX")
	cd "$modules/$1"
	export CGO_ENABLED=0
	if [ "$1" = kubernetes ]; then # else its servers and nodes call themselves v0.0.0
		ldflags+=" -X k8s.io/component-base/version.gitVersion=$(go list -mod=readonly -m -f '{{.Version}}' k8s.io/kubernetes)"
	fi
	if [ "$(go list -mod=readonly tool | wc -l)" = 1 ]; then
		nice go build -mod=readonly -trimpath -ldflags "$ldflags" -o "$out/$1" tool
	else
		nice go build -mod=readonly -trimpath -ldflags "$ldflags" -o "$out/" tool
	fi
	chmod 755 "$out"
	mv -T "$out" "$dir" 2>/dev/null || rm -rf "$out" # someone else was quicker
}
